"""Optimizers, learning rates, averages, metrics and savers as in TensorFlow 1.15."""

import uuid

import tensorflow.compat.v1 as tf
from tensorflow.python.framework import (
    ops,
)
from tensorflow.python.training.saving import saveable_object_util

from legacy.ops.replace import in_module, stands_for

_OPS = "tensorflow.python.ops."
_TRAINING = "tensorflow.python.training."
_FTRL = _TRAINING + "ftrl:FtrlOptimizer."


def _divided(x, y, name=None):
    return tf.div(x, y, name=name)


for _path in (
    _OPS + "metrics_impl",
    _OPS + "embedding_ops",
    _TRAINING + "moving_averages",
):
    in_module(_path, "math_ops", divide=_divided)
in_module(
    "tensorflow.python.data.util.random_seed",
    "array_ops",
    where_v2=lambda condition, x, y, name=None: tf.where(condition, x, y, name),
)


def _counted(indices, updates, shape):
    """A dense matrix of zeros to which a sparse one is added."""
    sparse = tf.SparseTensor(indices, updates, shape)
    # The caller has cast the shape, which adds no operation if it was int64 already.
    bare = shape.op.inputs[0] if shape.op.type == "Cast" else shape
    zeros = tf.zeros(tf.cast(bare, tf.int32), updates.dtype)
    return tf.sparse.add(zeros, sparse)


in_module(_OPS + "confusion_matrix", "array_ops", scatter_nd=_counted)


@stands_for(
    "tensorflow.python.keras.optimizer_v2.learning_rate_schedule:PolynomialDecay.__call__",
    "tf_keras.src.optimizers.schedules.learning_rate_schedule:PolynomialDecay.__call__",
)
def polynomial_decay(self, step):
    """The rate at ``step``, a scalar of the type of the first rate."""
    with tf.name_scope(self.name or "PolynomialDecay") as scope:
        first = tf.convert_to_tensor(
            self.initial_learning_rate, name="initial_learning_rate"
        )
        last = tf.cast(self.end_learning_rate, first.dtype)
        power = tf.cast(self.power, first.dtype)
        step = tf.cast(step, first.dtype)
        steps = tf.cast(self.decay_steps, first.dtype)
        if self.cycle:
            times = tf.cond(
                tf.equal(step, 0),
                lambda: 1.0,
                lambda: tf.ceil(step / self.decay_steps),
            )
            steps = tf.multiply(steps, times)
        else:
            step = tf.minimum(step, self.decay_steps)
        part = tf.divide(step, steps)
        change = tf.multiply(first - last, tf.pow(1 - part, power))
        return tf.add(change, last, name=scope)


@stands_for(_FTRL + "_create_slots")
def create_ftrl_slots(self, var_list):
    for variable in var_list:
        with ops.colocate_with(variable):
            start = tf.constant(
                self._initial_accumulator_value,
                dtype=variable.dtype.base_dtype,
                shape=variable.get_shape(),
            )
            self._get_or_make_slot(
                variable, start, "accum", self._accum_name or self._name
            )
            self._zeros_slot(variable, "linear", self._linear_name or self._name)


@stands_for(_FTRL + "_prepare")
def prepare_ftrl(self):
    for name in (
        "learning_rate",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "learning_rate_power",
    ):
        value = tf.convert_to_tensor(getattr(self, "_" + name), name=name)
        # 2.21 adds beta, which 1.15 does not have, to this strength.
        name = name.replace("l2_reg", "adjusted_l2_reg")
        setattr(self, f"_{name}_tensor", value)


@stands_for(_TRAINING + "saver:BaseSaverBuilder._AddShardedSaveOpsForV2")
def save_sharded(self, checkpoint_prefix, per_device):
    """Saves each device's variables beside the checkpoint, then merges the files.

    Returns:
      The checkpoint's prefix, a string tensor, after the merge.
    """
    suffix = f"_temp_{uuid.uuid4().hex}/part"
    temporary = tf.string_join([checkpoint_prefix, suffix])
    count = tf.constant(len(per_device), name="num_shards")
    prefixes, saves = [], []
    for shard, (device, saveables) in enumerate(per_device):
        with tf.device(saveable_object_util.set_cpu0(device)):
            prefixes.append(self.sharded_filename(temporary, shard, count))
            saves.append(self._AddSaveOps(prefixes[-1], saveables))
    with (
        tf.control_dependencies([save.op for save in saves]),
        tf.device(saveable_object_util.set_cpu0(device)),
    ):
        merge = tf.raw_ops.MergeV2Checkpoints(
            checkpoint_prefixes=prefixes,
            destination_prefix=checkpoint_prefix,
            delete_old_dirs=True,
        )
        with tf.control_dependencies([merge]):
            return tf.identity(checkpoint_prefix)
