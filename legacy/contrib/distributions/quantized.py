"""Numbers of another distribution, rounded."""

import tensorflow.compat.v1 as tf

from legacy.contrib.distributions.base import (
    NOT,
)

__all__ = [
    "QuantizedDistribution",
]


class QuantizedDistribution(tf.distributions.Distribution):
    """Another distribution's numbers, rounded up and cut at `low` and `high`."""

    def __init__(
        self,
        distribution,
        low=None,
        high=None,
        validate_args=False,
        name="QuantizedDistribution",
    ):
        self._distribution, kind = distribution, distribution.dtype
        self._low = None if low is None else tf.cast(low, kind)
        self._high = None if high is None else tf.cast(high, kind)
        super().__init__(
            dtype=kind,
            reparameterization_type=NOT,
            validate_args=validate_args,
            allow_nan_stats=distribution.allow_nan_stats,
            parameters={"distribution": distribution},
            name=name,
        )

    distribution = property(lambda self: self._distribution)

    def _batch_shape(self):
        return self._distribution.batch_shape

    def _batch_shape_tensor(self):
        return self._distribution.batch_shape_tensor()

    def _event_shape(self):
        return self._distribution.event_shape

    def _event_shape_tensor(self):
        return self._distribution.event_shape_tensor()

    def _sample_n(self, n, seed=None):
        drawn = tf.ceil(self._distribution.sample(n, seed=seed))
        drawn = drawn if self._low is None else tf.maximum(drawn, self._low)
        return drawn if self._high is None else tf.minimum(drawn, self._high)

    def _cdf(self, y):
        whole = tf.floor(tf.convert_to_tensor(y, self.dtype))
        values = self._distribution.cdf(whole)
        if self._low is not None:
            values = tf.where(whole < self._low, tf.zeros_like(values), values)
        if self._high is not None:
            values = tf.where(whole >= self._high, tf.ones_like(values), values)
        return values

    def _log_cdf(self, y):
        return tf.log(self._cdf(y))

    def _prob(self, y):
        return self._cdf(y) - self._cdf(tf.convert_to_tensor(y, self.dtype) - 1.0)

    def _log_prob(self, y):
        return tf.log(self._prob(y))
