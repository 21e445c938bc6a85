"""Matrix products of more than two dimensions, and their gradients, as in 1.15."""

import math

import tensorflow.compat.v1 as tf

from legacy.ops.replace import around, gradient


@around("tensorflow.python.ops.math_ops:tensordot")
def tensordot(original, a, b, axes, name=None):
    """Transposes and reshapes both, even if that changes nothing."""
    pairs = _numbers(axes)
    if pairs is None:
        return original(a, b, axes, name)
    with tf.name_scope(name, "Tensordot", [a, b, axes]) as scope:
        a = tf.convert_to_tensor(a, name="a")
        b = tf.convert_to_tensor(b, name="b")
        if a.shape.rank is None or b.shape.rank is None:
            return original(a, b, axes, scope)
        left, left_sizes = _matrix(a, pairs[0], last=True)
        right, right_sizes = _matrix(b, pairs[1], last=False)
        product = tf.matmul(left, right)
        if isinstance(left_sizes, list) and isinstance(right_sizes, list):
            return tf.reshape(product, left_sizes + right_sizes, name=scope)
        left_sizes = tf.convert_to_tensor(left_sizes, tf.int32)
        right_sizes = tf.convert_to_tensor(right_sizes, tf.int32)
        shape = tf.concat([left_sizes, right_sizes], 0)
        product = tf.reshape(product, shape, name=scope)
        product.set_shape(
            [
                value.shape.as_list()[axis]
                for value, used in zip((a, b), pairs, strict=True)
                for axis in _free(value, used)
            ]
        )
        return product


def _numbers(axes):
    """The axes of both operands as two lists; None if the graph has to find them."""
    if not isinstance(axes, list | tuple) or len(axes) != 2:
        return None
    pairs = [[one] if isinstance(one, int) else one for one in axes]
    if not all(isinstance(one, list | tuple) for one in pairs):
        return None
    return pairs if len(pairs[0]) == len(pairs[1]) else None


def _free(value, used):
    rank = value.shape.rank
    used = [axis % rank for axis in used]
    return [axis for axis in range(rank) if axis not in used]


def _matrix(value, used, last):
    """``value`` as a matrix with the ``used`` axes last or first, and the sizes of the
    others: a list, or a tensor if not all are known."""
    rank = value.shape.rank
    used = [axis % rank for axis in used]
    free = _free(value, used)
    if value.shape.is_fully_defined():
        known = value.shape.as_list()
        sizes = [known[axis] for axis in free]
        order = free + used if last else used + free
        shape = [math.prod(sizes), math.prod(known[axis] for axis in used)]
        turned = tf.transpose(value, order)
        return tf.reshape(turned, shape if last else shape[::-1]), sizes
    used = tf.convert_to_tensor(used, tf.int32, name="axes")
    free = tf.convert_to_tensor(free, tf.int32, name="free")
    known = tf.shape(value)
    sizes = tf.gather(known, free)
    used_sizes = tf.gather(known, used)
    shape = [tf.reduce_prod(sizes), tf.reduce_prod(used_sizes)]
    order = tf.concat([free, used] if last else [used, free], 0)
    shape = tf.stack(shape if last else shape[::-1])
    return tf.reshape(tf.transpose(value, order), shape), sizes


@gradient("BatchMatMulV2")
def batch_matmul(op, grad):
    """Sums over broadcast batch dimensions unless both shapes are known and equal."""
    x, y = op.inputs
    of_x, of_y = _factors(x, y, grad, op.get_attr("adj_x"), op.get_attr("adj_y"))
    known = x.shape.is_fully_defined() and y.shape.is_fully_defined()
    if known and x.shape == y.shape:
        return of_x, of_y
    shapes = tf.shape(x), tf.shape(y)
    axes = tf.raw_ops.BroadcastGradientArgs(s0=shapes[0][:-2], s1=shapes[1][:-2])
    return [
        tf.reshape(tf.reduce_sum(value, dimensions), shape)
        for value, dimensions, shape in zip((of_x, of_y), axes, shapes, strict=True)
    ]


def _factors(x, y, grad, adj_x, adj_y):
    """The gradients of both factors before broadcasting is undone."""

    def product(a, b, adjoint_a, adjoint_b):
        return tf.matmul(a, b, adjoint_a=adjoint_a, adjoint_b=adjoint_b)

    if adj_x:
        of_x = product(y, grad, adj_y, True)
    else:
        of_x = product(grad, y, False, not adj_y)
    if adj_y:
        of_y = product(grad, x, True, adj_x)
    else:
        of_y = product(x, grad, not adj_x, False)
    return of_x, of_y
