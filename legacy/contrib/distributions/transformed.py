"""What a bijector makes of another distribution's numbers."""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.distributions import identity_bijector

__all__ = [
    "TransformedDistribution",
]


class TransformedDistribution(tf.distributions.Distribution):
    """The distribution of a bijector's values for another distribution's numbers.

    `batch_shape` and `event_shape` make a distribution of one number a distribution of
    many independent ones.
    """

    def __init__(
        self,
        distribution,
        bijector=None,
        batch_shape=None,
        event_shape=None,
        validate_args=False,
        name=None,
    ):
        self._distribution = distribution
        self._bijector = bijector or identity_bijector.Identity()
        self._own_batch, self._own_event = batch_shape, event_shape
        if name is None:
            name = self._bijector.name + distribution.name.rstrip("/")
        super().__init__(
            dtype=distribution.dtype,
            reparameterization_type=distribution.reparameterization_type,
            validate_args=validate_args,
            allow_nan_stats=distribution.allow_nan_stats,
            parameters={"distribution": distribution, "bijector": bijector},
            name=name,
        )

    distribution = property(lambda self: self._distribution)
    bijector = property(lambda self: self._bijector)

    def _inner_event(self):
        if self._own_event is not None:
            return tf.TensorShape(tf.get_static_value(self._own_event))
        return self._distribution.event_shape

    def _event_shape(self):
        return self._bijector.forward_event_shape(self._inner_event())

    def _event_shape_tensor(self):
        if self._own_event is not None:
            inner = tf.convert_to_tensor(self._own_event, tf.int32)
        else:
            inner = self._distribution.event_shape_tensor()
        return self._bijector.forward_event_shape_tensor(inner)

    def _batch_shape(self):
        if self._own_batch is not None:
            return tf.TensorShape(tf.get_static_value(self._own_batch))
        return self._distribution.batch_shape

    def _batch_shape_tensor(self):
        if self._own_batch is not None:
            return tf.convert_to_tensor(self._own_batch, tf.int32)
        return self._distribution.batch_shape_tensor()

    def _sample_n(self, n, seed=None):
        shape = [[n]]
        for own in (self._own_batch, self._own_event):
            if own is not None:
                shape.append(tf.convert_to_tensor(own, tf.int32))
        drawn = self._distribution.sample(tf.concat(shape, 0), seed=seed)
        return self._bijector.forward(drawn)

    def _ndims(self):
        return self._event_shape().ndims or 0

    def _inner(self, values):
        """Sums the inner distribution's values over the dimensions of `event_shape`."""
        if self._own_event is None:
            return values
        axes = list(range(-(self._inner_event().ndims or 0), 0))
        return tf.reduce_sum(values, axes) if axes else values

    def _log_prob(self, y):
        x = self._bijector.inverse(y)
        slope = self._bijector.inverse_log_det_jacobian(y, self._ndims())
        return self._inner(self._distribution.log_prob(x)) + slope

    def _prob(self, y):
        return tf.exp(self._log_prob(y))

    def _cdf(self, y):
        return self._distribution.cdf(self._bijector.inverse(y))

    def _log_cdf(self, y):
        return self._distribution.log_cdf(self._bijector.inverse(y))

    def _mean(self):
        return self._bijector.forward(self._distribution.mean())

    def _entropy(self):
        if not self._bijector.is_constant_jacobian:
            raise NotImplementedError(
                "Expected a bijector of constant slope, for an entropy."
            )
        entropy = self._distribution.entropy()
        if self._own_event is not None:
            shape = tf.concat([self._batch_shape_tensor(), self._own_event], 0)
            entropy = self._inner(entropy + tf.zeros(shape, self.dtype))
        zero = tf.zeros(self._event_shape_tensor(), self.dtype)
        slope = self._bijector.inverse_log_det_jacobian(zero, self._ndims())
        return entropy - slope
