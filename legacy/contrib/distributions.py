"""``tf.contrib.distributions``: the part that ``tf.distributions`` carried on.

Origin: TensorFlow 0.12.1 and 1.0.0 (parameters ``mu``, ``sigma``, ``p``, ...), 1.15.5.
The other distributions live in the package tensorflow-probability.
"""

import tensorflow.compat.v1 as tf

from legacy.facade.forms import adapted_class, renamed

# Parameters as they were called up to 1.0.
_OLD_PARAMETERS = {
    "Bernoulli": {"p": "probs"},
    "Beta": {"a": "concentration1", "b": "concentration0"},
    "Categorical": {"p": "probs"},
    "Dirichlet": {"alpha": "concentration"},
    "DirichletMultinomial": {"n": "total_count", "alpha": "concentration"},
    "Exponential": {"lam": "rate"},
    "Gamma": {"alpha": "concentration", "beta": "rate"},
    "Laplace": {},
    "Multinomial": {"n": "total_count", "p": "probs"},
    "Normal": {"mu": "loc", "sigma": "scale"},
    "StudentT": {"mu": "loc", "sigma": "scale"},
    "Uniform": {"a": "low", "b": "high"},
}
_SAME = (
    "Distribution FULLY_REPARAMETERIZED NOT_REPARAMETERIZED RegisterKL "
    "ReparameterizationType kl_divergence"
).split()
_FUNCTIONS = (
    "fill_triangular fill_triangular_inverse reduce_weighted_logsumexp "
    "softplus_inverse tridiag"
).split()


def _with_old_parameters(name, old):
    def adapt(real, args, kwargs):
        return real(*args, **renamed(kwargs, old))

    return adapted_class(getattr(tf.distributions, name), adapt)


NAMES = {
    **{name: _with_old_parameters(name, old) for name, old in _OLD_PARAMETERS.items()},
    **{name: "tensorflow.compat.v1:distributions." + name for name in _SAME},
    **{name: "tensorflow.python.ops.distributions.util:" + name for name in _FUNCTIONS},
    "kl": "tensorflow.compat.v1:distributions.kl_divergence",
}
