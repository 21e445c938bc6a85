"""Checks of shapes that pass the tensor on."""

import tensorflow.compat.v1 as tf


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
    shape = expected.shape
    return with_shape(
        shape.as_list() if shape.is_fully_defined() else tf.shape(expected), tensor
    )


def with_shape(expected_shape, tensor):
    """`tensor`, its shape checked: now where the graph knows it, else in each run.

    `expected_shape`: a list or a tensor of numbers. ValueError on a static mismatch.
    """
    tensor = tf.convert_to_tensor(tensor)
    static = expected_shape
    if isinstance(expected_shape, tf.Tensor):
        static = tf.get_static_value(expected_shape)
    if static is not None:
        if not tensor.shape.is_compatible_with([int(d) for d in static]):
            raise ValueError(
                f"Expected a tensor of shape {list(static)}. Received: {tensor}"
            )
        if tensor.shape.is_fully_defined():
            return tensor
    same = tf.assert_equal(
        tf.cast(expected_shape, tf.int32),
        tf.shape(tensor),
        message=f"Wrong shape for {tensor.name}.",
    )
    with tf.control_dependencies([same]):
        checked = tf.identity(tensor)
    if static is not None:
        checked.set_shape([int(d) for d in static])
    return checked
