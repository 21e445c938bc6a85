"""Gradients of operations of two operands that broadcast.

Where the operands' shapes are known, TensorFlow 1.15 works the broadcast dimensions out
while it builds the graph, once for each pair of shapes; elsewhere the graph does.
"""

import typing
import weakref

import numpy as np
from tensorflow.python.framework import ops, tensor, tensor_util
from tensorflow.python.ops import array_ops, gen_array_ops, gen_math_ops, math_ops

from legacy.ops.replace import gradient

# Graph -> {shapes of the two operands: the dimensions to sum for each}.
_known_axes = weakref.WeakKeyDictionary()


class Operand(typing.NamedTuple):
    """What the gradient of one operand needs to get its shape back."""

    shape: object  # a tuple or a tensor
    axes: object  # dimensions to sum: a tuple or a tensor
    broadcast: bool  # whether it was, or may have been

    def reduced(self, value):
        """``value``, of the result's shape, summed to that of the operand."""
        if not self.broadcast:
            return value
        return array_ops.reshape(math_ops.reduce_sum(value, self.axes), self.shape)


def _static(value):
    """The shape as a tuple, None unless it is known in full."""
    shape = value.shape
    return tuple(shape.as_list()) if shape.is_fully_defined() else None


def in_graph(x, y, optimize=True):
    """Both operands, with broadcast dimensions that the graph works out."""
    shapes = [array_ops.shape_internal(one, optimize=optimize) for one in (x, y)]
    axes = gen_array_ops.broadcast_gradient_args(*shapes)
    return [Operand(*pair, True) for pair in zip(shapes, axes, strict=True)]


def operands(x, y, grad):
    """Both operands, by their static shapes if these are known."""
    if not all(isinstance(one, tensor.Tensor) for one in (x, y, grad)):
        return in_graph(x, y)
    shapes = _static(x), _static(y)
    if None in shapes:
        return in_graph(x, y, optimize=False)
    known = _known_axes.setdefault(ops.get_default_graph(), {})
    if shapes not in known:
        axes = gen_array_ops.broadcast_gradient_args(
            *(np.array(shape, np.int32) for shape in shapes)
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
    """Whether nothing was broadcast, as far as static shapes tell."""
    if not isinstance(grad, tensor.Tensor):
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
    if same_shapes(x, y, grad) and grad.dtype in (ops.dtypes.int32, ops.dtypes.float32):
        return gen_math_ops.mul(grad, y), gen_math_ops.mul(grad, x)
    of_x, of_y = operands(x, y, grad)
    x, y = math_ops.conj(x), math_ops.conj(y)
    return (
        of_x.reduced(gen_math_ops.mul(grad, y)),
        of_y.reduced(gen_math_ops.mul(x, grad)),
    )


def _quotient(divide):
    """The gradient of a division by the operation ``divide``."""

    def quotient(op, grad):
        x, y = op.inputs
        of_x, of_y = in_graph(x, y)
        x, y = math_ops.conj(x), math_ops.conj(y)
        return (
            of_x.reduced(divide(grad, y)),
            of_y.reduced(grad * divide(divide(-x, y), y)),
        )

    return quotient


gradient("Div")(_quotient(math_ops.divide))
gradient("RealDiv")(_quotient(math_ops.realdiv))
gradient("DivNoNan")(_quotient(math_ops.div_no_nan))


@gradient("FloorMod")
def modulo(op, grad):
    x, y = map(math_ops.conj, op.inputs)
    of_x, of_y = in_graph(x, y)
    quotient = math_ops.floor_div(x, y)
    return of_x.reduced(grad), of_y.reduced(grad * math_ops.negative(quotient))


@gradient("Pow")
def power(op, grad):
    x, y = op.inputs
    of_x, of_y = operands(x, y, grad)
    x, y = math_ops.conj(x), math_ops.conj(y)
    of_base = of_x.reduced(grad * y * math_ops.pow(x, y - 1))
    result = math_ops.conj(op.outputs[0])
    # The logarithm of what is not positive (of 0, if complex) is taken as 0.
    has_log = math_ops.not_equal(x, 0) if x.dtype.is_complex else x > 0
    safe = array_ops.where(has_log, x, array_ops.ones_like(x))
    log = array_ops.where(has_log, math_ops.log(safe), array_ops.zeros_like(x))
    return of_base, of_y.reduced(grad * result * log)


def _choice(first_wins):
    """The gradient of the larger, or smaller, of two."""

    def choice(op, grad):
        x, y = op.inputs
        shapes = array_ops.shape(x), array_ops.shape(y)
        zeros = array_ops.zeros(array_ops.shape(grad), grad.dtype)
        first = first_wins(x, y)
        axes = gen_array_ops.broadcast_gradient_args(*shapes)
        of_x, of_y = (Operand(*pair, True) for pair in zip(shapes, axes, strict=True))
        return (
            of_x.reduced(array_ops.where(first, grad, zeros)),
            of_y.reduced(array_ops.where(first, zeros, grad)),
        )

    return choice


gradient("Maximum")(_choice(math_ops.greater_equal))
gradient("Minimum")(_choice(math_ops.less_equal))


@gradient("SquaredDifference")
def squared_difference(op, grad):
    x, y = op.inputs
    with ops.control_dependencies([grad]):
        of_difference = math_ops.scalar_mul(2.0, grad) * (x - y)
    if same_shapes(x, y, grad):
        return of_difference, -of_difference
    of_x, of_y = operands(x, y, grad)
    return of_x.reduced(of_difference), -of_y.reduced(of_difference)


@gradient("Select")
def select(op, grad):
    condition, x, _ = op.inputs
    zeros = array_ops.zeros_like(x)
    return (
        None,
        array_ops.where(condition, grad, zeros),
        array_ops.where(condition, zeros, grad),
    )


@gradient("SelectV2")
def select_v2(op, grad):
    condition, x, y = op.inputs
    zeros = array_ops.zeros([], dtype=grad.dtype.base_dtype)
    result = None
    found = [None]
    for one, pair in ((x, (grad, zeros)), (y, (zeros, grad))):
        value = array_ops.where_v2(condition, *pair)
        shape = array_ops.shape(one)
        if result is None:
            result = array_ops.shape(op.outputs[0])
        axes, _ = gen_array_ops.broadcast_gradient_args(shape, result)
        value = math_ops.reduce_sum(value, keepdims=True, axis=axes)
        found.append(array_ops.reshape(value, shape))
    return tuple(found)


@gradient("Complex")
def complex_(op, grad):
    of_real, of_imaginary = in_graph(*op.inputs)
    return (
        of_real.reduced(math_ops.real(grad)),
        of_imaginary.reduced(math_ops.imag(grad)),
    )
