"""Dimensions of a batch, as dimensions of an event."""

import tensorflow.compat.v1 as tf

__all__ = [
    "Independent",
]


class Independent(tf.distributions.Distribution):
    """Makes the last batch dimensions of a distribution dimensions of its event."""

    def __init__(
        self,
        distribution,
        reinterpreted_batch_ndims=None,
        validate_args=False,
        name=None,
    ):
        if reinterpreted_batch_ndims is None:
            reinterpreted_batch_ndims = max(distribution.batch_shape.ndims - 1, 0)
        self._distribution = distribution
        self._count = int(reinterpreted_batch_ndims)
        super().__init__(
            dtype=distribution.dtype,
            reparameterization_type=distribution.reparameterization_type,
            validate_args=validate_args,
            allow_nan_stats=distribution.allow_nan_stats,
            parameters={"distribution": distribution},
            name=name or "Independent" + distribution.name,
        )

    distribution = property(lambda self: self._distribution)
    reinterpreted_batch_ndims = property(lambda self: self._count)

    def _batch_shape(self):
        shape = self._distribution.batch_shape
        return shape[: shape.ndims - self._count]

    def _batch_shape_tensor(self):
        shape = self._distribution.batch_shape_tensor()
        return shape[: tf.size(shape) - self._count]

    def _event_shape(self):
        shape = self._distribution.batch_shape
        moved = shape[shape.ndims - self._count :]
        return moved.concatenate(self._distribution.event_shape)

    def _event_shape_tensor(self):
        shape = self._distribution.batch_shape_tensor()
        moved = shape[tf.size(shape) - self._count :]
        return tf.concat([moved, self._distribution.event_shape_tensor()], 0)

    def _sample_n(self, n, seed=None):
        return self._distribution.sample(n, seed=seed)

    def _summed(self, values):
        return tf.reduce_sum(values, list(range(-self._count, 0)))

    def _log_prob(self, x):
        return self._summed(self._distribution.log_prob(x))

    def _prob(self, x):
        return tf.exp(self._log_prob(x))

    def _entropy(self):
        return self._summed(self._distribution.entropy())

    def _mean(self):
        return self._distribution.mean()

    def _variance(self):
        return self._distribution.variance()

    def _stddev(self):
        return self._distribution.stddev()

    def _mode(self):
        return self._distribution.mode()
