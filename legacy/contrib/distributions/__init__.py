"""``tf.contrib.distributions``: names as data.

Origin: TensorFlow 0.12.1 and 1.0.0 (parameters ``mu``, ``sigma``, ``p``, ...), 1.15.5.
What ``tf.distributions`` carried on is TensorFlow's own. Left out are flows, copulas
and what few used; TensorFlow Probability has them.
"""

import tensorflow.compat.v1 as tf

from legacy.contrib.distributions import (
    multivariate_normal,
    quantized,
    relaxed,
    scalar,
    softplus,
)
from legacy.contrib.written import written
from legacy.names.call_forms import adapted_class, renamed

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
_OWN_OLD_PARAMETERS = {
    (scalar, "Binomial"): {"n": "total_count", "p": "probs"},
    (scalar, "InverseGamma"): {"alpha": "concentration", "beta": "rate"},
    (scalar, "Poisson"): {"lam": "rate"},
    (multivariate_normal, "MultivariateNormalDiag"): {
        "mu": "loc",
        "diag_stdev": "scale_diag",
    },
    (relaxed, "OneHotCategorical"): {"p": "probs"},
    (quantized, "QuantizedDistribution"): {
        "lower_cutoff": "low",
        "upper_cutoff": "high",
    },
    (relaxed, "RelaxedBernoulli"): {"p": "probs"},
    (relaxed, "RelaxedOneHotCategorical"): {"p": "probs"},
}
# Names up to 1.0 of classes that were renamed, with their parameters.
_RENAMED = {
    "MultivariateNormalCholesky": (
        multivariate_normal.MultivariateNormalTriL,
        {"mu": "loc", "chol": "scale_tril"},
    ),
    "MultivariateNormalDiagWithSoftplusStDev": (
        multivariate_normal.MultivariateNormalDiagWithSoftplusScale,
        {"mu": "loc", "diag_stdev": "scale_diag"},
    ),
    "MultivariateNormalFull": (
        multivariate_normal.MultivariateNormalFullCovariance,
        {"mu": "loc", "sigma": "covariance_matrix"},
    ),
    **{
        old: (softplus.CLASSES[new], names)
        for old, (new, names) in softplus.OLD.items()
    },
}
_SAME = (
    "Distribution FULLY_REPARAMETERIZED NOT_REPARAMETERIZED RegisterKL "
    "ReparameterizationType kl_divergence"
).split()
_FUNCTIONS = (
    "fill_triangular fill_triangular_inverse reduce_weighted_logsumexp "
    "softplus_inverse tridiag"
).split()


def _with_old_parameters(real, old):
    def adapt(real, args, kwargs):
        return real(*args, **renamed(kwargs, old))

    return adapted_class(real, adapt)


def matrix_diag_transform(matrix, transform=None, name=None):
    """The matrix with `transform` of its diagonal, [..., D, D]."""
    with tf.name_scope(name, "matrix_diag_transform"):
        matrix = tf.convert_to_tensor(matrix, name="matrix")
        if transform is None:
            return matrix
        return tf.matrix_set_diag(matrix, transform(tf.matrix_diag_part(matrix)))


NAMES = {
    **written(__name__, __path__),
    **{
        name: _with_old_parameters(getattr(tf.distributions, name), old)
        for name, old in _OLD_PARAMETERS.items()
    },
    **{
        name: _with_old_parameters(getattr(module, name), old)
        for (module, name), old in _OWN_OLD_PARAMETERS.items()
    },
    **{name: _with_old_parameters(*target) for name, target in _RENAMED.items()},
    **softplus.CLASSES,
    **{name: "tensorflow.compat.v1:distributions." + name for name in _SAME},
    **{name: "tensorflow.python.ops.distributions.util:" + name for name in _FUNCTIONS},
    "kl": "tensorflow.compat.v1:distributions.kl_divergence",
    "matrix_diag_transform": matrix_diag_transform,
}
