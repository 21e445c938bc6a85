"""Distributions of vectors, of classes, and made of other distributions.

Origin: TensorFlow 1.15.5's `tf.contrib.distributions`.
"""

import math

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.ops.distributions import util

from legacy.contrib.distributions import bijectors
from legacy.contrib.distributions.base import (
    FULLY,
    NOT,
    FromParameters,
    logits_and_probs,
    uniform,
)


class TransformedDistribution(tf.distributions.Distribution):
    """What a bijector makes of another distribution's numbers.

    `batch_shape` and `event_shape` make a distribution of one number one of many,
    which are independent.
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
        self._bijector = bijector or bijectors.Identity()
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
        """Sums what the inner distribution gave over dimensions made events here."""
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
            scale = bijectors.scale_of(
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
            scale = bijectors.scale_of(loc, scale_tril=scale_tril)
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


class OneHotCategorical(FromParameters):
    """One class, as a vector of zeros and a one."""

    _event_ndims = 1

    def __init__(
        self,
        logits=None,
        probs=None,
        dtype=tf.int32,
        validate_args=False,
        allow_nan_stats=True,
        name="OneHotCategorical",
    ):
        with tf.name_scope(name) as scope:
            logits, probs = logits_and_probs(logits, probs, several=True)
        tensors = {"logits": logits, "probs": probs}
        self._start(tensors, scope, validate_args, allow_nan_stats, False, dtype)

    logits = property(lambda self: self._logits)
    probs = property(lambda self: self._probs)
    event_size = property(lambda self: tf.shape(self._logits)[-1])

    def _sample_n(self, n, seed=None):
        size = self.event_size
        rows = tf.reshape(self._logits, [-1, size])
        drawn = tf.transpose(tf.multinomial(rows, n, seed))
        hot = tf.one_hot(drawn, size, dtype=self.dtype)
        return tf.reshape(hot, self._sample_shape(n))

    def _log_prob(self, x):
        x = tf.cast(x, self._logits.dtype)
        return tf.reduce_sum(x * tf.nn.log_softmax(self._logits), -1)

    def _prob(self, x):
        return tf.exp(self._log_prob(x))

    def _entropy(self):
        return -tf.reduce_sum(tf.nn.log_softmax(self._logits) * self._probs, -1)

    def _mode(self):
        best = tf.argmax(self._logits, -1)
        return tf.one_hot(best, self.event_size, dtype=self.dtype)


class ExpRelaxedOneHotCategorical(FromParameters):
    """The logarithm of a relaxed class (Gumbel softmax)."""

    _event_ndims = 1

    def __init__(
        self,
        temperature,
        logits=None,
        probs=None,
        dtype=None,
        validate_args=False,
        allow_nan_stats=True,
        name="ExpRelaxedOneHotCategorical",
    ):
        with tf.name_scope(name) as scope:
            logits, probs = logits_and_probs(logits, probs, several=True)
            self._temperature = tf.cast(temperature, logits.dtype)
        tensors = {"logits": logits, "probs": probs}
        self._start(tensors, scope, validate_args, allow_nan_stats, True, dtype)

    temperature = property(lambda self: self._temperature)
    logits = property(lambda self: self._logits)
    probs = property(lambda self: self._probs)
    event_size = property(lambda self: tf.shape(self._logits)[-1])

    def _sample_n(self, n, seed=None):
        shape = self._sample_shape(n)
        rows = tf.reshape(
            self._logits * tf.ones(shape, self.dtype), [-1, self.event_size]
        )
        gumbel = -tf.log(-tf.log(uniform(tf.shape(rows), self.dtype, seed)))
        relaxed = (gumbel + rows) / tf.reshape(self._temperature, [-1, 1])
        return tf.reshape(tf.nn.log_softmax(relaxed), shape)

    def _log_prob(self, x):
        size = tf.cast(self.event_size, self.dtype)
        logs = tf.nn.log_softmax(self._logits - x * self._temperature)
        start = tf.lgamma(size) + (size - 1.0) * tf.log(self._temperature)
        return start + tf.reduce_sum(logs, -1)

    def _prob(self, x):
        return tf.exp(self._log_prob(x))


class RelaxedOneHotCategorical(TransformedDistribution):
    """A relaxed class (Gumbel softmax): positive numbers of sum 1."""

    def __init__(
        self,
        temperature,
        logits=None,
        probs=None,
        dtype=None,
        validate_args=False,
        allow_nan_stats=True,
        name="RelaxedOneHotCategorical",
    ):
        logs = ExpRelaxedOneHotCategorical(
            temperature, logits, probs, dtype, validate_args, allow_nan_stats
        )
        super().__init__(logs, bijectors.Exp(), name=name)


class RelaxedBernoulli(TransformedDistribution):
    """A relaxed 0 or 1."""

    def __init__(
        self,
        temperature,
        logits=None,
        probs=None,
        validate_args=False,
        allow_nan_stats=True,
        name="RelaxedBernoulli",
    ):
        from legacy.contrib.distributions.scalar import Logistic

        with tf.name_scope(name):
            self._temperature = tf.convert_to_tensor(temperature, name="temperature")
            self._logits, self._probs = logits_and_probs(logits, probs)
            inner = Logistic(self._logits / self._temperature, 1.0 / self._temperature)
        super().__init__(inner, bijectors.Sigmoid(), name=name)

    temperature = property(lambda self: self._temperature)
    logits = property(lambda self: self._logits)
    probs = property(lambda self: self._probs)


class Independent(tf.distributions.Distribution):
    """Another's last batch dimensions, as dimensions of an event."""

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


class _Mixed(tf.distributions.Distribution):
    """Mixes: `_logs` gives the components' log densities in a last dimension."""

    def _weights(self, ndims=0):
        probs = self._mixture.probs
        for _ in range(ndims):
            probs = tf.expand_dims(probs, -2)
        return probs

    def _log_prob(self, x):
        logs = tf.nn.log_softmax(self._mixture.logits)
        return tf.reduce_logsumexp(logs + self._logs(x, "log_prob"), -1)

    def _prob(self, x):
        return tf.exp(self._log_prob(x))

    def _log_cdf(self, x):
        logs = tf.nn.log_softmax(self._mixture.logits)
        return tf.reduce_logsumexp(logs + self._logs(x, "log_cdf"), -1)

    def _cdf(self, x):
        return tf.exp(self._log_cdf(x))

    def _mean(self):
        means = self._stacked("mean")
        weights = self._weights(self.event_shape.ndims)
        return tf.reduce_sum(weights * means, -1)

    def _variance(self):
        means, weights = self._stacked("mean"), self._weights(self.event_shape.ndims)
        squares = self._stacked("variance") + tf.square(means)
        mean = tf.reduce_sum(weights * means, -1)
        return tf.reduce_sum(weights * squares, -1) - tf.square(mean)

    def _stddev(self):
        return tf.sqrt(self._variance())


class Mixture(_Mixed):
    """One of several distributions of a kind, which `cat` draws."""

    def __init__(
        self,
        cat,
        components,
        validate_args=False,
        allow_nan_stats=True,
        use_static_graph=False,
        name="Mixture",
    ):
        if not isinstance(components, (list, tuple)) or not components:
            raise TypeError(
                "Expected components as a list of distributions. "
                f"Received: {components!r}"
            )
        self._mixture, self._components = cat, list(components)
        self._static = use_static_graph
        super().__init__(
            dtype=components[0].dtype,
            reparameterization_type=NOT,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters={"cat": cat, "components": components},
            name=name,
        )

    cat = property(lambda self: self._mixture)
    components = property(lambda self: self._components)
    num_components = property(lambda self: len(self._components))

    def _batch_shape(self):
        return self._mixture.batch_shape

    def _batch_shape_tensor(self):
        return self._mixture.batch_shape_tensor()

    def _event_shape(self):
        return self._components[0].event_shape

    def _event_shape_tensor(self):
        return self._components[0].event_shape_tensor()

    def _logs(self, x, name):
        logs = [getattr(component, name)(x) for component in self._components]
        return tf.stack(logs, -1)

    def _stacked(self, name):
        values = [getattr(component, name)() for component in self._components]
        return tf.stack(values, -1)

    def entropy_lower_bound(self, name="entropy_lower_bound"):
        """The components' mean entropy."""
        with tf.name_scope(name):
            return tf.reduce_sum(self._weights() * self._stacked("entropy"), -1)

    def _sample_n(self, n, seed=None):
        chosen = self._mixture.sample(n, seed=seed)
        if not self._static:
            return self._parted(n, chosen, seed)
        drawn = []
        for component in self._components:
            seed = util.gen_new_seed(seed, "mixture")
            drawn.append(component.sample(n, seed=seed))
        hot = tf.one_hot(chosen, self.num_components, dtype=self.dtype)
        for _ in range(self.event_shape.ndims):
            hot = tf.expand_dims(hot, -2)
        return tf.reduce_sum(hot * tf.stack(drawn, -1), -1)

    def _parted(self, n, chosen, seed):
        """Draws from each component only as many as `chosen` [n, batch] says."""
        shape, count = tf.shape(chosen), self.num_components
        batch = tf.reduce_prod(shape[1:])
        places = tf.reshape(tf.range(tf.size(chosen)), shape)
        places = tf.dynamic_partition(places, chosen, count)
        rows = tf.reshape(tf.tile(tf.range(batch), [n]), shape)
        rows = tf.dynamic_partition(rows, chosen, count)
        event, drawn = self.event_shape_tensor(), []
        for component, row in zip(self._components, rows, strict=True):
            seed = util.gen_new_seed(seed, "mixture")
            size = tf.size(row)
            flat = tf.concat([[size * batch], event], 0)
            values = tf.reshape(component.sample(size, seed=seed), flat)
            drawn.append(tf.gather(values, batch * tf.range(size) + row))
        stitched = tf.dynamic_stitch(places, drawn)
        return tf.reshape(stitched, tf.concat([shape, event], 0))


class MixtureSameFamily(_Mixed):
    """One of a distribution's last batch dimension, which a `Categorical` draws."""

    def __init__(
        self,
        mixture_distribution,
        components_distribution,
        validate_args=False,
        allow_nan_stats=True,
        name="MixtureSameFamily",
    ):
        self._mixture, self._parts = mixture_distribution, components_distribution
        super().__init__(
            dtype=components_distribution.dtype,
            reparameterization_type=NOT,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters={"mixture_distribution": mixture_distribution},
            name=name,
        )

    mixture_distribution = property(lambda self: self._mixture)
    components_distribution = property(lambda self: self._parts)

    def _batch_shape(self):
        return self._parts.batch_shape[:-1]

    def _batch_shape_tensor(self):
        return self._parts.batch_shape_tensor()[:-1]

    def _event_shape(self):
        return self._parts.event_shape

    def _event_shape_tensor(self):
        return self._parts.event_shape_tensor()

    def _logs(self, x, name):
        place = -1 - self.event_shape.ndims
        return getattr(self._parts, name)(tf.expand_dims(x, place))

    def _stacked(self, name):
        """The components in the last dimension."""
        values = getattr(self._parts, name)()
        return self._last(values)

    def _last(self, values):
        ndims = self.event_shape.ndims
        if not ndims:
            return values
        order = list(range(values.shape.ndims))
        order.append(order.pop(-1 - ndims))
        return tf.transpose(values, order)

    def _sample_n(self, n, seed=None):
        drawn = self._last(self._parts.sample(n, seed=seed))
        chosen = self._mixture.sample(n, seed=seed)
        depth = self._parts.batch_shape.as_list()[-1]
        hot = tf.one_hot(chosen, depth, dtype=self.dtype)
        if not self._mixture.batch_shape.ndims:
            for _ in range(self.batch_shape.ndims):
                hot = tf.expand_dims(hot, 1)
        for _ in range(self.event_shape.ndims):
            hot = tf.expand_dims(hot, -2)
        return tf.reduce_sum(hot * drawn, -1)


class QuantizedDistribution(tf.distributions.Distribution):
    """Another's numbers, rounded up to whole ones, cut at `low` and `high`."""

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


def percentile(
    x,
    q,
    axis=None,
    interpolation=None,
    keep_dims=False,
    validate_args=False,
    name=None,
):
    """The value in x, [..., N, ...], below which `q` percent of it lie.

    ValueError for an `interpolation` other than lower, higher and nearest.
    """
    rules = {None: tf.round, "nearest": tf.round, "lower": tf.ceil, "higher": tf.floor}
    if interpolation not in rules:
        raise ValueError(
            "Expected interpolation 'lower', 'higher' or 'nearest'. Received: "
            f"{interpolation!r}"
        )
    with tf.name_scope(name or "percentile"):
        x = tf.convert_to_tensor(x, name="x")
        ndims = x.shape.ndims
        axes = range(ndims) if axis is None else np.atleast_1d(axis)
        axes = sorted(int(each) % ndims for each in axes)
        rest = [each for each in range(ndims) if each not in axes]
        flat = tf.transpose(x, rest + axes)
        flat = tf.reshape(flat, tf.concat([tf.shape(flat)[: len(rest)], [-1]], 0))
        size = tf.shape(flat)[-1]
        above = 1.0 - tf.cast(q, tf.float64) / 100.0
        place = rules[interpolation](tf.cast(size - 1, tf.float64) * above)
        place = tf.clip_by_value(tf.cast(place, tf.int32), 0, size - 1)
        found = tf.nn.top_k(flat, size).values[..., place]
        if keep_dims:
            for each in axes:
                found = tf.expand_dims(found, each)
        return found
