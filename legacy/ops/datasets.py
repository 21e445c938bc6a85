"""``tf.data`` iterators over data sets that are optimized as in TensorFlow 1.15.

One of the default optimizations changes random numbers: a shuffle and a repeat after it
become one step, which draws the order by another rule.
"""

import tensorflow.compat.v1 as tf
from tensorflow.python.data.ops import dataset_ops

from legacy.ops.replace import stands_for

_DEFAULT = (
    "map_and_batch_fusion",
    "noop_elimination",
    "shuffle_and_repeat_fusion",
)
_OPTIONAL = (
    "filter_fusion",
    "map_and_filter_fusion",
    "map_fusion",
    "map_parallelization",
)


class _Wrapped(dataset_ops.UnaryUnchangedStructureDataset):
    """``dataset`` after one more operation on its variant tensor."""

    def __init__(self, dataset, variant):
        self._input_dataset = dataset
        super().__init__(dataset, variant)


@stands_for("tensorflow.python.data.ops.dataset_ops:DatasetV2._apply_debug_options")
def optimized(self):
    """The data set with its static optimizations, then with automatic tuning."""
    dataset = self
    options = self._options_attr
    names = _optimizations(options.experimental_optimization)
    if names and not _captures_reference(self):
        names = tf.convert_to_tensor(names, tf.string, name="optimizations")
        variant = tf.raw_ops.OptimizeDataset(
            input_dataset=dataset._variant_tensor,
            optimizations=names,
            optimization_configs=["map_vectorization:use_choose_fastest:false"],
            **dataset._flat_structure,
        )
        dataset = _Wrapped(dataset, variant)
    if options.autotune.enabled is not False:
        variant = tf.raw_ops.ModelDataset(
            input_dataset=dataset._variant_tensor,
            cpu_budget=options.autotune.cpu_budget or 0,
            **dataset._flat_structure,
        )
        dataset = _Wrapped(dataset, variant)
    return dataset


def _optimizations(options):
    names = [name for name in _OPTIONAL if getattr(options, name)]
    if options.apply_default_optimizations is not False:
        names += [name for name in _DEFAULT if getattr(options, name) is not False]
    return sorted(names)


def _captures_reference(dataset):
    """Whether a function of the data set depends on a variable that is a reference."""
    captured = (
        value
        for function in dataset._functions()
        for value in function.function.captured_inputs
    )
    return any(map(_from_reference, captured)) or any(
        map(_captures_reference, dataset._inputs())
    )


def _from_reference(value):
    if value.dtype._is_ref_dtype:
        return True
    return any(map(_from_reference, value.op.inputs))
