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
