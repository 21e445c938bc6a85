"""Gradients of sums, means and extremes: reshaped and tiled to the input's shape."""

import math
import weakref

import numpy as np
from tensorflow.python.framework import constant_op, dtypes, ops, tensor_util
from tensorflow.python.ops import array_ops, math_ops

from legacy.ops.replace import gradient

# Graph -> {(input's shape, reduced dimensions): (shape with 1s, repetitions)}.
_known = weakref.WeakKeyDictionary()


def _quotient(x, y):
    """``x // y`` of shapes, where 0 // 0 is 0."""
    return x // math_ops.maximum(y, 1)


def _evaluated(value):
    return tuple(int(one) for one in tensor_util.try_evaluate_constant(value))


def _expanded(grad, value, axes):
    """``grad`` with the reduced dimensions back, filled by repetition."""
    known = value.shape.as_list() if value.shape.rank is not None else None
    static = tensor_util.constant_value(axes)
    if known is not None and static is not None:
        if np.array_equal(static, np.arange(len(known))):
            grad = array_ops.reshape(grad, [1] * len(known))
            if None in known:
                shape = array_ops.shape(value)
            else:
                shape = constant_op.constant(known, dtype=dtypes.int32)
            return array_ops.tile(grad, shape)
        if None not in known:
            cache = _known.setdefault(ops.get_default_graph(), {})
            key = tuple(known), tuple(static.reshape(-1))
            if key not in cache:
                kept = _evaluated(math_ops.reduced_shape(key[0], key[1]))
                cache[key] = kept, _evaluated(_quotient(key[0], kept))
            kept, repetitions = cache[key]
            return array_ops.tile(array_ops.reshape(grad, kept), repetitions)
    shape = array_ops.shape(value)
    with ops.colocate_with(shape):
        kept = math_ops.reduced_shape(shape, axes)
        repetitions = _quotient(shape, kept)
    return array_ops.tile(array_ops.reshape(grad, kept), repetitions)


@gradient("Sum")
def sum_(op, grad):
    return _expanded(grad, *op.inputs), None


@gradient("Mean")
def mean(op, grad):
    spread = _expanded(grad, *op.inputs)
    before, after = op.inputs[0], op.outputs[0]
    if before.shape.is_fully_defined() and after.shape.is_fully_defined():
        sizes = [math.prod(one.shape.as_list()) for one in (before, after)]
        count = constant_op.constant(sizes[0] // max(sizes[1], 1), dtype=spread.dtype)
    else:
        shapes = array_ops.shape(before), array_ops.shape(after)
        count = _quotient(*map(math_ops.reduce_prod, shapes))
    return math_ops.truediv(spread, math_ops.cast(count, spread.dtype)), None


@gradient("Max", "Min")
def extreme(op, grad):
    """Shared by all the elements that are the largest, or smallest."""
    value, axes = op.inputs
    shape = array_ops.shape(value)
    kept = math_ops.reduced_shape(shape, axes)
    result = array_ops.reshape(op.outputs[0], kept)
    grad = array_ops.reshape(grad, kept)
    chosen = math_ops.cast(math_ops.equal(result, value), grad.dtype)
    count = array_ops.reshape(math_ops.reduce_sum(chosen, axes), kept)
    return math_ops.divide(chosen, count) * grad, None
