"""Gradients of operations of two operands that broadcast.

If the operands' shapes are known, TensorFlow 1.15 computes the broadcast dimensions
while it builds the graph, once for each pair of shapes. Otherwise the graph does.
"""

import typing
import weakref

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.framework import tensor_util
from tensorflow.python.ops import array_ops

from legacy.ops.replace import gradient

# Graph -> {shapes of the two operands: the dimensions to sum for each}.
_known_axes = weakref.WeakKeyDictionary()


class Operand(typing.NamedTuple):
    """The shape of one operand, and the dimensions in which it was broadcast."""

    shape: object  # a tuple or a tensor
    axes: object  # dimensions to sum: a tuple or a tensor
    broadcast: bool  # whether it was, or may have been

    def reduced(self, value):
        """``value``, which has the result's shape, summed to the operand's shape."""
        if not self.broadcast:
            return value
        return tf.reshape(tf.reduce_sum(value, self.axes), self.shape)


def _static(value):
    """The shape as a tuple, None unless it is known in full."""
    shape = value.shape
    return tuple(shape.as_list()) if shape.is_fully_defined() else None


def in_graph(x, y, optimize=True):
    """Both operands, with broadcast dimensions that the graph works out."""
    shapes = [array_ops.shape_internal(one, optimize=optimize) for one in (x, y)]
    axes = tf.raw_ops.BroadcastGradientArgs(s0=shapes[0], s1=shapes[1])
    return [Operand(*pair, True) for pair in zip(shapes, axes, strict=True)]


def operands(x, y, grad):
    """Both operands, by their static shapes if these are known."""
    if not all(isinstance(one, tf.Tensor) for one in (x, y, grad)):
        return in_graph(x, y)
    shapes = _static(x), _static(y)
    if None in shapes:
        return in_graph(x, y, optimize=False)
    known = _known_axes.setdefault(tf.get_default_graph(), {})
    if shapes not in known:
        axes = tf.raw_ops.BroadcastGradientArgs(
            s0=np.array(shapes[0], np.int32), s1=np.array(shapes[1], np.int32)
        )
        known[shapes] = [
            tuple(map(int, tensor_util.try_evaluate_constant(one))) for one in axes
        ]
    result = _static(grad)
    return [
        Operand(shape, axes, shape != result)
        for shape, axes in zip(shapes, known[shapes], strict=True)
    ]


def same_shapes(x, y, grad):
    """Whether static shapes tell that nothing was broadcast."""
    if not isinstance(grad, tf.Tensor):
        return False
    shape = _static(x)
    return shape is not None and shape == _static(y) == _static(grad)


@gradient("Add", "AddV2")
def add(op, grad):
    x, y = op.inputs
    if same_shapes(x, y, grad):
        return grad, grad
    of_x, of_y = operands(x, y, grad)
    return of_x.reduced(grad), of_y.reduced(grad)


@gradient("Sub")
def subtract(op, grad):
    x, y = op.inputs
    if same_shapes(x, y, grad):
        return grad, -grad
    of_x, of_y = operands(x, y, grad)
    return of_x.reduced(grad), of_y.reduced(-grad)


@gradient("Mul")
def multiply(op, grad):
    x, y = op.inputs
    if same_shapes(x, y, grad) and grad.dtype in (tf.int32, tf.float32):
        return tf.raw_ops.Mul(x=grad, y=y), tf.raw_ops.Mul(x=grad, y=x)
    of_x, of_y = operands(x, y, grad)
    x, y = tf.conj(x), tf.conj(y)
    return (
        of_x.reduced(tf.raw_ops.Mul(x=grad, y=y)),
        of_y.reduced(tf.raw_ops.Mul(x=x, y=grad)),
    )


def _quotient(divide):
    """The gradient of a division by the operation ``divide``."""

    def quotient(op, grad):
        x, y = op.inputs
        of_x, of_y = in_graph(x, y)
        x, y = tf.conj(x), tf.conj(y)
        return (
            of_x.reduced(divide(grad, y)),
            of_y.reduced(grad * divide(divide(-x, y), y)),
        )

    return quotient


gradient("Div")(_quotient(tf.divide))
gradient("RealDiv")(_quotient(tf.realdiv))
gradient("DivNoNan")(_quotient(tf.div_no_nan))


@gradient("FloorMod")
def modulo(op, grad):
    x, y = map(tf.conj, op.inputs)
    of_x, of_y = in_graph(x, y)
    quotient = tf.floor_div(x, y)
    return of_x.reduced(grad), of_y.reduced(grad * tf.math.negative(quotient))


@gradient("Pow")
def power(op, grad):
    x, y = op.inputs
    of_x, of_y = operands(x, y, grad)
    x, y = tf.conj(x), tf.conj(y)
    of_base = of_x.reduced(grad * y * tf.pow(x, y - 1))
    result = tf.conj(op.outputs[0])
    # The logarithm of what is not positive (of 0, if complex) is taken as 0.
    has_log = tf.not_equal(x, 0) if x.dtype.is_complex else x > 0
    safe = tf.where(has_log, x, tf.ones_like(x))
    log = tf.where(has_log, tf.math.log(safe), tf.zeros_like(x))
    return of_base, of_y.reduced(grad * result * log)


def _choice(first_wins):
    """The gradient of the larger, or smaller, of two."""

    def choice(op, grad):
        x, y = op.inputs
        shapes = tf.shape(x), tf.shape(y)
        zeros = tf.zeros(tf.shape(grad), grad.dtype)
        first = first_wins(x, y)
        axes = tf.raw_ops.BroadcastGradientArgs(s0=shapes[0], s1=shapes[1])
        of_x, of_y = (Operand(*pair, True) for pair in zip(shapes, axes, strict=True))
        return (
            of_x.reduced(tf.where(first, grad, zeros)),
            of_y.reduced(tf.where(first, zeros, grad)),
        )

    return choice


gradient("Maximum")(_choice(tf.greater_equal))
gradient("Minimum")(_choice(tf.less_equal))


@gradient("SquaredDifference")
def squared_difference(op, grad):
    x, y = op.inputs
    with tf.control_dependencies([grad]):
        of_difference = tf.scalar_mul(2.0, grad) * (x - y)
    if same_shapes(x, y, grad):
        return of_difference, -of_difference
    of_x, of_y = operands(x, y, grad)
    return of_x.reduced(of_difference), -of_y.reduced(of_difference)


@gradient("Select")
def select(op, grad):
    condition, x, _ = op.inputs
    zeros = tf.zeros_like(x)
    return (
        None,
        tf.where(condition, grad, zeros),
        tf.where(condition, zeros, grad),
    )


@gradient("SelectV2")
def select_v2(op, grad):
    condition, x, y = op.inputs
    zeros = tf.zeros([], dtype=grad.dtype.base_dtype)
    result = None
    found = [None]
    for one, pair in ((x, (grad, zeros)), (y, (zeros, grad))):
        value = tf.where_v2(condition, *pair)
        shape = tf.shape(one)
        if result is None:
            result = tf.shape(op.outputs[0])
        axes, _ = tf.raw_ops.BroadcastGradientArgs(s0=shape, s1=result)
        value = tf.reduce_sum(value, keepdims=True, axis=axes)
        found.append(tf.reshape(value, shape))
    return tuple(found)


@gradient("Complex")
def complex_(op, grad):
    of_real, of_imaginary = in_graph(*op.inputs)
    return (
        of_real.reduced(tf.real(grad)),
        of_imaginary.reduced(tf.imag(grad)),
    )
