"""What ``tf.gradients`` starts from: ones of the shape of each target."""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import gradients_util

from legacy.ops.replace import around


@around("tensorflow.python.ops.gradients_util:_DefaultGradYs")
def default_grad_ys(
    original, grad_ys, ys, colocate_gradients_with_ops, gradient_uid="__"
):
    """Ones for each target, if the caller gave no gradients to start from."""
    if any(grad is not None for grad in grad_ys) or any(y.dtype.is_complex for y in ys):
        return original(grad_ys, ys, colocate_gradients_with_ops, gradient_uid)
    found = []
    for number, y in enumerate(ys):
        with gradients_util._maybe_colocate_with(
            y.op, gradient_uid, colocate_gradients_with_ops
        ):
            shape = tf.shape(y)
            one = tf.constant(1, y.dtype, name=f"grad_ys_{number}")
            found.append(tf.fill(shape, one))
    return found
