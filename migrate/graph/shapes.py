"""The static shapes that a graph's file says of its tensors."""

from migrate.graph.nodes import Graph, output


def shape_of(graph: Graph, tensor: str) -> list[int | None] | None:
    """The shape of a tensor, None for open axes; None where the file says none."""
    node, number = output(tensor)
    found = graph.node(node).attr
    if "_output_shapes" in found:
        shapes = found["_output_shapes"].list.shape
        if number < len(shapes) and not shapes[number].unknown_rank:
            return [d.size if d.size >= 0 else None for d in shapes[number].dim]
    if "shape" in found and graph.op(node).startswith("Placeholder"):
        shape = found["shape"].shape
        if not shape.unknown_rank:
            return [d.size if d.size >= 0 else None for d in shape.dim]
    return None
