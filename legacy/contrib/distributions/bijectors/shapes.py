"""Bijectors that give a vector another order or shape."""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.distributions import util
from tensorflow.python.ops.distributions.bijector_impl import Bijector

__all__ = [
    "FillTriangular",
    "Permute",
    "Reshape",
    "SoftmaxCentered",
]


class Permute(Bijector):
    """Another order of a vector's numbers."""

    def __init__(self, permutation, validate_args=False, name=None):
        self._permutation = tf.convert_to_tensor(permutation, name="permutation")
        super().__init__(
            is_constant_jacobian=True,
            validate_args=validate_args,
            forward_min_event_ndims=1,
            name=name or "permute",
        )

    permutation = property(lambda self: self._permutation)

    def _forward(self, x):
        return tf.gather(x, self._permutation, axis=-1)

    def _inverse(self, y):
        return tf.gather(y, tf.invert_permutation(self._permutation), axis=-1)

    def _forward_log_det_jacobian(self, x):
        return tf.constant(0.0, x.dtype.base_dtype)

    _inverse_log_det_jacobian = _forward_log_det_jacobian


class Reshape(Bijector):
    """Another shape of an event."""

    def __init__(
        self, event_shape_out, event_shape_in=(-1,), validate_args=False, name=None
    ):
        self._out, self._in = list(event_shape_out), list(event_shape_in)
        super().__init__(
            is_constant_jacobian=True,
            validate_args=validate_args,
            forward_min_event_ndims=len(self._in),
            inverse_min_event_ndims=len(self._out),
            name=name or "reshape",
        )

    def _forward(self, x):
        batch = tf.shape(x)[: tf.rank(x) - len(self._in)]
        return tf.reshape(x, tf.concat([batch, self._out], 0))

    def _inverse(self, y):
        batch = tf.shape(y)[: tf.rank(y) - len(self._out)]
        return tf.reshape(y, tf.concat([batch, self._in], 0))

    def _forward_log_det_jacobian(self, x):
        return tf.constant(0.0, x.dtype.base_dtype)

    _inverse_log_det_jacobian = _forward_log_det_jacobian

    def _forward_event_shape(self, shape):
        return tf.TensorShape([size if size >= 0 else None for size in self._out])

    def _inverse_event_shape(self, shape):
        return tf.TensorShape([size if size >= 0 else None for size in self._in])

    def _forward_event_shape_tensor(self, shape):
        return tf.constant(self._out, tf.int32)

    def _inverse_event_shape_tensor(self, shape):
        return tf.constant(self._in, tf.int32)


class FillTriangular(Bijector):
    """A vector as a triangle."""

    def __init__(self, upper=False, validate_args=False, name="fill_triangular"):
        self._upper = upper
        super().__init__(
            is_constant_jacobian=True,
            validate_args=validate_args,
            forward_min_event_ndims=1,
            inverse_min_event_ndims=2,
            name=name,
        )

    def _forward(self, x):
        return util.fill_triangular(x, upper=self._upper)

    def _inverse(self, y):
        return util.fill_triangular_inverse(y, upper=self._upper)

    def _forward_log_det_jacobian(self, x):
        return tf.zeros(tf.shape(x)[:-1], x.dtype.base_dtype)

    def _inverse_log_det_jacobian(self, y):
        return tf.zeros(tf.shape(y)[:-2], y.dtype.base_dtype)

    def _forward_event_shape(self, shape):
        size = int(((8 * int(shape[-1]) + 1) ** 0.5 - 1) / 2)
        return shape[:-1].concatenate([size, size])

    def _inverse_event_shape(self, shape):
        size = int(shape[-1])
        return shape[:-2].concatenate([size * (size + 1) // 2])

    def _forward_event_shape_tensor(self, shape):
        return tf.constant(
            self._forward_event_shape(
                tf.TensorShape(tf.get_static_value(shape))
            ).as_list()
        )

    def _inverse_event_shape_tensor(self, shape):
        return tf.constant(
            self._inverse_event_shape(
                tf.TensorShape(tf.get_static_value(shape))
            ).as_list()
        )


class SoftmaxCentered(Bijector):
    """D numbers as D + 1 shares: the softmax of them and a 0."""

    def __init__(self, validate_args=False, name="softmax_centered"):
        super().__init__(
            validate_args=validate_args, forward_min_event_ndims=1, name=name
        )

    def _forward(self, x):
        zeros = tf.zeros_like(x[..., :1])
        return tf.nn.softmax(tf.concat([x, zeros], -1))

    def _inverse(self, y):
        logs = tf.log(y)
        return logs[..., :-1] - logs[..., -1:]

    def _inverse_log_det_jacobian(self, y):
        return -tf.reduce_sum(tf.log(y), -1)

    def _forward_log_det_jacobian(self, x):
        return -self._inverse_log_det_jacobian(self._forward(x))

    def _forward_event_shape(self, shape):
        return shape[:-1].concatenate([int(shape[-1]) + 1])

    def _inverse_event_shape(self, shape):
        return shape[:-1].concatenate([int(shape[-1]) - 1])

    def _forward_event_shape_tensor(self, shape):
        return tf.concat([shape[:-1], shape[-1:] + 1], 0)

    def _inverse_event_shape_tensor(self, shape):
        return tf.concat([shape[:-1], shape[-1:] - 1], 0)
