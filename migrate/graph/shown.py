"""What a graph shows of the life of a cell's statistics: steps, lengths, updates."""

from dataclasses import dataclass

import numpy as np

from migrate.graph.borders import plain
from migrate.graph.found import GraphRNN, Setting
from migrate.graph.inventory import GraphNetwork
from migrate.graph.nodes import Graph, output
from migrate.graph.sizes import rows_and_steps, shape_of

ALWAYS, NEVER, UPDATE_OPS = "always", "never", "update_ops"
#: Updates in UPDATE_OPS that stand inside a loop, where nothing can run them.
IN_THE_LOOP = "in the loop"
#: Lengths that are fed, so that the graph does not say what they are.
FED = "fed"

_MOVES = {
    "in training": "the statistics move in training only",
    ALWAYS: "the statistics move in every run, in inference, too",
    NEVER: "nothing in this graph moves the statistics",
    UPDATE_OPS: "the statistics move if the script runs the collection UPDATE_OPS",
    IN_THE_LOOP: "the updates of the statistics stand in the loop, where none can run",
}
_SAME_VALUES = ("Reshape", "Cast", "Transpose", "ExpandDims", "Squeeze")


@dataclass(frozen=True)
class Shown:
    """What the graph shows of one cell; each a ``Setting`` with the node.

    ``steps``: T; None if the graph takes any. ``lengths``: None if the loop takes none,
    (shortest, longest) if the graph fixes them, or ``FED``. ``moves``: when the
    statistics move, see ``GraphCell``, or ``IN_THE_LOOP``. ``constant``: the steps at
    which all sequences have the same input; None if the graph shows none.
    """

    steps: Setting | None
    lengths: Setting
    moves: Setting | None
    constant: Setting | None

    def asdict(self) -> dict:
        """As plain data for JSON."""
        return {
            name: value and {"value": _plain(value.value), "node": value.node}
            for name, value in vars(self).items()
        }

    def sentences(self) -> list[str]:
        """The same for people."""
        said = []
        if self.steps is not None:
            said.append(f"{self.steps.value} steps (node {self.steps.node})")
        value, node = self.lengths
        if value is None:
            said.append(f"no lengths: every sequence runs to the end (node {node})")
        elif value == FED:
            said.append(f"lengths are fed (node {node})")
        else:
            shortest, longest = value
            said.append(f"lengths from {shortest} to {longest} (node {node})")
        if self.moves is not None:
            said.append(f"{_MOVES[self.moves.value]} (node {self.moves.node})")
        if self.constant is not None:
            steps = ", ".join(map(str, self.constant.value))
            said.append(
                f"the inputs are constant at steps {steps} (node {self.constant.node})"
            )
        return said


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def shown_by_variables(graph: Graph, networks: list[GraphNetwork]) -> dict:
    """From the variables of each batch-normalised cell, a frozenset of their names in
    the source, to what the graph shows of it."""
    found = {}
    for network in networks:
        cells = iter(network.rnn.cells)
        for chain in network.chains:
            for number, cell in zip(range(len(chain.cells)), cells, strict=False):
                if cell.max_bn_steps is not None:
                    key = frozenset(cell.variables.values())
                    found[key] = _shown(graph, chain, number, network.copies)
    return found


def _shown(graph, rnn, number, copies):
    _, steps = rows_and_steps(graph, rnn)
    node = rnn.inputs if isinstance(rnn.inputs, str) else rnn.inputs[0]
    return Shown(
        None if steps is None else Setting(steps, output(node)[0]),
        _lengths(graph, rnn),
        _moves(rnn, number, copies),
        # What a layer below gives is never constant.
        None if number else _constant(graph, rnn, steps),
    )


def _moves(rnn: GraphRNN, number, copies):
    """When the statistics move, wherever the graph runs this cell."""
    cell = rnn.cells[number]
    own = cell.settings.get("moves")
    for copy in copies:
        for other in copy.cells:
            moves = other.settings.get("moves")
            if other.variables == cell.variables and moves and moves.value == ALWAYS:
                return moves
    if own is not None and own.value == UPDATE_OPS and rnn.kind == "dynamic":
        return Setting(IN_THE_LOOP, own.node)
    return own if own is not None and own.value in _MOVES else None


def _lengths(graph, rnn):
    if rnn.lengths is None:
        tensor = rnn.inputs if isinstance(rnn.inputs, str) else rnn.inputs[0]
        return Setting(None, output(tensor)[0])
    name = output(rnn.lengths)[0]
    while graph.op(name) in ("Identity", "Cast"):
        name = graph.inputs(name)[0][0]
    value = name
    if graph.op(name) == "Fill":
        value = plain(graph, graph.inputs(name)[1])[0]
    if graph.op(value) != "Const" or not graph.constant(value).size:
        return Setting(FED, name)
    numbers = graph.constant(value)
    return Setting((int(numbers.min()), int(numbers.max())), name)


def _constant(graph, rnn, steps):
    """The steps at which the graph gives all sequences the same input."""
    if not isinstance(rnn.inputs, str):
        same = [_same(graph, output(tensor)) for tensor in rnn.inputs]
        found = [t for t, node in enumerate(same) if node]
        return Setting(tuple(found), same[found[0]]) if found else None
    tensor = plain(graph, output(rnn.inputs))
    node = _same(graph, tensor)
    if node is not None:
        return None if steps is None else Setting(tuple(range(steps)), node)
    return _constant_parts(graph, tensor[0], 0 if rnn.time_major else 1)


def _constant_parts(graph, name, time):
    """Likewise of a sequence that is put together from pieces of it, up to the first
    piece of unknown length."""
    inputs = graph.inputs(name)
    if graph.op(name) not in ("ConcatV2", "Concat") or len(inputs) < 2:
        return None
    last = graph.op(name) == "ConcatV2"
    axis = inputs[-1][0] if last else inputs[0][0]
    parts = inputs[:-1] if last else inputs[1:]
    if graph.op(axis) != "Const" or int(graph.constant(axis)) % 3 != time:
        return None
    start, found, node = 0, [], None
    for part in parts:
        shape = shape_of(graph, f"{part[0]}:{part[1]}")
        steps = shape[time] if shape is not None and len(shape) == 3 else None
        if steps is None:
            break
        same = _same(graph, part)
        if same is not None:
            found += range(start, start + steps)
            node = node or same
        start += steps
    return None if node is None or not found else Setting(tuple(found), node)


def _same(graph, tensor):
    """The node that makes all values of a tensor the same; None if none does."""
    name = plain(graph, tensor)[0]
    while graph.op(name) in _SAME_VALUES:
        name = plain(graph, graph.inputs(name)[0])[0]
    if graph.op(name) in ("Fill", "ZerosLike", "OnesLike"):
        return name
    if graph.op(name) != "Const":
        return None
    value = graph.constant(name)
    if value.dtype.kind not in "fiu" or not value.size:
        return None
    return name if np.all(value == value.flat[0]) else None
