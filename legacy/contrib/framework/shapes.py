"""Checks of shapes that pass the tensor on."""

import numpy as np
import tensorflow.compat.v1 as tf

__all__ = [
    "assert_scalar_int",
    "reduce_sum_n",
    "with_same_shape",
    "with_shape",
]


def assert_scalar_int(tensor, name=None):
    """`tensor` as a tensor; ValueError unless it is a scalar of an integer type."""
    with tf.name_scope(name, "assert_scalar_int", [tensor]):
        tensor = tf.convert_to_tensor(tensor)
        if not tensor.dtype.base_dtype.is_integer or tensor.shape.ndims != 0:
            raise ValueError(
                f"Expected a scalar of an integer type. Received: {tensor}"
            )
        return tensor


def reduce_sum_n(tensors, name=None):
    """The sum over all elements of all `tensors`: a scalar."""
    if not tensors:
        raise ValueError("Expected at least one tensor. Received: none")
    with tf.name_scope(name, "reduce_sum_n", tensors) as scope:
        return tf.add_n([tf.reduce_sum(tensor) for tensor in tensors], name=scope)


def with_same_shape(expected_tensor, tensor):
    """`tensor`, checked against the shape of `expected_tensor`."""
    expected = tf.convert_to_tensor(expected_tensor)
    with tf.name_scope(tensor.op.name + "/", values=[expected_tensor, tensor]):
        shape = expected.shape
        return with_shape(
            shape.as_list()
            if shape.is_fully_defined()
            else tf.shape(expected, name="expected_shape"),
            tensor,
        )


def with_shape(expected_shape, tensor):
    """`tensor` with its shape checked: now, if the graph knows it, else in each run.

    `expected_shape`: a list or a tensor of numbers. ValueError on a static mismatch.
    """
    tensor = tf.convert_to_tensor(tensor)
    static = None
    if not isinstance(expected_shape, tf.Tensor):
        static = [int(size) for size in expected_shape]
        if not tensor.shape.is_compatible_with(static):
            raise ValueError(f"Expected a tensor of shape {static}. Received: {tensor}")
        if tensor.shape.is_fully_defined():
            return tensor
        expected_shape = np.asarray(static, np.int32)
    with tf.name_scope(tensor.op.name + "/", values=[tensor]):
        with tf.control_dependencies([_assert_shape(expected_shape, tensor)]):
            checked = tf.identity(tensor)
        if static is not None:
            checked.set_shape(static)
        return checked


def _assert_shape(expected, tensor):
    with tf.name_scope(None, "assert_shape", [tensor]) as scope:
        actual = tf.shape(tensor, name="actual")
        message = f"Wrong shape for {tensor.name} [expected] [actual]."
        same = _is_shape(expected, tensor, actual)
        return tf.Assert(same, [message, expected, actual], name=scope)


def _is_shape(expected, tensor, actual):
    """Whether rank and sizes are the expected ones; -1 stands for any size."""
    with tf.name_scope(None, "is_shape", [tensor]) as outer:
        size = tf.size(expected)
        with tf.name_scope(None, "is_rank", [tensor]) as scope:
            size = tf.convert_to_tensor(size, name="expected")
            rank = tf.rank(tensor, name="actual")
            same_rank = tf.equal(size, rank, name=scope)
        with tf.name_scope(None, "shape_tensor_equal", [expected, actual]) as scope:
            sizes = tf.logical_or(
                tf.equal(expected, -1),
                tf.equal(expected, actual, "equal"),
                name="exclude_partial_shape",
            )
            sizes = tf.reduce_all(sizes, name=scope)
        return tf.logical_and(same_rank, sizes, name=outer)
