"""Random draws, and dropout, with the operations of TensorFlow 1.15."""

import numbers

from tensorflow.python.framework import dtypes, ops, random_seed, tensor_util
from tensorflow.python.ops import (
    array_ops,
    gen_random_ops,
    math_ops,
    nn_ops,
    random_ops,
    shape_util,
)

from legacy.ops.replace import around, stands_for

_RANDOM = "tensorflow.python.ops.random_ops:"
_NN = "tensorflow.python.ops.nn_ops:"


@around(_RANDOM + "random_uniform")
def random_uniform(
    original, shape, minval=0, maxval=None, dtype=dtypes.float32, seed=None, name=None
):
    """Always scales and shifts the draw, also from 0 to 1."""
    dtype = dtypes.as_dtype(dtype)
    if dtype.is_integer or not dtype.is_floating:
        return original(shape, minval, maxval, dtype, seed, name)
    with ops.name_scope(name, "random_uniform", [shape, minval, maxval]) as scope:
        shape = shape_util.shape_tensor(shape)
        low = ops.convert_to_tensor(minval, dtype, name="min")
        high = ops.convert_to_tensor(1 if maxval is None else maxval, dtype, name="max")
        seed, seed2 = random_seed.get_seed(seed)
        drawn = gen_random_ops.random_uniform(shape, dtype, seed=seed, seed2=seed2)
        result = math_ops.add(drawn * (high - low), low, name=scope)
        shape_util.maybe_set_static_shape(result, shape)
        return result


@stands_for(_RANDOM + "random_gamma")
def random_gamma(shape, alpha, beta=None, dtype=dtypes.float32, seed=None, name=None):
    """Spreads ``alpha`` over the shape of ``beta`` by adding zeros."""
    with ops.name_scope(name, "random_gamma", [shape, alpha, beta]):
        shape = ops.convert_to_tensor(shape, dtypes.int32, name="shape")
        alpha = ops.convert_to_tensor(alpha, dtype, name="alpha")
        beta = ops.convert_to_tensor(1 if beta is None else beta, dtype, name="beta")
        spread = alpha + array_ops.zeros_like(beta)
        seed, seed2 = random_seed.get_seed(seed)
        drawn = gen_random_ops.random_gamma(shape, spread, seed=seed, seed2=seed2)
        result = math_ops.maximum(dtype.as_numpy_dtype(_tiny(dtype)), drawn / beta)
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
    with ops.name_scope(name, "dropout", [x]):
        x = ops.convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            return original(x, rate, noise_shape, seed, name)
        if certain and rate == 0:
            return x
        rate = ops.convert_to_tensor(rate, dtype=x.dtype, name="rate")
        rate.shape.assert_has_rank(0)
        if tensor_util.constant_value(rate) == 0:
            return x
        shape = nn_ops._get_noise_shape(x, noise_shape)
        draw = random_ops.random_uniform(shape, seed=seed, dtype=x.dtype)
        scale = 1 / (1 - rate)
        kept = draw >= rate
        result = x * scale * math_ops.cast(kept, x.dtype)
        result.set_shape(x.shape)
        return result
