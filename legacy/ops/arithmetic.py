"""Elementary operations whose type or helpers differ from those of TensorFlow 1.15."""

import numpy as np
from tensorflow.python.framework import constant_op, dtypes, ops, tensor
from tensorflow.python.ops import array_ops, data_flow_ops, gen_math_ops, math_ops

from legacy.ops.replace import stands_for

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


@stands_for(_ARRAY + "shape_internal")
def shape_internal(input, name=None, optimize=True, out_type=None):
    """The shape as one constant, named as the operation ``Shape`` would be."""
    out_type = out_type or dtypes.int32
    return shape_internal.original(input, name, optimize, out_type)


@stands_for(_ARRAY + "reshape")
def reshape(tensor, shape, name=None):
    """Makes one constant, not two, of the empty shape."""
    if isinstance(shape, list | tuple) and not shape:
        shape = np.zeros(0, np.int32)
    return reshape.original(tensor, shape, name)


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
