"""Default initializers, and optimizers' slots, as the script's release had them."""

import functools

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import variable_scope
from tensorflow.python.training import slot_creator

from legacy import release


def _default_initializer(original):
    """The default is uniform unit scaling in 0.12, and Glorot's rule later."""

    @functools.wraps(original)
    def chosen(self, name, shape=None, dtype=tf.float32):
        floating = tf.as_dtype(dtype).is_floating
        if floating and release.rule("initializer") == "uniform_unit_scaling":
            return tf.uniform_unit_scaling_initializer(), False
        return original(self, name, shape, dtype)

    return chosen


def _slot_maker(original):
    """Under reuse, 0.12 makes new slots and averages; later releases look them up."""

    @functools.wraps(original)
    def made(primary, start, name, validate_shape, shape, dtype, **options):
        reuse = tf.get_variable_scope().reuse
        if not reuse or release.rule("slots") != "variable":
            return original(
                primary, start, name, validate_shape, shape, dtype, **options
            )
        kind = tf.as_dtype(dtype).base_dtype if dtype else None
        return tf.Variable(
            (lambda: start(shape, kind)) if callable(start) else start,
            trainable=False,
            validate_shape=validate_shape,
            dtype=kind,
            # The scope that TensorFlow has opened for the slot is its whole name.
            name=tf.get_default_graph().get_name_scope() + "/",
            use_resource=False,
        )

    return made


def install():
    """Puts the two rules into TensorFlow's own functions."""
    store = variable_scope._VariableStore
    store._get_default_initializer = _default_initializer(
        store._get_default_initializer
    )
    slot_creator._create_slot_var = _slot_maker(slot_creator._create_slot_var)
