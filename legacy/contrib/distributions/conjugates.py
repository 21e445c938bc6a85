"""What is known of a normal distribution's mean after n observations of its sum.

Origin: TensorFlow 0.12.1, 1.0.0 and 1.15.5. Murphy, "Conjugate Bayesian analysis of the
Gaussian distribution", 2007, section 2: precisions add up.
"""

import tensorflow.compat.v1 as tf

__all__ = [
    "normal_conjugates_known_scale_posterior",
    "normal_conjugates_known_scale_predictive",
    "normal_conjugates_known_sigma_posterior",
    "normal_conjugates_known_sigma_predictive",
]


def normal_conjugates_known_scale_posterior(prior, scale, s, n):
    """The distribution of the mean: a Normal of the prior's batch shape.

    Args:
      prior: Normal, of the mean before. scale: standard deviation of an observation.
      s: the sum of the observations, a tensor. n: how many there are, an integer.

    Raises:
      TypeError: `prior` is no Normal, or `s` has another dtype.
    """
    mean, variance = _posterior(prior, scale, s, n)
    return tf.distributions.Normal(loc=mean, scale=tf.sqrt(variance))


def normal_conjugates_known_scale_predictive(prior, scale, s, n):
    """The distribution of the next observation; arguments as of the posterior."""
    mean, variance = _posterior(prior, scale, s, n)
    spread = tf.sqrt(variance + tf.square(scale))
    return tf.distributions.Normal(loc=mean, scale=spread)


def normal_conjugates_known_sigma_posterior(prior, sigma, s, n):
    """The posterior, as 0.12 and 1.0 called it."""
    return normal_conjugates_known_scale_posterior(prior, sigma, s, n)


def normal_conjugates_known_sigma_predictive(prior, sigma, s, n):
    """The predictive distribution, as 0.12 and 1.0 called it."""
    return normal_conjugates_known_scale_predictive(prior, sigma, s, n)


def _posterior(prior, scale, s, n):
    """Mean and variance of the mean."""
    if not isinstance(prior, tf.distributions.Normal):
        raise TypeError(f"Expected a Normal as prior. Received: {prior!r}")
    if s.dtype != prior.dtype:
        raise TypeError(
            f"Expected a sum s of the prior's dtype, {prior.dtype}. Received: {s.dtype}"
        )
    n = tf.cast(n, prior.dtype)
    before, of_one = tf.square(prior.scale), tf.square(scale)
    variance = 1.0 / (1.0 / before + n / of_one)
    return (prior.loc / before + s / of_one) * variance, variance
