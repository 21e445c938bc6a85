"""Elementary operations whose type or helpers differ from those of TensorFlow 1.15."""

import collections.abc
import numbers

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.framework import (
    ops,
)

from legacy.ops.replace import around, stands_for

_MATH = "tensorflow.python.ops.math_ops:"
_ARRAY = "tensorflow.python.ops.array_ops:"


@stands_for(_MATH + "add")
def add(x, y, name=None):
    """``tf.add`` makes an ``Add``; the operator ``+`` makes an ``AddV2``."""
    with tf.name_scope(name, "Add", [x]) as scope:
        return tf.raw_ops.Add(x=x, y=y, name=scope)


@stands_for(_MATH + "_ReductionDims")
def reduction_dims(x, axis):
    """The dimensions to reduce; for a variable, the graph counts them."""
    if axis is not None:
        return axis
    rank = x.shape.rank if isinstance(x, tf.Tensor) else None
    if rank is None:
        return tf.range(0, tf.rank(x))
    return tf.constant(list(range(rank)), tf.int32)


@stands_for(_MATH + "reduce_logsumexp")
def reduce_logsumexp(input_tensor, axis=None, keepdims=False, name=None):
    """log Σ exp, computed after the largest finite element is subtracted."""
    input_tensor = tf.convert_to_tensor(input_tensor)
    with tf.name_scope(name, "ReduceLogSumExp", [input_tensor]):
        largest = tf.reduce_max(input_tensor, axis=axis, keepdims=True)
        finite = tf.is_finite(largest)
        zeros = tf.zeros_like(largest)
        shift = tf.stop_gradient(tf.where(finite, largest, zeros))
        shifted = tf.raw_ops.Exp(x=tf.raw_ops.Sub(x=input_tensor, y=shift))
        summed = tf.reduce_sum(shifted, axis, keepdims=bool(keepdims))
        result = tf.log(summed)
        if not keepdims:
            shift = tf.reshape(shift, tf.shape(result))
        return tf.raw_ops.Add(x=result, y=shift)


@around(_ARRAY + "shape_internal")
def shape_internal(original, input, name=None, optimize=True, out_type=None):
    """The shape as one constant, with the name that the operation ``Shape`` has."""
    out_type = out_type or tf.int32
    return original(input, name, optimize, out_type)


@around(_ARRAY + "reshape")
def reshape(original, tensor, shape, name=None):
    """Makes one constant, not two, of the empty shape."""
    if isinstance(shape, list | tuple) and not shape:
        shape = np.zeros(0, np.int32)
    return original(tensor, shape, name)


@stands_for(_MATH + "reduced_shape")
def reduced_shape(input_shape, axes):
    """The shape with 1 in the reduced dimensions, worked out in the graph."""
    input_shape = tf.cast(input_shape, tf.int32)
    axes = tf.cast(axes, tf.int32)
    rank = tf.size(input_shape)
    axes = (axes + rank) % rank
    axes_shape = tf.shape(axes)
    return tf.dynamic_stitch(
        [tf.range(rank), axes], [input_shape, tf.fill(axes_shape, 1)]
    )


@around(_ARRAY + "split")
def split(original, value, num_or_size_splits, axis=0, num=None, name="split"):
    """Also makes a constant of the number of pieces, which nothing uses."""
    if isinstance(num_or_size_splits, numbers.Integral):
        tf.convert_to_tensor(num_or_size_splits)
    return original(value, num_or_size_splits, axis, num, name)


@around("tensorflow.python.ops.clip_ops:clip_by_global_norm")
def clip_by_global_norm(original, t_list, clip_norm, use_norm=None, name=None):
    """Chooses the scale, or NaN if the norm is not finite, by a ``Select``."""
    if not isinstance(t_list, collections.abc.Sequence) or isinstance(t_list, str):
        return original(t_list, clip_norm, use_norm, name)
    given = list(t_list)
    norm = tf.global_norm(given, name) if use_norm is None else use_norm
    with tf.name_scope(name, "clip_by_global_norm", [*given, clip_norm]) as scope:
        inverse = 1.0 / norm
        one = tf.constant(1.0, dtype=norm.dtype)
        scale = clip_norm * tf.minimum(inverse, one / clip_norm)
        finite = tf.is_finite(norm)
        nan = tf.constant(float("nan"), dtype=norm.dtype)
        scale = tf.where(finite, scale, nan)
        values = [
            one.values if isinstance(one, tf.IndexedSlices) else one for one in given
        ]
        values = [
            None if one is None else tf.convert_to_tensor(one, name=f"t_{place}")
            for place, one in enumerate(values)
        ]
        return [
            _clipped(one, value, scale, f"{scope}_{place}")
            for place, (one, value) in enumerate(zip(given, values, strict=True))
        ], norm


def _clipped(given, value, scale, name):
    if value is None:
        return None
    with ops.colocate_with(value):
        value = tf.identity(value * scale, name=name)
    if isinstance(given, tf.IndexedSlices):
        return tf.IndexedSlices(value, given.indices, given.dense_shape)
    return value


@around("tensorflow.python.ops.nn_impl:fused_batch_norm")
def fused_batch_norm(
    original,
    x,
    scale,
    offset,
    mean=None,
    variance=None,
    epsilon=0.001,
    data_format="NHWC",
    is_training=True,
    name=None,
    exponential_avg_factor=1.0,
):
    """In training two empty constants stand for the statistics, which it replaces.

    ``epsilon`` is at least 1.001e-5, the least that cuDNN allows.
    """
    exponential_avg_factor = exponential_avg_factor or 1.0
    if is_training and exponential_avg_factor == 1.0:
        x = tf.convert_to_tensor(x, name="input")
        scale = tf.convert_to_tensor(scale, name="scale")
        offset = tf.convert_to_tensor(offset, name="offset")
        mean = tf.constant([])
        variance = tf.constant([])
    return original(
        x,
        scale,
        offset,
        mean,
        variance,
        max(epsilon, 1.001e-5),
        data_format,
        is_training,
        name,
        exponential_avg_factor,
    )
