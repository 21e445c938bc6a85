"""The sizes that a graph's file gives its tensors."""

from migrate.graph.found import GraphRNN
from migrate.graph.nodes import Graph, output

# From this version of GraphDefs on, a Placeholder of shape [] is a scalar; before, its
# shape was unknown.
_SCALARS = 24


def shape_of(graph: Graph, tensor: str) -> tuple[int | None, ...] | None:
    """The static shape of a tensor, None where a size is open; None if unknown."""
    node, number = output(tensor)
    found = graph.node(node).attr
    if "_output_shapes" in found:
        shapes = found["_output_shapes"].list.shape
        return _shape(shapes[number]) if number < len(shapes) else None
    if graph.op(node) == "Const":
        return graph.constant_shape(node)
    if "shape" in found and graph.op(node).startswith("Placeholder"):
        shape = _shape(found["shape"].shape)
        if shape == () and graph.graph_def.versions.producer < _SCALARS:
            return None
        return shape
    return None


def _shape(proto):
    if proto.unknown_rank:
        return None
    return tuple(dim.size if dim.size >= 0 else None for dim in proto.dim)


def rows_and_steps(graph: Graph, rnn: GraphRNN) -> tuple[int | None, int | None]:
    """The rows and steps that the graph fixes for an RNN; None if it takes any."""
    if not isinstance(rnn.inputs, str):
        shape = shape_of(graph, rnn.inputs[0])
        return (shape[0] if shape else None), len(rnn.inputs)
    shape = shape_of(graph, rnn.inputs)
    batch, steps = shape[:2] if shape is not None and len(shape) > 1 else (None, None)
    return (steps, batch) if rnn.time_major else (batch, steps)
