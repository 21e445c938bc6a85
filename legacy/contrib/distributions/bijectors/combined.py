"""Bijectors made of others, or of the user's functions."""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.distributions.bijector_impl import Bijector

__all__ = [
    "Chain",
    "Inline",
    "Invert",
]


class Invert(Bijector):
    """The inverse of another bijector."""

    def __init__(self, bijector, validate_args=False, name=None):
        self._bijector = bijector
        super().__init__(
            is_constant_jacobian=bijector.is_constant_jacobian,
            validate_args=validate_args,
            forward_min_event_ndims=bijector.inverse_min_event_ndims,
            inverse_min_event_ndims=bijector.forward_min_event_ndims,
            name=name or f"invert_{bijector.name}",
        )

    bijector = property(lambda self: self._bijector)

    def _forward(self, x):
        return self._bijector._inverse(x)

    def _inverse(self, y):
        return self._bijector._forward(y)

    def _forward_log_det_jacobian(self, x):
        return self._bijector.inverse_log_det_jacobian(x, self.forward_min_event_ndims)

    def _inverse_log_det_jacobian(self, y):
        return self._bijector.forward_log_det_jacobian(y, self.inverse_min_event_ndims)

    def _forward_event_shape(self, shape):
        return self._bijector._inverse_event_shape(shape)

    def _inverse_event_shape(self, shape):
        return self._bijector._forward_event_shape(shape)

    def _forward_event_shape_tensor(self, shape):
        return self._bijector._inverse_event_shape_tensor(shape)

    def _inverse_event_shape_tensor(self, shape):
        return self._bijector._forward_event_shape_tensor(shape)


class Chain(Bijector):
    """Applies the last of `bijectors` first, then the one before it, and so on."""

    def __init__(self, bijectors=None, validate_args=False, name=None):
        self._bijectors = tuple(bijectors or ())
        least = max((b.forward_min_event_ndims for b in self._bijectors), default=0)
        super().__init__(
            is_constant_jacobian=all(b.is_constant_jacobian for b in self._bijectors),
            validate_args=validate_args,
            forward_min_event_ndims=least,
            inverse_min_event_ndims=max(
                (b.inverse_min_event_ndims for b in self._bijectors), default=0
            ),
            name=name
            or "chain_of_" + "_of_".join(b.name for b in self._bijectors)
            or "identity",
        )

    bijectors = property(lambda self: self._bijectors)

    def _forward(self, x):
        for bijector in reversed(self._bijectors):
            x = bijector.forward(x)
        return x

    def _inverse(self, y):
        for bijector in self._bijectors:
            y = bijector.inverse(y)
        return y

    def _forward_log_det_jacobian(self, x):
        total = tf.constant(0.0, x.dtype.base_dtype)
        ndims = self.forward_min_event_ndims
        for bijector in reversed(self._bijectors):
            total += bijector.forward_log_det_jacobian(x, ndims)
            ndims += bijector.inverse_min_event_ndims
            ndims -= bijector.forward_min_event_ndims
            x = bijector.forward(x)
        return total

    def _inverse_log_det_jacobian(self, y):
        total = tf.constant(0.0, y.dtype.base_dtype)
        ndims = self.inverse_min_event_ndims
        for bijector in self._bijectors:
            total += bijector.inverse_log_det_jacobian(y, ndims)
            ndims += bijector.forward_min_event_ndims
            ndims -= bijector.inverse_min_event_ndims
            y = bijector.inverse(y)
        return total

    def _forward_event_shape(self, shape):
        for bijector in reversed(self._bijectors):
            shape = bijector.forward_event_shape(shape)
        return shape

    def _inverse_event_shape(self, shape):
        for bijector in self._bijectors:
            shape = bijector.inverse_event_shape(shape)
        return shape

    def _forward_event_shape_tensor(self, shape):
        for bijector in reversed(self._bijectors):
            shape = bijector.forward_event_shape_tensor(shape)
        return shape

    def _inverse_event_shape_tensor(self, shape):
        for bijector in self._bijectors:
            shape = bijector.inverse_event_shape_tensor(shape)
        return shape


class Inline(Bijector):
    """A bijector made of the user's functions."""

    def __init__(
        self,
        forward_fn=None,
        inverse_fn=None,
        inverse_log_det_jacobian_fn=None,
        forward_log_det_jacobian_fn=None,
        forward_event_shape_fn=None,
        forward_event_shape_tensor_fn=None,
        inverse_event_shape_fn=None,
        inverse_event_shape_tensor_fn=None,
        is_constant_jacobian=False,
        validate_args=False,
        forward_min_event_ndims=None,
        inverse_min_event_ndims=None,
        name="inline",
    ):
        super().__init__(
            is_constant_jacobian=is_constant_jacobian,
            validate_args=validate_args,
            forward_min_event_ndims=forward_min_event_ndims,
            inverse_min_event_ndims=inverse_min_event_ndims,
            name=name,
        )
        for method, function in (
            ("_forward", forward_fn),
            ("_inverse", inverse_fn),
            ("_inverse_log_det_jacobian", inverse_log_det_jacobian_fn),
            ("_forward_log_det_jacobian", forward_log_det_jacobian_fn),
            ("_forward_event_shape", forward_event_shape_fn),
            ("_forward_event_shape_tensor", forward_event_shape_tensor_fn),
            ("_inverse_event_shape", inverse_event_shape_fn),
            ("_inverse_event_shape_tensor", inverse_event_shape_tensor_fn),
        ):
            if function is not None:
                setattr(self, method, function)
