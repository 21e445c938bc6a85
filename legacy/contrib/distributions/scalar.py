"""Distributions of one number.

Origin: TensorFlow 1.15.5's `tf.contrib.distributions`.
"""

import math

import tensorflow.compat.v1 as tf

from legacy.contrib.distributions.base import (
    FromParameters,
    logits_and_probs,
    uniform,
)

__all__ = [
    "Binomial",
    "Cauchy",
    "Deterministic",
    "Geometric",
    "HalfNormal",
    "InverseGamma",
    "Logistic",
    "NegativeBinomial",
    "Poisson",
    "VectorDeterministic",
]


class _LocScale(FromParameters):
    """A location and a scale."""

    def __init__(
        self, loc, scale, validate_args=False, allow_nan_stats=True, name=None
    ):
        name = name or type(self).__name__.strip("_")
        with tf.name_scope(name) as scope:
            tensors = {
                "loc": tf.identity(loc, name="loc"),
                "scale": tf.identity(scale, name="scale"),
            }
        self._start(tensors, scope, validate_args, allow_nan_stats, True)

    loc = property(lambda self: self._loc)
    scale = property(lambda self: self._scale)

    def _z(self, x):
        return (x - self._loc) / self._scale


class Logistic(_LocScale):
    """The distribution whose cumulative function is the sigmoid."""

    def _sample_n(self, n, seed=None):
        drawn = uniform(self._sample_shape(n), self.dtype, seed)
        return (tf.log(drawn) - tf.log1p(-drawn)) * self._scale + self._loc

    def _log_prob(self, x):
        z = self._z(x)
        return -z - 2.0 * tf.nn.softplus(-z) - tf.log(self._scale)

    def _cdf(self, x):
        return tf.sigmoid(self._z(x))

    def _log_cdf(self, x):
        return -tf.nn.softplus(-self._z(x))

    def _survival_function(self, x):
        return tf.sigmoid(-self._z(x))

    def _log_survival_function(self, x):
        return -tf.nn.softplus(self._z(x))

    def _entropy(self):
        return self._full(2.0 + tf.log(self._scale))

    def _mean(self):
        return self._full(self._loc)

    _mode = _mean

    def _stddev(self):
        return self._full(self._scale * (math.pi / math.sqrt(3)))


class Gumbel(_LocScale):
    """The largest of many draws."""

    def _sample_n(self, n, seed=None):
        drawn = uniform(self._sample_shape(n), self.dtype, seed)
        return -tf.log(-tf.log(drawn)) * self._scale + self._loc

    def _log_prob(self, x):
        z = self._z(x)
        return -(z + tf.exp(-z)) - tf.log(self._scale)

    def _log_cdf(self, x):
        return -tf.exp(-self._z(x))

    def _cdf(self, x):
        return tf.exp(self._log_cdf(x))

    def _entropy(self):
        return self._full(1.0 + tf.log(self._scale) + 0.5772156649015329)

    def _mean(self):
        return self._full(self._loc + self._scale * 0.5772156649015329)

    def _mode(self):
        return self._full(self._loc)

    def _stddev(self):
        return self._full(self._scale * (math.pi / math.sqrt(6)))


class Cauchy(_LocScale):
    """Has neither mean nor variance."""

    def _sample_n(self, n, seed=None):
        drawn = tf.random_uniform(
            self._sample_shape(n), 0.0, 1.0, dtype=self.dtype, seed=seed
        )
        return self._loc + self._scale * tf.tan(math.pi * (drawn - 0.5))

    def _log_prob(self, x):
        return (
            -tf.log1p(tf.square(self._z(x))) - math.log(math.pi) - tf.log(self._scale)
        )

    def _cdf(self, x):
        return tf.atan(self._z(x)) / math.pi + 0.5

    def _entropy(self):
        return self._full(math.log(4 * math.pi) + tf.log(self._scale))

    def _mode(self):
        return self._full(self._loc)


class HalfNormal(FromParameters):
    """The absolute value of a normal number around 0."""

    def __init__(
        self, scale, validate_args=False, allow_nan_stats=True, name="HalfNormal"
    ):
        with tf.name_scope(name) as scope:
            tensors = {"scale": tf.identity(scale, name="scale")}
        self._start(tensors, scope, validate_args, allow_nan_stats, True)

    scale = property(lambda self: self._scale)

    def _sample_n(self, n, seed=None):
        drawn = tf.random_normal(self._sample_shape(n), dtype=self.dtype, seed=seed)
        return tf.abs(drawn * self._scale)

    def _prob(self, x):
        density = math.sqrt(2 / math.pi) / self._scale
        density *= tf.exp(-0.5 * tf.square(x / self._scale))
        return density * tf.cast(x >= 0, self.dtype)

    def _log_prob(self, x):
        return tf.log(self._prob(x))

    def _cdf(self, x):
        return tf.erf(tf.maximum(x, 0.0) / self._scale / math.sqrt(2.0))

    def _entropy(self):
        return 0.5 * tf.log(math.pi * self._scale**2 / 2.0) + 0.5

    def _mean(self):
        return self._scale * math.sqrt(2 / math.pi)

    def _mode(self):
        return tf.zeros_like(self._scale)

    def _variance(self):
        return self._scale**2 * (1.0 - 2.0 / math.pi)


class InverseGamma(FromParameters):
    """One over a gamma number."""

    def __init__(
        self,
        concentration,
        rate,
        validate_args=False,
        allow_nan_stats=True,
        name="InverseGamma",
    ):
        with tf.name_scope(name) as scope:
            tensors = {
                "concentration": tf.identity(concentration, name="concentration"),
                "rate": tf.identity(rate, name="rate"),
            }
        self._start(tensors, scope, validate_args, allow_nan_stats, False)

    concentration = property(lambda self: self._concentration)
    rate = property(lambda self: self._rate)

    def _sample_n(self, n, seed=None):
        return 1.0 / tf.random_gamma(
            [n], self._concentration, self._rate, dtype=self.dtype, seed=seed
        )

    def _log_prob(self, x):
        start = self._concentration * tf.log(self._rate) - tf.lgamma(
            self._concentration
        )
        return start - (1.0 + self._concentration) * tf.log(x) - self._rate / x

    def _cdf(self, x):
        return tf.igammac(self._full(self._concentration), self._rate / x)

    def _mean(self):
        mean = self._rate / (self._concentration - 1.0)
        return tf.where(self._full(self._concentration) > 1.0, mean, mean * math.nan)

    def _mode(self):
        return self._rate / (1.0 + self._concentration)


class Poisson(FromParameters):
    """Counts of events at a rate."""

    def __init__(
        self,
        rate=None,
        log_rate=None,
        validate_args=False,
        allow_nan_stats=True,
        name="Poisson",
    ):
        if (rate is None) == (log_rate is None):
            raise ValueError("Expected either rate or log_rate.")
        with tf.name_scope(name) as scope:
            if rate is not None:
                rate = tf.convert_to_tensor(rate, name="rate")
                log_rate = tf.log(rate)
            else:
                log_rate = tf.convert_to_tensor(log_rate, name="log_rate")
                rate = tf.exp(log_rate)
        tensors = {"rate": rate, "log_rate": log_rate}
        self._start(tensors, scope, validate_args, allow_nan_stats, False)

    rate = property(lambda self: self._rate)
    log_rate = property(lambda self: self._log_rate)

    def _sample_n(self, n, seed=None):
        return tf.random_poisson(self._rate, [n], dtype=self.dtype, seed=seed)

    def _log_prob(self, x):
        return x * self._log_rate - tf.lgamma(1.0 + x) - self._rate

    def _cdf(self, x):
        return tf.igammac(1.0 + x, self._rate)

    def _log_cdf(self, x):
        return tf.log(self._cdf(x))

    def _mean(self):
        return tf.identity(self._rate)

    _variance = _mean

    def _mode(self):
        return tf.floor(self._rate)


class _OfChance(FromParameters):
    """Has a probability, which is given itself or as log odds."""

    logits = property(lambda self: self._logits)
    probs = property(lambda self: self._probs)


class Geometric(_OfChance):
    """Failures before the first success."""

    def __init__(
        self,
        logits=None,
        probs=None,
        validate_args=False,
        allow_nan_stats=True,
        name="Geometric",
    ):
        with tf.name_scope(name) as scope:
            logits, probs = logits_and_probs(logits, probs)
        tensors = {"logits": logits, "probs": probs}
        self._start(tensors, scope, validate_args, allow_nan_stats, False)

    def _sample_n(self, n, seed=None):
        drawn = uniform(self._sample_shape(n), self.dtype, seed)
        return tf.floor(tf.log(drawn) / tf.log1p(-self._probs))

    def _log_prob(self, counts):
        return tf.math.xlogy(counts, 1.0 - self._probs) + tf.log(self._probs)

    def _cdf(self, counts):
        return -tf.math.expm1((1.0 + tf.floor(counts)) * tf.log1p(-self._probs))

    def _mean(self):
        return tf.exp(-self._logits)

    def _variance(self):
        return self._mean() / self._probs

    def _mode(self):
        return tf.zeros_like(self._probs)

    def _entropy(self):
        return (-self._logits * (1.0 - self._probs) - tf.log1p(-self._probs)) / (
            self._probs
        ) + 0.0 * self._probs


class Binomial(_OfChance):
    """Successes among `total_count`."""

    def __init__(
        self,
        total_count,
        logits=None,
        probs=None,
        validate_args=False,
        allow_nan_stats=True,
        name="Binomial",
    ):
        with tf.name_scope(name) as scope:
            total = tf.convert_to_tensor(total_count, name="total_count")
            logits, probs = logits_and_probs(logits, probs)
            total = tf.cast(total, probs.dtype)
        tensors = {"total_count": total, "logits": logits, "probs": probs}
        self._start(tensors, scope, validate_args, allow_nan_stats, False)

    total_count = property(lambda self: self._total_count)

    def _log_prob(self, counts):
        rest = self._total_count - counts
        chosen = tf.lgamma(1.0 + counts) + tf.lgamma(1.0 + rest)
        chosen = tf.lgamma(1.0 + self._total_count) - chosen
        return chosen + counts * tf.log(self._probs) + rest * tf.log1p(-self._probs)

    def _mean(self):
        return self._total_count * self._probs

    def _variance(self):
        return self._mean() * (1.0 - self._probs)

    def _mode(self):
        return tf.floor((1.0 + self._total_count) * self._probs)


class NegativeBinomial(_OfChance):
    """Successes before `total_count` failures."""

    def __init__(
        self,
        total_count,
        logits=None,
        probs=None,
        validate_args=False,
        allow_nan_stats=True,
        name="NegativeBinomial",
    ):
        with tf.name_scope(name) as scope:
            logits, probs = logits_and_probs(logits, probs)
            total = tf.cast(
                tf.convert_to_tensor(total_count, name="total_count"), probs.dtype
            )
        tensors = {"total_count": total, "logits": logits, "probs": probs}
        self._start(tensors, scope, validate_args, allow_nan_stats, False)

    total_count = property(lambda self: self._total_count)

    def _log_prob(self, x):
        start = self._total_count * tf.log_sigmoid(-self._logits)
        start += x * tf.log_sigmoid(self._logits)
        counts = tf.lgamma(1.0 + x) + tf.lgamma(self._total_count)
        return start - counts + tf.lgamma(self._total_count + x)

    def _mean(self):
        return self._total_count * tf.exp(self._logits)

    def _variance(self):
        return self._mean() / tf.sigmoid(-self._logits)


class Deterministic(FromParameters):
    """One value; others within `atol` and `rtol` count as the same."""

    def __init__(
        self,
        loc,
        atol=None,
        rtol=None,
        validate_args=False,
        allow_nan_stats=True,
        name=None,
    ):
        with tf.name_scope(name or type(self).__name__) as scope:
            loc = tf.convert_to_tensor(loc, name="loc")
            near = [0 if each is None else each for each in (atol, rtol)]
            self.atol, self.rtol = (tf.cast(each, loc.dtype) for each in near)
        self._start({"loc": loc}, scope, validate_args, allow_nan_stats, True)

    loc = property(lambda self: self._loc)

    def _sample_n(self, n, seed=None):
        return tf.zeros(self._sample_shape(n), self.dtype) + self._loc

    def _prob(self, x):
        near = tf.abs(x - self._loc) <= self.atol + self.rtol * tf.abs(self._loc)
        return tf.cast(near, self.dtype)

    def _log_prob(self, x):
        return tf.log(self._prob(x))

    def _cdf(self, x):
        slack = self.atol + self.rtol * tf.abs(self._loc)
        return tf.cast(x >= self._loc - slack, self.dtype)

    def _entropy(self):
        return tf.zeros(self.batch_shape_tensor(), self.dtype)

    _variance = _entropy

    def _mean(self):
        return tf.identity(self._loc)

    _mode = _mean


class VectorDeterministic(Deterministic):
    """One vector."""

    _event_ndims = 1

    def _prob(self, x):
        near = tf.abs(x - self._loc) <= self.atol + self.rtol * tf.abs(self._loc)
        return tf.cast(tf.reduce_all(near, -1), self.dtype)

    def _variance(self):
        return tf.zeros_like(self._loc)
