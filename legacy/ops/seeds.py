"""Seeds of operations that have none of their own, by the rule of TensorFlow 1.

After ``tf.set_random_seed(n)``, an operation gets the pair (n, number of operations in
its graph so far). TensorFlow 2.21 counts 0, 1, 2, ... instead. From the same pair, the
kernels draw the same numbers.
"""

import tensorflow.compat.v1 as tf

from legacy.ops.replace import around

_INT32_MAX = 2**31 - 1
_RANDOM_SEED = "tensorflow.python.framework.random_seed:get_seed"


@around(_RANDOM_SEED)
def get_seed(original, op_seed):
    """The graph's and the operation's seed: two integers, or (None, None)."""
    graph = tf.get_default_graph()
    if graph.seed is None or op_seed is not None:
        return original(op_seed)
    # Functions that a graph calls note whether they drew anything.
    if hasattr(graph, "_seed_used"):
        graph._seed_used = True
    pair = graph.seed % _INT32_MAX, count(graph) % _INT32_MAX
    # The kernels take (0, 0) for "no seed".
    return pair if pair != (0, 0) else (0, _INT32_MAX)


def count(graph):
    """How many operations the graph has had so far."""
    return graph.num_operations()
