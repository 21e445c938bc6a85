"""``tf.contrib.opt``: optimisers of graph mode; names as data.

Origin: TensorFlow 1.15.5. Each is written from its paper, which its docstring names.
Slots have the names of 1.15, so that checkpoints keep their meaning. Not here:
optimisers for parameter servers (``ElasticAverageOptimizer``,
``ModelAverageOptimizer``, ``AGNOptimizer``, ``DropStaleGradientOptimizer``),
second-order ones (``GGT``, ``Shampoo``), ``AdamGS``, ``LazyAdamGS`` and ``RegAdagrad``.
"""

from legacy.contrib.written import written

NAMES = written(__name__, __path__)
