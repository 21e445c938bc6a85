"""Gradients of sums, means and extremes: reshaped and tiled to the input's shape."""

import math
import weakref

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.framework import ops, tensor_util
from tensorflow.python.ops import math_ops

from legacy.ops.replace import gradient

# Graph -> {(input's shape, reduced dimensions): (shape with 1s, repetitions)}.
_known = weakref.WeakKeyDictionary()


def _quotient(x, y):
    """``x // y`` of shapes; 0 // 0 gives 0."""
    return x // tf.maximum(y, 1)


def _evaluated(value):
    return tuple(int(one) for one in tensor_util.try_evaluate_constant(value))


def _expanded(grad, value, axes):
    """``grad`` with the reduced dimensions back, filled by repetition."""
    known = value.shape.as_list() if value.shape.rank is not None else None
    static = tf.get_static_value(axes)
    if known is not None and static is not None:
        if np.array_equal(static, np.arange(len(known))):
            grad = tf.reshape(grad, [1] * len(known))
            if None in known:
                shape = tf.shape(value)
            else:
                shape = tf.constant(known, dtype=tf.int32)
            return tf.tile(grad, shape)
        if None not in known:
            cache = _known.setdefault(tf.get_default_graph(), {})
            key = tuple(known), tuple(static.reshape(-1))
            if key not in cache:
                kept = _evaluated(math_ops.reduced_shape(key[0], key[1]))
                cache[key] = kept, _evaluated(_quotient(key[0], kept))
            kept, repetitions = cache[key]
            return tf.tile(tf.reshape(grad, kept), repetitions)
    shape = tf.shape(value)
    with ops.colocate_with(shape):
        kept = math_ops.reduced_shape(shape, axes)
        repetitions = _quotient(shape, kept)
    return tf.tile(tf.reshape(grad, kept), repetitions)


@gradient("Sum")
def sum_(op, grad):
    return _expanded(grad, *op.inputs), None


@gradient("Mean")
def mean(op, grad):
    spread = _expanded(grad, *op.inputs)
    before, after = op.inputs[0], op.outputs[0]
    if before.shape.is_fully_defined() and after.shape.is_fully_defined():
        sizes = [math.prod(one.shape.as_list()) for one in (before, after)]
        count = tf.constant(sizes[0] // max(sizes[1], 1), dtype=spread.dtype)
    else:
        shapes = tf.shape(before), tf.shape(after)
        count = _quotient(*map(tf.reduce_prod, shapes))
    return tf.truediv(spread, tf.cast(count, spread.dtype)), None


@gradient("Max", "Min")
def extreme(op, grad):
    """All elements that are the largest (or smallest) share the gradient."""
    value, axes = op.inputs
    shape = tf.shape(value)
    kept = math_ops.reduced_shape(shape, axes)
    result = tf.reshape(op.outputs[0], kept)
    grad = tf.reshape(grad, kept)
    chosen = tf.cast(tf.equal(result, value), grad.dtype)
    count = tf.reshape(tf.reduce_sum(chosen, axes), kept)
    return tf.divide(chosen, count) * grad, None
