"""GraphDefs that this TensorFlow imports."""

from legacy import old_graphs
from migrate.errors import MigrateError


def importable(graph_def, label):
    """A GraphDef without devices, places and recorded shapes, that imports here.

    Raises:
      MigrateError: it has operations that this TensorFlow lacks.
    """
    bare = old_graphs.without(graph_def, old_graphs.SHAPES, old_graphs.COLOCATION)
    for node in bare.node:
        node.device = ""
    try:
        return old_graphs.importable(bare)
    except old_graphs.UnknownOperations as error:
        raise MigrateError(f"{label}: {error.message}") from error


def with_shapes(graph_def, shapes):
    """A copy whose placeholders have shapes, so that what comes of them has, too.

    Args:
      shapes: by name, None where a size is open; None if it is unknown.
    """
    copy = type(graph_def)()
    copy.CopyFrom(graph_def)
    for node in copy.node:
        shape = shapes.get(node.name)
        if node.op == "Placeholder" and shape is not None:
            proto = node.attr["shape"].shape
            proto.Clear()
            for size in shape:
                proto.dim.add(size=-1 if size is None else size)
    return copy
