"""Multivariate normal distributions: a location and a linear operator."""

import math

import tensorflow.compat.v1 as tf

from legacy.contrib.distributions.base import (
    FULLY,
)
from legacy.contrib.distributions.bijectors.affine import scale_of

__all__ = [
    "MultivariateNormalDiag",
    "MultivariateNormalDiagWithSoftplusScale",
    "MultivariateNormalFullCovariance",
    "MultivariateNormalTriL",
]


class MultivariateNormalLinearOperator(tf.distributions.Distribution):
    """loc + scale z of independent normal z; `scale` is a linear operator."""

    def __init__(
        self,
        loc=None,
        scale=None,
        validate_args=False,
        allow_nan_stats=True,
        name="MultivariateNormalLinearOperator",
    ):
        if scale is None:
            raise ValueError("Expected a scale. Received: None")
        with tf.name_scope(name) as scope:
            self._loc = None if loc is None else tf.convert_to_tensor(loc, name="loc")
        self._scale = scale
        super().__init__(
            dtype=scale.dtype,
            reparameterization_type=FULLY,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters={"loc": loc, "scale": scale},
            name=scope,
        )

    loc = property(lambda self: self._loc)
    scale = property(lambda self: self._scale)

    def _batch_shape(self):
        shape = self._scale.batch_shape
        if self._loc is None or self._loc.shape.ndims is None:
            return shape
        return tf.broadcast_static_shape(shape, self._loc.shape[:-1])

    def _batch_shape_tensor(self):
        shape = self._scale.batch_shape_tensor()
        if self._loc is None:
            return shape
        return tf.broadcast_dynamic_shape(shape, tf.shape(self._loc)[:-1])

    def _event_shape(self):
        return self._scale.range_dimension and tf.TensorShape(
            [self._scale.range_dimension]
        )

    def _event_shape_tensor(self):
        return tf.expand_dims(self._scale.range_dimension_tensor(), 0)

    def _shape(self):
        return tf.concat([self._batch_shape_tensor(), self._event_shape_tensor()], 0)

    def _sample_n(self, n, seed=None):
        shape = tf.concat([[n], self._shape()], 0)
        drawn = self._scale.matvec(tf.random_normal(shape, dtype=self.dtype, seed=seed))
        return drawn if self._loc is None else drawn + self._loc

    def _z(self, x):
        x = tf.convert_to_tensor(x, self.dtype)
        return self._scale.solvevec(x if self._loc is None else x - self._loc)

    def _log_prob(self, x):
        z = self._z(x)
        each = -0.5 * tf.square(z) - 0.5 * math.log(2 * math.pi)
        return tf.reduce_sum(each, -1) - self._scale.log_abs_determinant()

    def _prob(self, x):
        return tf.exp(self._log_prob(x))

    def _entropy(self):
        width = tf.cast(self._scale.range_dimension_tensor(), self.dtype)
        entropy = 0.5 * width * (1.0 + math.log(2 * math.pi))
        entropy += self._scale.log_abs_determinant()
        return entropy + tf.zeros(self._batch_shape_tensor(), self.dtype)

    def _mean(self):
        zeros = tf.zeros(self._shape(), self.dtype)
        return zeros if self._loc is None else self._loc + zeros

    _mode = _mean

    def _covariance(self):
        return self._scale.matmul(self._scale.to_dense(), adjoint_arg=True)

    def _variance(self):
        return tf.matrix_diag_part(self._covariance())

    def _stddev(self):
        return tf.sqrt(self._variance())


@tf.distributions.RegisterKL(
    MultivariateNormalLinearOperator, MultivariateNormalLinearOperator
)
def _kl_of_normals(a, b, name=None):
    with tf.name_scope(name, "kl_mvn"):
        width = tf.cast(a.scale.range_dimension_tensor(), a.dtype)
        ratio = b.scale.solve(a.scale.to_dense())
        apart = b.scale.solvevec(b.mean() - a.mean())
        logs = b.scale.log_abs_determinant() - a.scale.log_abs_determinant()
        squares = tf.reduce_sum(tf.square(ratio), [-2, -1])
        squares += tf.reduce_sum(tf.square(apart), -1)
        return logs + 0.5 * (squares - width)


class MultivariateNormalDiag(MultivariateNormalLinearOperator):
    """Independent normal numbers."""

    def __init__(
        self,
        loc=None,
        scale_diag=None,
        scale_identity_multiplier=None,
        validate_args=False,
        allow_nan_stats=True,
        name="MultivariateNormalDiag",
    ):
        with tf.name_scope(name):
            scale = scale_of(
                loc, scale_diag, scale_identity_multiplier=scale_identity_multiplier
            )
        super().__init__(loc, scale, validate_args, allow_nan_stats, name)


class MultivariateNormalDiagWithSoftplusScale(MultivariateNormalDiag):
    """Independent normal numbers of the scale softplus(scale_diag)."""

    def __init__(
        self,
        loc,
        scale_diag,
        validate_args=False,
        allow_nan_stats=True,
        name="MultivariateNormalDiagWithSoftplusScale",
    ):
        scale = tf.nn.softplus(scale_diag)
        super().__init__(loc, scale, None, validate_args, allow_nan_stats, name)


class MultivariateNormalTriL(MultivariateNormalLinearOperator):
    """Normal numbers whose scale is a lower triangle."""

    def __init__(
        self,
        loc=None,
        scale_tril=None,
        validate_args=False,
        allow_nan_stats=True,
        name="MultivariateNormalTriL",
    ):
        with tf.name_scope(name):
            scale = scale_of(loc, scale_tril=scale_tril)
        super().__init__(loc, scale, validate_args, allow_nan_stats, name)


class MultivariateNormalFullCovariance(MultivariateNormalTriL):
    """Normal numbers of a covariance."""

    def __init__(
        self,
        loc=None,
        covariance_matrix=None,
        validate_args=False,
        allow_nan_stats=True,
        name="MultivariateNormalFullCovariance",
    ):
        triangle = None if covariance_matrix is None else tf.cholesky(covariance_matrix)
        super().__init__(loc, triangle, validate_args, allow_nan_stats, name)
