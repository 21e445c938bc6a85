"""What a while loop computes for each value of its switches: states, lengths, cells."""

from itertools import product
from typing import NamedTuple

from migrate.graph.algebra import Algebra
from migrate.graph.dropout import undropped
from migrate.graph.gru import GruMatch, match_gru
from migrate.graph.loops import MERGE, Loop
from migrate.graph.lstm import Match, match, match_cell_state, match_output
from migrate.graph.moves import before
from migrate.graph.symbolic import Evaluator


class Mode(NamedTuple):
    """One value of the switches, what the loop computes then, and its cells.

    ``following``: loop variable -> the tensor that is its next value, behind the
    Select that keeps finished sequences. ``lengths``: tensors these Selects ask.
    """

    values: dict
    evaluate: Evaluator
    following: dict
    lengths: set
    cells: list


class LoopModes:
    """The modes of one loop.

    Args:
      graph: the ``Graph``. branches: its conds. loop: the ``Loop``.
    """

    def __init__(self, graph, branches, loop: Loop):
        self.graph, self.branches, self.loop = graph, branches, loop
        self.algebra = Algebra()
        self.needs = before(graph, [v.following[0] for v in loop.variables])
        self.needs.update(before(graph, [loop.condition]))
        self.states = {
            v.merge: self.algebra.number("state", v.merge, None, node=v.merge)
            for v in loop.variables
        }
        self.news = {
            v.merge: self.algebra.number("new", v.merge, None, node=v.following[0])
            for v in loop.variables
        }

    def body(self):
        """The nodes of the loop's own frame, backwards from what it carries on."""
        graph = self.graph
        stack = [v.following[0] for v in self.loop.variables]
        seen = set(stack)
        while stack:
            name = stack.pop()
            if name in self.states or graph.op(name) in ("Enter", "RefEnter"):
                continue
            for source in (*(s for s, _ in graph.inputs(name)), *graph.controls(name)):
                if source not in seen:
                    seen.add(source)
                    stack.append(source)
        self.graph.spend(len(seen))
        return seen

    def switches(self):
        """Predicates of conds in the loop that come from outside of it."""
        found = {}
        inside = self.body()
        for name in sorted(inside):
            if self.graph.op(name) in MERGE and name not in self.states:
                choice = self.branches.choice(name)
                if choice is not None and choice[0][0] not in inside:
                    found[choice[0]] = None
        return list(found)

    def modes(self) -> list[Mode]:
        """One for each value of the switches."""
        switches = self.switches()
        return [
            self.mode(dict(zip(switches, values, strict=True)))
            for values in product((False, True), repeat=len(switches))
        ]

    def mode(self, values) -> Mode:
        """What the loop computes for one value of its switches."""
        cuts = {
            (merge, 0): (((number,), 1.0),) for merge, number in self.states.items()
        }
        evaluate = Evaluator(self.graph, self.algebra, self.branches, values, cuts)
        following, lengths = {}, set()
        for variable in self.loop.variables:
            tensor = evaluate.follow(variable.following)
            tensor, length = self.masked(evaluate, tensor, variable.merge)
            following[variable.merge] = tensor
            if length is not None:
                lengths.add(length)
        cuts = dict(cuts)
        for merge, tensor in following.items():
            if tensor not in cuts:
                cuts[tensor] = (((self.news[merge],), 1.0),)
        evaluate = Evaluator(self.graph, self.algebra, self.branches, values, cuts)
        cells = self.cells(evaluate, following)
        return Mode(values, evaluate, following, lengths, cells)

    def masked(self, evaluate, tensor, merge=None):
        """Behind Select(time >= lengths, old or zeros, new): new, and the lengths."""
        name = tensor[0]
        if self.graph.op(name) not in ("Select", "SelectV2"):
            return tensor, None
        condition, old, new = self.graph.inputs(name)
        asked = evaluate(condition)
        for kind, kept, made in (("ge", old, new), ("lt", new, old)):
            atom = self.algebra.only(asked, kind)
            if atom is None or not self.is_time(evaluate, atom.args[0]):
                continue
            poly = evaluate(kept)
            own = self.states.get(merge)
            if poly == () if own is None else self.algebra.single(poly) == own:
                test = evaluate.follow(condition)[0]
                return evaluate.follow(made), evaluate.follow(
                    self.graph.inputs(test)[1]
                )
        return tensor, None

    def is_time(self, evaluate, poly):
        """Whether an expression is a counter of the loop's steps, from 0."""
        atom = self.algebra.only(poly, "state")
        if atom is None:
            return False
        variable = next(v for v in self.loop.variables if v.merge == atom.args[0])
        following = evaluate.follow(variable.following)
        return self.counts(evaluate, variable.merge, following) and (
            evaluate(variable.initial) == ()
        )

    def counts(self, evaluate, merge, following):
        """Whether a loop variable grows by one at each step."""
        state = (((self.states[merge],), 1.0),)
        grown = self.algebra.add(state, self.algebra.const(1.0))
        return evaluate.define(following) == grown

    def cells(self, evaluate, following):
        """The cells of one mode, lowest first."""
        found: list[Match | GruMatch] = []
        definitions = {m: evaluate.define(t) for m, t in following.items()}
        for c, definition in definitions.items():
            pair = match_cell_state(self.algebra, self.states[c], definition)
            if pair is None:
                continue
            for h, output in definitions.items():
                if h == c:
                    continue
                made = match_output(self.algebra, self.news[c], output)
                if made is not None:
                    before_h = (((self.states[h],), 1.0),)
                    parts = (self.states[c], before_h, self.news[c])
                    found.append(match(self.algebra, *parts, pair, made))
                    break
        taken = {number for cell in found for number, _ in cell.states}
        for h, definition in definitions.items():
            if self.states[h] not in taken:
                made = match_gru(self.algebra, self.states[h], definition)
                if made is not None:
                    found.append(made)
        return self.in_order(found)

    def in_order(self, cells):
        """From the one that reads the sequence upwards, each fed by the one below."""
        ordered, left = [], list(cells)
        below = None
        while left:
            fitting = [m for m in left if self.fed_by(m, below)] or left[:1]
            ordered.append(fitting[0])
            left.remove(fitting[0])
            below = dict(map(reversed, fitting[0].states))["h"]
        return ordered

    def fed_by(self, cell, below):
        if cell.x is None:
            return False
        return self.source(cell.x) == (
            "read" if below is None else ("new", self.merge_of(below))
        )

    def merge_of(self, number):
        return self.algebra.atoms[number].args[0]

    def source(self, poly):
        """ "read", or ("new", loop variable): where a cell's input comes from."""
        core, _ = undropped(self.algebra, poly)
        number = None if core is None else self.algebra.single(core)
        if number is None:
            return None
        kind, args = self.algebra.atoms[number]
        return kind if kind == "read" else (kind, args[0])
