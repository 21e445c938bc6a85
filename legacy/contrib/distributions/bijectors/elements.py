"""Bijectors that take each number by itself."""

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.ops.distributions import util
from tensorflow.python.ops.distributions.bijector_impl import Bijector

__all__ = [
    "AbsoluteValue",
    "Exp",
    "PowerTransform",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Square",
]


class Elements(Bijector):
    """Takes each number by itself."""

    def __init__(self, validate_args=False, name=None, constant=False):
        super().__init__(
            validate_args=validate_args,
            forward_min_event_ndims=0,
            is_constant_jacobian=constant,
            name=name or type(self).__name__.lower(),
        )


class PowerTransform(Elements):
    """(1 + c x)^(1 / c), or exp(x) for the power 0."""

    def __init__(self, power=0.0, validate_args=False, name="power_transform"):
        self._power = power
        super().__init__(validate_args, name)

    power = property(lambda self: self._power)

    def _forward(self, x):
        if self._power == 0.0:
            return tf.exp(x)
        return (1.0 + x * self._power) ** (1.0 / self._power)

    def _inverse(self, y):
        if self._power == 0.0:
            return tf.log(y)
        return (y**self._power - 1.0) / self._power

    def _inverse_log_det_jacobian(self, y):
        return (self._power - 1.0) * tf.log(y)

    def _forward_log_det_jacobian(self, x):
        if self._power == 0.0:
            return x
        return (1.0 / self._power - 1.0) * tf.log1p(x * self._power)


class Exp(PowerTransform):
    """exp(x)."""

    def __init__(self, validate_args=False, name="exp"):
        super().__init__(0.0, validate_args, name)


class Sigmoid(Elements):
    """sigmoid(x)."""

    def _forward(self, x):
        return tf.sigmoid(x)

    def _inverse(self, y):
        return tf.log(y) - tf.log1p(-y)

    def _inverse_log_det_jacobian(self, y):
        return -tf.log1p(-y) - tf.log(y)

    def _forward_log_det_jacobian(self, x):
        return -tf.nn.softplus(-x) - tf.nn.softplus(x)


class Softplus(Elements):
    """c log(1 + exp(x / c)); c is `hinge_softness`."""

    def __init__(self, hinge_softness=None, validate_args=False, name="softplus"):
        self._softness = 1.0 if hinge_softness is None else hinge_softness
        super().__init__(validate_args, name)

    hinge_softness = property(lambda self: self._softness)

    def _forward(self, x):
        return self._softness * tf.nn.softplus(x / self._softness)

    def _inverse(self, y):
        return self._softness * util.softplus_inverse(y / self._softness)

    def _inverse_log_det_jacobian(self, y):
        return -tf.log(-tf.math.expm1(-y / self._softness))

    def _forward_log_det_jacobian(self, x):
        return -tf.nn.softplus(-x / self._softness)


class Softsign(Elements):
    """x / (1 + |x|)."""

    def _forward(self, x):
        return tf.nn.softsign(x)

    def _inverse(self, y):
        return y / (1.0 - tf.abs(y))

    def _inverse_log_det_jacobian(self, y):
        return -2.0 * tf.log1p(-tf.abs(y))

    def _forward_log_det_jacobian(self, x):
        return -2.0 * tf.log1p(tf.abs(x))


class Square(Elements):
    """x squared, of x that is not negative."""

    def _forward(self, x):
        return tf.square(x)

    def _inverse(self, y):
        return tf.sqrt(y)

    def _forward_log_det_jacobian(self, x):
        return np.log(2.0) + tf.log(x)


class AbsoluteValue(Elements):
    """|x|; the inverse is (-y, y)."""

    def _forward(self, x):
        return tf.abs(x)

    def _inverse(self, y):
        return -y, y

    def _inverse_log_det_jacobian(self, y):
        zeros = tf.zeros_like(y)
        return zeros, zeros
