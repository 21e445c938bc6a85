"""Tensors of one number, whose size the graph takes from what stands before a border.

The zero states of an RNN, and its counter of steps, have as many rows as the batch. The
graph asks the model's own placeholder for that number, and at a border it is not fed.
"""

import numpy as np

from migrate.graph.cut import cut, unfed
from migrate.graph.nodes import Graph


def constant_starts(graph: Graph, feeds, fetches, batch: int) -> dict:
    """Values for tensors of one number that need placeholders which nobody feeds.

    Args:
      graph: the whole graph.
      feeds: names of the tensors given.
      fetches: names of what is computed from them.
      batch: rows of a tensor whose shape leaves its first axis open.

    Returns:
      tensor -> array; empty if everything is fed.
    """
    part = cut(graph, feeds, fetches)
    if not unfed(part):
        return {}
    found = {}
    for node in part.graph_def.node:
        if node.op == "Fill" and unfed(small := cut(graph, feeds, [node.name])):
            number, shape = graph.inputs(node.name)[1][0], _shape(small, node.name)
            if graph.op(number) == "Const" and shape and None not in shape[1:]:
                shape = [batch if size is None else size for size in shape]
                found[node.name] = np.full(shape, graph.constant(number))
    return found


def _shape(part, name):
    """The shape that TensorFlow infers, None for open axes; None if it infers none."""
    import tensorflow.compat.v1 as tf

    from legacy import old_graphs

    graph = tf.Graph()
    try:
        with graph.as_default():
            bare = old_graphs.without(part.graph_def, old_graphs.SHAPES)
            tf.import_graph_def(old_graphs.placeable(bare), name="")
        return graph.get_tensor_by_name(name + ":0").shape.as_list()
    except (ValueError, tf.errors.OpError):
        return None
