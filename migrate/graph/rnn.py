"""From a while loop to an RNN: its cells from the lowest up, states and borders."""

from migrate.graph.algebra import near
from migrate.graph.borders import named, packed, reversal, unpacked
from migrate.graph.build import CellBuilder, common_scope
from migrate.graph.dropout import undropped
from migrate.graph.found import GraphRNN, Lacking
from migrate.graph.gru import GruMatch, build_gru
from migrate.graph.lstm import describe
from migrate.graph.modes import LoopModes
from migrate.graph.moves import before
from migrate.graph.steps import runs_over_all

# More switches than this in one loop are not told apart.
_MOST_SWITCHES = 3
_WRITES = ("TensorArrayWrite", "TensorArrayWriteV2", "TensorArrayWriteV3")


class LoopReader(LoopModes):
    """Reads one loop.

    Args:
      graph: the ``Graph``. branches: its conds. loop: the ``Loop``. updates: the nodes
        that the collection of updates needs.
    """

    def __init__(self, graph, branches, loop, updates):
        super().__init__(graph, branches, loop)
        self.updates, self.lacking, self.owners = updates, [], {}
        self.wrappers = []

    def read(self) -> GraphRNN | Lacking | None:
        """The RNN; or why it is none; None for the loop of a gradient."""
        if any(self.graph.op(name).startswith("StackPop") for name in self.body()):
            return None
        switches = self.switches()
        if len(switches) > _MOST_SWITCHES:
            return Lacking(f"a loop with {len(switches)} switches", switches[0][0])
        modes = self.modes()
        counts = {tuple(m.states for m in mode.cells) for mode in modes}
        if counts == {()}:
            return self.reason(modes[0])
        if len(counts) > 1:
            return Lacking("a loop that is another one under a switch", switches[0][0])
        inference = [m for m in modes if not _by_batch(m)]
        self.population = (inference or modes)[0]
        self.training = min(
            [m for m in modes if _by_batch(m) and m is not self.population],
            key=lambda mode: len(self.differing(mode)),
            default=None,
        )
        known = [m.cells for m in (self.population, self.training) if m is not None]
        for mode in modes:
            if mode.cells not in known:
                self.explain(mode)
        return self.assemble()

    def lacks(self, what, node):
        self.lacking.append(Lacking(what, node))

    def differing(self, mode):
        """The switches whose value in a mode is not the one in inference, with it."""
        values = self.population.values
        return {p: value for p, value in mode.values.items() if values[p] != value}

    def explain(self, mode):
        """Names how the cells of a mode are not those of inference."""
        for match, other in zip(mode.cells, self.population.cells, strict=True):
            for lack in match.lacking:
                if lack not in other.lacking:
                    self.lacks(f"{lack.what}, under a switch", lack.node)
        switch = next(iter(self.differing(mode) or mode.values))[0]
        self.lacks("another cell under a switch", switch)

    def reason(self, mode):
        """Why a loop is no known cell."""
        node = self.loop.variables[0].merge
        if not before(self.graph, self.body()) & self.graph.variables.keys():
            return Lacking("a loop without variables", node)
        for variable in self.loop.variables:
            tensor = mode.following[variable.merge]
            if self.graph.op(tensor[0]) in _WRITES:
                continue
            for monomial, _ in mode.evaluate.define(tensor):
                what = describe(self.algebra, monomial)
                if "operation" in what or "layer norm" in what:
                    return Lacking(f"no known cell: {what}", tensor[0])
        return Lacking("no known cell", node)

    def assemble(self) -> GraphRNN | Lacking:
        """The RNN of the cells that were found."""
        mode, graph = self.population, self.graph
        first = mode.cells[0]
        core = None if first.x is None else undropped(self.algebra, first.x)[0]
        read = None if core is None else self.algebra.only(core, "read")
        if first.x is None and first.lacking:
            return Lacking(
                f"a cell with {first.lacking[0].what}", first.lacking[0].node
            )
        if read is None:
            return Lacking("a cell whose input is not the sequence alone", first.node)
        cells = tuple(self.cell(k) for k in range(len(mode.cells)))
        self.check_inputs(read)
        lengths = min(mode.lengths, default=None)
        condition, array = self.loop.condition, read.args[0][0]
        follow = mode.evaluate.follow
        if not runs_over_all(graph, follow, condition, array, lengths):
            self.lacks("a loop that does not run over all steps", condition)
        sequence = unpacked(graph, read.args[0])
        if sequence is None:
            return Lacking(
                "a loop whose input array is not one sequence in order", read[1][0][0]
            )
        outputs = self.outputs()
        inputs, collected = sequence.time_major, outputs and outputs.time_major
        batch_major = False
        if sequence.batch_major is not None and (
            outputs is None or outputs.batch_major is not None
        ):
            inputs, collected = sequence.batch_major, outputs and outputs.batch_major
            batch_major = True
        states = self.carried()
        if len(mode.lengths) > 1:
            self.lacks("several lengths in one loop", sorted(mode.lengths)[1][0])
        turned = self.differing(self.training) if self.training else {}
        return GraphRNN(
            scope=common_scope([f"{cell.scope}/" for cell in cells]),
            cells=cells,
            kind="dynamic",
            inputs=named(inputs),
            time_major=not batch_major,
            outputs=None if collected is None else named(collected),
            reverse=reversal(graph, inputs, collected, int(batch_major)),
            lengths=None if lengths is None else named(lengths),
            initial_states=tuple(named(v.initial) for v, _ in states),
            final_states=tuple(v.exit for v, _ in states),
            states=tuple(owner for _, owner in states),
            switches=tuple(named(p) for p in turned),
            inverted=tuple(named(p) for p, value in turned.items() if not value),
            wrappers=tuple(dict.fromkeys(self.wrappers)),
            lacking=tuple(dict.fromkeys(self.lacking)),
            frame=self.loop.frame,
        )

    def cell(self, number):
        """The cell of one layer; notes its states."""
        mode = self.population
        match = mode.cells[number]
        for state, letter in match.states:
            self.owners[self.merge_of(state)] = (number, letter)
        below = mode.cells[number - 1] if number else None
        if below and not self.fed_by(match, _output_state(below)):
            self.lacks("layers that are not one on another", match.node)
        elif match.x is not None:
            self.wrappers += undropped(self.algebra, match.x)[1]
        if isinstance(match, GruMatch):
            return build_gru(match, mode.evaluate)
        training, learning = None, mode.evaluate
        if self.training is not None:
            training = self.training.cells[number]
            learning = self.training.evaluate
        builder = CellBuilder(match, training, mode.evaluate, learning)
        cell = builder.build(self.runs)
        for row, rows in {(norm.row, norm.rows) for norm in match.norms}:
            if row is not None:
                self.check_row(number, row, rows, match)
        return cell

    def check_row(self, number, row, rows, match):
        """The row is the step's, at most the last one."""
        node = match.node
        clip = self.algebra.only(row, "clip")
        if clip is not None:
            low, high, row = clip.args
            if low > 0 or not near(high, rows - 1):
                self.lacks(f"rows up to {high:g} of {rows}", node)
        evaluate, following = self.population.evaluate, self.population.following
        first = self.algebra.only(row, "first")
        if first is not None:
            state = self.algebra.only(first.args[0], "state")
            merge = state and state.args[0]
            if merge and self.counts(evaluate, merge, following[merge]):
                self.owners.setdefault(merge, (number, "step"))
                return
        elif self.is_time(evaluate, row) and not self.population.lengths:
            return
        self.lacks("rows that are not those of the step", node)

    def check_inputs(self, read):
        if not self.is_time(self.population.evaluate, read.args[1]):
            self.lacks("an input that is not the step's", read.args[0][0])

    def runs(self, move):
        """When an assignment happens; None if it never does."""
        if move.node in self.needs:
            values = {} if self.training is None else self.training.values
            sides = [(p, side) for p, side in move.sides if p in values]
            if any(values[p] != side for p, side in sides):
                return "in inference"
            return "in training" if sides else "always"
        if move.node in self.updates:
            return "update_ops"
        return None

    def outputs(self):
        """Where the top cell's outputs are collected."""
        mode, found = self.population, None
        top = (((self.news[self.merge_of(_output_state(mode.cells[-1]))],), 1.0),)
        for variable in self.loop.variables:
            name = mode.following[variable.merge][0]
            if self.graph.op(name) not in _WRITES:
                continue
            handle, index, value, _ = self.graph.inputs(name)
            self.owners[variable.merge] = None
            tensor, length = self.masked(mode.evaluate, mode.evaluate.follow(value))
            core, wrappers = undropped(self.algebra, mode.evaluate(tensor))
            at = self.is_time(mode.evaluate, mode.evaluate(index))
            if core != top or not at or found is not None:
                self.lacks("an output that is not the top cell's", name)
                continue
            if length is not None:
                mode.lengths.add(length)
            self.wrappers += wrappers
            found = packed(self.graph, mode.evaluate.follow(handle), variable.exit)
        return found

    def carried(self):
        """The states that the loop carries, with their owners."""
        mode, states = self.population, []
        for variable in self.loop.variables:
            merge = variable.merge
            if merge in self.owners:
                if self.owners[merge] is not None:
                    states.append((variable, self.owners[merge]))
            elif not self.counts(mode.evaluate, merge, mode.following[merge]):
                self.lacks("another state in the loop", merge)
                states.append((variable, (-1, "")))
        return states


def _output_state(match):
    """The atom of the state that is the cell's output."""
    return next(number for number, letter in match.states if letter == "h")


def _by_batch(mode):
    """Whether a mode normalises by the statistics of the batch."""
    return any(n.statistics is None for match in mode.cells for n in match.norms)
