"""Random draws, and dropout, with the operations of TensorFlow 1.15."""

import numbers

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import (
    nn_ops,
    shape_util,
)

from legacy.ops.replace import around, stands_for

_RANDOM = "tensorflow.python.ops.random_ops:"
_NN = "tensorflow.python.ops.nn_ops:"


@around(_RANDOM + "random_uniform")
def random_uniform(
    original, shape, minval=0, maxval=None, dtype=tf.float32, seed=None, name=None
):
    """Always scales and shifts the draw, also from 0 to 1."""
    dtype = tf.as_dtype(dtype)
    if dtype.is_integer or not dtype.is_floating:
        return original(shape, minval, maxval, dtype, seed, name)
    with tf.name_scope(name, "random_uniform", [shape, minval, maxval]) as scope:
        shape = shape_util.shape_tensor(shape)
        low = tf.convert_to_tensor(minval, dtype, name="min")
        high = tf.convert_to_tensor(1 if maxval is None else maxval, dtype, name="max")
        seed, seed2 = tf.get_seed(seed)
        drawn = tf.raw_ops.RandomUniform(
            shape=shape, dtype=dtype, seed=seed, seed2=seed2
        )
        result = tf.add(drawn * (high - low), low, name=scope)
        shape_util.maybe_set_static_shape(result, shape)
        return result


@stands_for(_RANDOM + "random_gamma")
def random_gamma(shape, alpha, beta=None, dtype=tf.float32, seed=None, name=None):
    """Spreads ``alpha`` over the shape of ``beta`` by adding zeros."""
    with tf.name_scope(name, "random_gamma", [shape, alpha, beta]):
        shape = tf.convert_to_tensor(shape, tf.int32, name="shape")
        alpha = tf.convert_to_tensor(alpha, dtype, name="alpha")
        beta = tf.convert_to_tensor(1 if beta is None else beta, dtype, name="beta")
        spread = alpha + tf.zeros_like(beta)
        seed, seed2 = tf.get_seed(seed)
        drawn = tf.raw_ops.RandomGamma(
            shape=shape, alpha=spread, seed=seed, seed2=seed2
        )
        result = tf.maximum(dtype.as_numpy_dtype(_tiny(dtype)), drawn / beta)
        shape_util.maybe_set_static_shape(result, shape)
        return result


def _tiny(dtype):
    """The least positive normal number of ``dtype``."""
    import numpy as np

    return np.finfo(dtype.as_numpy_dtype).tiny


@around(_NN + "dropout_v2")
def dropout_v2(original, x, rate, noise_shape=None, seed=None, name=None):
    """``x / (1 - rate)`` where a uniform draw is at least ``rate``, else 0."""
    certain = isinstance(rate, numbers.Real)
    if certain and not 0 <= rate < 1:
        return original(x, rate, noise_shape, seed, name)
    with tf.name_scope(name, "dropout", [x]):
        x = tf.convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            return original(x, rate, noise_shape, seed, name)
        if certain and rate == 0:
            return x
        rate = tf.convert_to_tensor(rate, dtype=x.dtype, name="rate")
        rate.shape.assert_has_rank(0)
        if tf.get_static_value(rate) == 0:
            return x
        shape = nn_ops._get_noise_shape(x, noise_shape)
        draw = tf.random.uniform(shape, seed=seed, dtype=x.dtype)
        scale = 1 / (1 - rate)
        kept = draw >= rate
        result = x * scale * tf.cast(kept, x.dtype)
        result.set_shape(x.shape)
        return result
