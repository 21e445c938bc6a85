"""Elementary operations whose type or helpers differ from those of TensorFlow 1.15."""

import collections.abc
import numbers

import numpy as np
from tensorflow.python.framework import (
    constant_op,
    dtypes,
    indexed_slices,
    ops,
    tensor,
)
from tensorflow.python.ops import (
    array_ops,
    clip_ops,
    custom_gradient,
    data_flow_ops,
    gen_math_ops,
    math_ops,
)

from legacy.ops.replace import around, stands_for

_MATH = "tensorflow.python.ops.math_ops:"
_ARRAY = "tensorflow.python.ops.array_ops:"


@stands_for(_MATH + "add")
def add(x, y, name=None):
    """``tf.add`` makes an ``Add``; the operator ``+`` makes an ``AddV2``."""
    with ops.name_scope(name, "Add", [x]) as scope:
        return gen_math_ops.add(x, y, name=scope)


@stands_for(_MATH + "_ReductionDims")
def reduction_dims(x, axis):
    """The dimensions to reduce; of a variable they are counted in the graph."""
    if axis is not None:
        return axis
    rank = x.shape.rank if isinstance(x, tensor.Tensor) else None
    if rank is None:
        return math_ops.range(0, array_ops.rank(x))
    return constant_op.constant(list(range(rank)), dtypes.int32)


@stands_for(_MATH + "reduce_logsumexp")
def reduce_logsumexp(input_tensor, axis=None, keepdims=False, name=None):
    """log Σ exp, from which the largest finite element is taken out beforehand."""
    input_tensor = ops.convert_to_tensor(input_tensor)
    with ops.name_scope(name, "ReduceLogSumExp", [input_tensor]):
        largest = math_ops.reduce_max(input_tensor, axis=axis, keepdims=True)
        finite = gen_math_ops.is_finite(largest)
        zeros = array_ops.zeros_like(largest)
        shift = array_ops.stop_gradient(array_ops.where(finite, largest, zeros))
        shifted = gen_math_ops.exp(gen_math_ops.sub(input_tensor, shift))
        summed = math_ops.reduce_sum(shifted, axis, keepdims=bool(keepdims))
        result = gen_math_ops.log(summed)
        if not keepdims:
            shift = array_ops.reshape(shift, array_ops.shape(result))
        return gen_math_ops.add(result, shift)


@around(_ARRAY + "shape_internal")
def shape_internal(original, input, name=None, optimize=True, out_type=None):
    """The shape as one constant, named as the operation ``Shape`` would be."""
    out_type = out_type or dtypes.int32
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
    input_shape = math_ops.cast(input_shape, dtypes.int32)
    axes = math_ops.cast(axes, dtypes.int32)
    rank = array_ops.size(input_shape)
    axes = (axes + rank) % rank
    axes_shape = array_ops.shape(axes)
    return data_flow_ops.dynamic_stitch(
        [math_ops.range(rank), axes], [input_shape, array_ops.fill(axes_shape, 1)]
    )


@around(_ARRAY + "split")
def split(original, value, num_or_size_splits, axis=0, num=None, name="split"):
    """Also makes a constant, which nothing uses, of the number of pieces."""
    if isinstance(num_or_size_splits, numbers.Integral):
        ops.convert_to_tensor(num_or_size_splits)
    return original(value, num_or_size_splits, axis, num, name)


@around("tensorflow.python.ops.clip_ops:clip_by_global_norm")
def clip_by_global_norm(original, t_list, clip_norm, use_norm=None, name=None):
    """Chooses the scale, or NaN if the norm is not finite, by a ``Select``."""
    if not isinstance(t_list, collections.abc.Sequence) or isinstance(t_list, str):
        return original(t_list, clip_norm, use_norm, name)
    given = list(t_list)
    norm = clip_ops.global_norm(given, name) if use_norm is None else use_norm
    with ops.name_scope(name, "clip_by_global_norm", [*given, clip_norm]) as scope:
        inverse = 1.0 / norm
        one = constant_op.constant(1.0, dtype=norm.dtype)
        scale = clip_norm * math_ops.minimum(inverse, one / clip_norm)
        finite = math_ops.is_finite(norm)
        nan = constant_op.constant(float("nan"), dtype=norm.dtype)
        scale = array_ops.where(finite, scale, nan)
        values = [
            one.values if isinstance(one, indexed_slices.IndexedSlices) else one
            for one in given
        ]
        values = [
            None if one is None else ops.convert_to_tensor(one, name=f"t_{place}")
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
        value = array_ops.identity(value * scale, name=name)
    if isinstance(given, indexed_slices.IndexedSlices):
        return indexed_slices.IndexedSlices(value, given.indices, given.dense_shape)
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
        x = ops.convert_to_tensor(x, name="input")
        scale = ops.convert_to_tensor(scale, name="scale")
        offset = ops.convert_to_tensor(offset, name="offset")
        mean = constant_op.constant([])
        variance = constant_op.constant([])
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


@around("tensorflow.python.ops.nn_impl:swish")
def swish(original, features, beta=1.0):
    """``x * sigmoid(x)``, which had no factor."""
    if not isinstance(beta, numbers.Number) or beta != 1.0:
        return original(features, beta)

    @custom_gradient.custom_gradient
    def activation(features):
        def grad(dy):
            # After dy, so that it is not kept since the forward pass.
            with ops.control_dependencies([dy]):
                sigmoid = math_ops.sigmoid(features)
            return dy * (sigmoid * (1.0 + features * (1.0 - sigmoid)))

        return features * math_ops.sigmoid(features), grad

    return activation(ops.convert_to_tensor(features, name="features"))
