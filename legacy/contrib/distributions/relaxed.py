"""Classes as vectors: exactly one of them, or relaxed so that gradients pass."""

import tensorflow.compat.v1 as tf

from legacy.contrib.distributions.base import (
    FromParameters,
    logits_and_probs,
    uniform,
)
from legacy.contrib.distributions.bijectors import elements
from legacy.contrib.distributions.transformed import TransformedDistribution

__all__ = [
    "ExpRelaxedOneHotCategorical",
    "OneHotCategorical",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
]


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
        super().__init__(logs, elements.Exp(), name=name)


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
        super().__init__(inner, elements.Sigmoid(), name=name)

    temperature = property(lambda self: self._temperature)
    logits = property(lambda self: self._logits)
    probs = property(lambda self: self._probs)
