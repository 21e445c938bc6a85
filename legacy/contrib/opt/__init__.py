"""``tf.contrib.opt``: optimisers of graph mode; names as data.

Origin: TensorFlow 1.15.5. Each is written from its paper, which its docstring names.
Slots have the names of 1.15, so that checkpoints keep their meaning. Not here:
optimisers for parameter servers (``ElasticAverageOptimizer``,
``ModelAverageOptimizer``, ``AGNOptimizer``, ``DropStaleGradientOptimizer``),
second-order ones (``GGT``, ``Shampoo``), ``AdamGS``, ``LazyAdamGS`` and ``RegAdagrad``.
"""

_HOMES = {
    "adam": "AdaMaxOptimizer LazyAdamOptimizer NadamOptimizer",
    "external": "ExternalOptimizerInterface ScipyOptimizerInterface",
    "lars": "LARSOptimizer",
    "sign": "AddSignOptimizer PowerSignOptimizer",
    "weight_decay": "AdamWOptimizer DecoupledWeightDecayExtension MomentumWOptimizer "
    "extend_with_decoupled_weight_decay",
    "wrappers": "MovingAverageOptimizer MultitaskOptimizerWrapper "
    "VariableClippingOptimizer clip_gradients_by_global_norm",
}
NAMES = {
    name: f"{__name__}.{home}:{name}"
    for home, names in _HOMES.items()
    for name in names.split()
}
