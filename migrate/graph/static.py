"""Recurrent networks that a Python loop wrote out, step after step, without a while.

A step's next cell state is a sum of two products, of three functions and the state
before; its output is a product of two functions. Chains of these are the candidates;
each step of a chain is then read as that of a loop is.
"""

from itertools import product
from types import MappingProxyType
from typing import NamedTuple

from migrate.graph.algebra import Algebra
from migrate.graph.borders import named
from migrate.graph.build import CellBuilder, common_scope
from migrate.graph.found import GraphCell, GraphRNN, Lacking, Setting
from migrate.graph.lstm import match, match_cell_state, match_output
from migrate.graph.moves import before
from migrate.graph.symbolic import FUNCTIONS, Evaluator

_SUMS = ("Add", "AddV2", "AddN")
_CLIPS = ("Minimum", "Maximum", "ClipByValue")
_MOST_SWITCHES = 3


class Step(NamedTuple):
    """The next cell state (a tensor) and the one before it."""

    c: tuple[str, int]
    before: tuple[str, int]


class StaticReader:
    """Reads the RNNs outside of loops.

    Args:
      graph: the ``Graph``. branches: its conds. inside: nodes of its loops.
      updates: the nodes that the collection of updates needs.
    """

    def __init__(self, graph, branches, inside, updates):
        self.graph, self.branches, self.updates = graph, branches, updates
        self.algebra = Algebra()
        self.nodes = [name for name in graph if name not in inside]
        self.follow = Evaluator(graph, self.algebra, branches, {}, {}).follow

    def read(self) -> list[GraphRNN]:
        """The RNNs, one a layer."""
        steps, used = self.cell_states()
        chains = [chain for chain in _chains(steps) if len(chain) > 1]
        if not chains:
            return []
        self.cuts = {}
        for chain in chains:
            for tensor in (chain[0].before, *(step.c for step in chain)):
                self.cut("new", tensor)
        outputs = self.products_of_functions(used)
        for tensor in outputs:
            self.cut("new", tensor)
        for tensor in self.shared_operands():
            if tensor not in self.cuts:
                self.cut("input", tensor)
        modes = self.modes(chains, outputs)
        found = []
        for k, chain in enumerate(chains):
            rnn = self.rnn(chain, [(e, matches[k]) for e, matches in modes])
            if rnn is not None:
                found.append(rnn)
        return found

    def cut(self, kind, tensor):
        self.cuts[tensor] = self.algebra.atom(kind, tensor, None, node=tensor[0])

    def factors(self, tensor):
        """The two factors of a product, or nothing."""
        tensor = self.follow(tensor)
        if self.graph.op(tensor[0]) != "Mul" or len(self.graph.inputs(tensor[0])) != 2:
            return ()
        return tuple(self.follow(t) for t in self.graph.inputs(tensor[0]))

    def is_function(self, tensor):
        return self.graph.op(tensor[0]) in (*FUNCTIONS, *_CLIPS)

    def cell_states(self):
        """Sums that look like a next cell state, and the products that they use."""
        steps, used = {}, set()
        for name in self.nodes:
            inputs = self.graph.inputs(name)
            if self.graph.op(name) not in _SUMS or len(inputs) != 2:
                continue
            factors = [f for source in inputs for f in self.factors(source)]
            others = [f for f in factors if not self.is_function(f)]
            if len(factors) == 4 and len(others) == 1:
                steps[(name, 0)] = Step((name, 0), others[0])
                used.update(self.follow(source) for source in inputs)
        return steps, used

    def products_of_functions(self, used):
        """Products that look like an output."""
        return [
            (name, 0)
            for name in self.nodes
            if self.graph.op(name) == "Mul"
            and (name, 0) not in used
            and len(factors := self.factors((name, 0))) == 2
            and all(map(self.is_function, factors))
        ]

    def shared_operands(self):
        """What matrices that several steps share are multiplied with."""
        uses = {}
        for name in self.nodes:
            if self.graph.op(name) == "MatMul" and len(self.graph.inputs(name)) == 2:
                left, right = map(self.follow, self.graph.inputs(name))
                uses.setdefault(right, []).append(left)
        for right, operands in uses.items():
            if len(operands) < 2 or right[0] not in self.graph.variables:
                continue
            for tensor in operands:
                op = self.graph.op(tensor[0])
                if op in ("Concat", "ConcatV2"):
                    first = self.graph.inputs(tensor[0])[op == "Concat"]
                    yield self.follow(first)
                else:
                    yield tensor

    def modes(self, chains, outputs):
        """(evaluator, matches of each chain's steps) for each value of the switches."""
        switches = []
        while True:
            evaluate = self.evaluator(dict.fromkeys(switches, False))
            self.matches(evaluate, chains, outputs)
            new = [p for p in evaluate.met if p not in switches]
            if not new or len(switches) + len(new) > _MOST_SWITCHES:
                break
            switches += new
        found = []
        for values in product((False, True), repeat=len(switches)):
            evaluate = self.evaluator(dict(zip(switches, values, strict=True)))
            found.append((evaluate, self.matches(evaluate, chains, outputs)))
        return found

    def evaluator(self, switches):
        return Evaluator(
            self.graph, self.algebra, self.branches, switches, dict(self.cuts)
        )

    def number(self, tensor):
        return self.algebra.single(self.cuts[tensor])

    def matches(self, evaluate, chains, outputs):
        """For each chain a list: of each step (its match, the tensor of h) or None."""
        algebra = self.algebra
        tops = {}
        for tensor in outputs:
            definition = evaluate.define(tensor)
            inside = {n for m, _ in definition for n in m}
            for number in inside:
                poly = algebra.atoms[number].args[-1]
                for n in {n for m, _ in poly for n in m} if poly else ():
                    if algebra.atoms[n].kind == "new":
                        tops.setdefault(n, []).append((tensor, definition))
        return [self.of_chain(evaluate, chain, tops) for chain in chains]

    def of_chain(self, evaluate, chain, tops):
        found, h = [], None
        for step in chain:
            made = self.of_step(evaluate, step, tops, h)
            if made is None:
                return None
            found.append(made)
            h = self.cuts[made[1]]
        # The state before the first step shows by the kernel of the others.
        first = self.of_step(evaluate, chain[0], tops, self.initial(*found[:2]))
        return [first, *found[1:]]

    def of_step(self, evaluate, step, tops, h):
        algebra, c, new = self.algebra, self.number(step.before), self.number(step.c)
        pair = match_cell_state(algebra, c, evaluate.define(step.c))
        if pair is None:
            return None
        for tensor, definition in tops.get(new, ()):
            output = match_output(algebra, new, definition)
            if output is not None:
                return match(algebra, c, h or (), new, pair, output), tensor
        return None

    def initial(self, first, second):
        """The expression of the output before the first step."""
        role = "joined" if second[0].joined else "recurrent"
        if role not in second[0].roles:
            return None
        kernel = self.operands(second[0].roles[role])[1]
        gate = first[0].gates["f"]
        for x in (*gate.products, *(norm.x for norm in gate.norms)):
            left, right = self.operands(x)
            if right == kernel:
                joined = self.algebra.only(left, "concat")
                return joined.args[0][-1] if joined else left
        return None

    def operands(self, what):
        number = what.x if hasattr(what, "x") else what
        return self.algebra.atoms[number].args

    def rnn(self, chain, modes) -> GraphRNN | None:
        """The RNN of a chain from its matches in all modes."""
        if any(matches is None for _, matches in modes):
            return None
        plain = [m for m in modes if not _by_batch(m[1])] or modes[:1]
        (evaluate, population), training = plain[0], None
        for mode in modes:
            if _by_batch(mode[1]) and mode is not plain[0]:
                training = training or mode
        self.needs = before(self.graph, [h[0] for _, h in population])
        self.needs.update(step.c[0] for step in chain)
        cells = []
        for t, (made, _) in enumerate(population):
            other = training[1][t][0] if training else None
            learning = training[0] if training else evaluate
            self.values = training[0].switches if training else {}
            builder = CellBuilder(made, other, evaluate, learning)
            cells.append((builder.build(self.runs), made))
        lacking = []
        known = [[m for m, _ in population]]
        known += [[m for m, _ in training[1]]] if training else []
        for mode, matches in modes:
            if [m for m, _ in matches] not in known:
                node = next(iter(mode.switches))[0]
                lacking.append(Lacking("another cell under a switch", node))
        cell = self.whole(cells)
        inputs = self.inputs(population, chain, lacking)
        if inputs is None:
            return None
        turned = [p for p, v in self.values.items() if evaluate.switches.get(p) != v]
        start = self.names_of(population[0][0], chain)
        return GraphRNN(
            scope=cell.scope,
            cells=(cell,),
            kind="static",
            inputs=inputs,
            time_major=False,
            outputs=tuple(named(h) for _, h in population),
            initial_states=start,
            final_states=(named(chain[-1].c), named(population[-1][1])),
            states=((0, "c"), (0, "h")),
            switches=tuple(named(p) for p in turned),
            inverted=tuple(named(p) for p in turned if not self.values[p]),
            lacking=tuple(dict.fromkeys(lacking)),
        )

    def runs(self, move):
        """When an assignment happens; None if it never does."""
        sides = [(p, side) for p, side in move.sides if p in self.values]
        wrong = any(self.values[p] != side for p, side in sides)
        if move.node in self.needs:
            return "in inference" if wrong else "in training" if sides else "always"
        if move.node in self.updates:
            return "in inference" if wrong else "update_ops"
        return None

    def operand_node(self, match, role):
        """The tensor that a matrix is multiplied with in a step."""
        number = match.roles[role]
        number = number.x if hasattr(number, "x") else number
        return self.graph.inputs(self.algebra.nodes[number])[0]

    def inputs(self, population, chain, lacking):
        """The tensors that the steps take; none of them may come from a step."""
        found = []
        for match_, _ in population:
            role = "joined" if match_.joined else "input"
            if role not in match_.roles:
                return None
            tensor = self.operand_node(match_, role)
            if match_.joined:
                name = self.follow(tensor)[0]
                tensor = self.graph.inputs(name)[self.graph.op(name) == "Concat"]
            found.append(tensor)
        own = {step.c[0] for step in chain} | {h[0] for _, h in population}
        for tensor in found:
            if before(self.graph, [tensor[0]]) & own:
                lacking.append(Lacking("an input that comes from a step", tensor[0]))
                break
        return tuple(named(t) for t in found)

    def names_of(self, match_, chain):
        """The tensors of the states before the first step."""
        role = "joined" if match_.joined else "recurrent"
        if role not in match_.roles:
            return (named(chain[0].before),)
        tensor = self.operand_node(match_, role)
        if match_.joined:
            name = self.follow(tensor)[0]
            tensor = self.graph.inputs(name)[1 + (self.graph.op(name) == "Concat")]
        return named(chain[0].before), named(tensor)

    def whole(self, steps) -> GraphCell:
        """One cell of the cells of all steps: a variable of its own at each step is a
        tuple of names; settings are the same at all steps."""
        first, lacking = steps[0][0], []
        variables, settings = {}, dict(first.settings)
        for cell, _ in steps:
            lacking += [lack for lack in cell.lacking if lack not in lacking]
            for name in {*first.settings, *cell.settings}:
                mine, other = first.settings.get(name), cell.settings.get(name)
                if mine is None or other is None or mine.value != other.value:
                    node = (other or mine).node
                    lacking.append(Lacking(f"{name} that differs by step", node))
            if cell.variables.keys() != first.variables.keys():
                lacking.append(Lacking("variables of some steps only", first.scope))
        for role in first.variables:
            names = tuple(cell.variables.get(role, "") for cell, _ in steps)
            variables[role] = names[0] if len({*names}) == 1 else names
        self.check_rows(steps, variables, lacking)
        per_step = first.per_step
        if isinstance(variables.get("cell_moving_mean"), tuple):
            per_step = True
            settings["max_bn_steps"] = Setting(
                len(steps), variables["cell_moving_mean"][0]
            )
        names = [
            name
            for value in variables.values()
            for name in (value if isinstance(value, tuple) else (value,))
        ]
        return GraphCell(
            first.family,
            common_scope(names),
            MappingProxyType(variables),
            first.gates,
            MappingProxyType(settings),
            per_step,
            tuple(dict.fromkeys(lacking)),
        )

    def check_rows(self, steps, variables, lacking):
        """Tables are read at the step's row; variables of a step are used only there."""
        for t, (_, made) in enumerate(steps):
            for norm in made.norms:
                row = None if norm.row is None else self.algebra.value(norm.row)
                if norm.row is not None and row != min(t, norm.rows - 1):
                    lacking.append(
                        Lacking("rows that are not those of the step", norm.node)
                    )
        for role, names in variables.items():
            if isinstance(names, tuple) and len({*names}) != len(names):
                lacking.append(Lacking(f"{role} shared by some steps", names[0]))
            if isinstance(names, tuple) and role.endswith(("kernel", "bias")):
                lacking.append(Lacking(f"a {role} for each step", names[0]))


def _chains(steps):
    """Lists of steps in which each takes the cell state of the one before."""
    after = {}
    for step in steps.values():
        after.setdefault(step.before, []).append(step)
    for step in steps.values():
        if step.before in steps and len(after[step.before]) == 1:
            continue
        chain = [step]
        while len(after.get(chain[-1].c, ())) == 1 and len(chain) <= len(steps):
            chain.append(after[chain[-1].c][0])
        yield chain


def _by_batch(matches):
    """Whether a mode normalises by the statistics of the batch."""
    return any(n.statistics is None for m, _ in matches for n in m.norms)
