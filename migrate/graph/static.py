"""Recurrent networks that a Python loop wrote out, step after step, without a while.

A step's next cell state is a sum of two products, of three functions and the state
before; its output is a product of two functions. Chains of these are the candidates;
each step of a chain is then read as that of a loop is.
"""

from itertools import product
from typing import NamedTuple

from migrate.graph.algebra import Algebra
from migrate.graph.borders import named
from migrate.graph.build import CellBuilder
from migrate.graph.found import GraphRNN, Lacking
from migrate.graph.lstm import match, match_cell_state, match_output
from migrate.graph.masks import masks
from migrate.graph.moves import after, before
from migrate.graph.symbolic import FUNCTIONS, Evaluator
from migrate.graph.unrolled import Step, chains_of, one_cell

_SUMS = ("Add", "AddV2", "AddN")
_CLIPS = ("Minimum", "Maximum", "ClipByValue")
_MOST_SWITCHES = 3


class Ends(NamedTuple):
    """Tensors that leave the steps: outputs, last c and h; the lengths, or None."""

    outputs: list
    states: list
    lengths: tuple[str, int] | None


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
        self.plain = Evaluator(graph, self.algebra, branches, {}, {}).follow
        self.masks = masks(graph, branches, self.plain, self.nodes)

    def follow(self, tensor):
        """The tensor behind what changes nothing for sequences that go on."""
        tensor = self.plain(tensor)
        while tensor in self.masks:
            tensor = self.plain(self.masks[tensor].new)
        return tensor

    def read(self) -> list[GraphRNN]:
        """The RNNs, one a layer."""
        steps, used = self.cell_states()
        chains = [chain for chain in chains_of(steps) if len(chain) > 1]
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
        for merge in self.masks:
            behind = self.follow(merge)
            if behind in self.cuts:
                self.cuts[merge] = self.cuts[behind]
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
        cell = one_cell(self.algebra, cells)
        inputs = self.inputs(population, chain, lacking)
        ends = self.ends(chain, population, lacking)
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
            outputs=tuple(map(named, ends.outputs)),
            lengths=ends.lengths and named(ends.lengths),
            initial_states=start,
            final_states=tuple(map(named, ends.states)),
            states=((0, "c"), (0, "h")),
            switches=tuple(named(p) for p in turned),
            inverted=tuple(named(p) for p in turned if not self.values[p]),
            lacking=tuple(dict.fromkeys(lacking)),
        )

    def ends(self, chain, population, lacking) -> "Ends":
        """Outputs and last states, as the conds of lengths let them through."""
        by_new, lengths = {}, set()
        for merge, mask in self.masks.items():
            by_new.setdefault(self.follow(mask.new), []).append((merge, mask))
        outputs = []
        for _, h in population:
            zeroed = [
                merge
                for merge, mask in by_new.get(h, ())
                if self.follow(mask.old) not in self.cuts
            ]
            outputs.append(zeroed[0] if zeroed else h)
        states = []
        for tensor in (chain[-1].c, population[-1][1]):
            kept = [
                m for m, k in by_new.get(tensor, ()) if self.follow(k.old) in self.cuts
            ]
            states.append(kept[0] if kept else tensor)
        own = [step.c for step in chain] + [h for _, h in population]
        masked = [tensor for tensor in own if tensor in by_new]
        for tensor in masked:
            lengths.update(mask.lengths for _, mask in by_new[tensor])
        if len(lengths) > 1 or (masked and len(masked) != len(own)):
            lacking.append(Lacking("lengths of some steps only", chain[0].c[0]))
        return Ends(outputs, states, min(lengths, default=None))

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
        later = after(self.graph, own)
        fed = [tensor[0] for tensor in found if tensor[0] in later]
        if fed:
            lacking.append(Lacking("an input that comes from a step", fed[0]))
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


def _by_batch(matches):
    """Whether a mode normalises by the statistics of the batch."""
    return any(n.statistics is None for m, _ in matches for n in m.norms)
