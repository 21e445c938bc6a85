"""Distributions whose parameters go through softplus, abs or sigmoid first.

Origin: TensorFlow 0.12.1, 1.0.0 and 1.15.5, whose names differ.
"""

import functools

import tensorflow.compat.v1 as tf

from legacy.contrib.distributions import scalar

__all__ = ["BernoulliWithSigmoidP", "Chi2", "Chi2WithAbsDf"]

_D = tf.distributions


def _whole_abs(value):
    return tf.floor(tf.abs(value))


def _through(real, name, **functions):
    """A subclass of `real` whose parameters go through these functions."""

    @functools.wraps(real.__init__)
    def start(self, *arguments, **named):
        order = list(functions)
        given = dict(zip(order, arguments, strict=False))
        more = {key: named.pop(key) for key in order if key in named}
        given.update(more)
        named.setdefault("name", name)
        with tf.name_scope(name):
            given = {
                key: functions[key](value) if functions[key] else value
                for key, value in given.items()
            }
        real.__init__(self, **given, **named)

    return type(name, (real,), {"__init__": start, "__doc__": real.__doc__})


def _all():
    soft = tf.nn.softplus
    gamma = {"concentration": soft, "rate": soft}
    loc_scale = {"loc": None, "scale": soft}
    made = [
        (
            _D.Beta,
            "BetaWithSoftplusConcentration",
            {"concentration1": soft, "concentration0": soft},
        ),
        (_D.Exponential, "ExponentialWithSoftplusRate", {"rate": soft}),
        (_D.Gamma, "GammaWithSoftplusConcentrationRate", gamma),
        (scalar.InverseGamma, "InverseGammaWithSoftplusConcentrationRate", gamma),
        (_D.Laplace, "LaplaceWithSoftplusScale", loc_scale),
        (_D.Normal, "NormalWithSoftplusScale", loc_scale),
        (
            _D.StudentT,
            "StudentTWithAbsDfSoftplusScale",
            {"df": _whole_abs, **loc_scale},
        ),
    ]
    return {name: _through(real, name, **changes) for real, name, changes in made}


CLASSES = _all()
# The names up to 1.0, and what their parameters are called now.
OLD = {
    "BetaWithSoftplusAB": (
        "BetaWithSoftplusConcentration",
        {"a": "concentration1", "b": "concentration0"},
    ),
    "ExponentialWithSoftplusLam": ("ExponentialWithSoftplusRate", {"lam": "rate"}),
    "GammaWithSoftplusAlphaBeta": (
        "GammaWithSoftplusConcentrationRate",
        {"alpha": "concentration", "beta": "rate"},
    ),
    "InverseGammaWithSoftplusAlphaBeta": (
        "InverseGammaWithSoftplusConcentrationRate",
        {"alpha": "concentration", "beta": "rate"},
    ),
    "NormalWithSoftplusSigma": (
        "NormalWithSoftplusScale",
        {"mu": "loc", "sigma": "scale"},
    ),
    "StudentTWithAbsDfSoftplusSigma": (
        "StudentTWithAbsDfSoftplusScale",
        {"mu": "loc", "sigma": "scale"},
    ),
}


class Chi2(_D.Gamma):
    """Sums of squares of `df` normal numbers."""

    def __init__(self, df, validate_args=False, allow_nan_stats=True, name="Chi2"):
        with tf.name_scope(name):
            self._df = tf.convert_to_tensor(df, name="df")
            half = tf.constant(0.5, self._df.dtype)
        super().__init__(half * self._df, half, validate_args, allow_nan_stats, name)

    df = property(lambda self: self._df)


class Chi2WithAbsDf(Chi2):
    """`Chi2` of floor(|df|)."""

    def __init__(
        self, df, validate_args=False, allow_nan_stats=True, name="Chi2WithAbsDf"
    ):
        super().__init__(_whole_abs(df), validate_args, allow_nan_stats, name)


class BernoulliWithSigmoidP(_D.Bernoulli):
    """`Bernoulli` of the chance sigmoid(p)."""

    def __init__(
        self,
        p=None,
        dtype=tf.int32,
        validate_args=False,
        allow_nan_stats=True,
        name="BernoulliWithSigmoidP",
    ):
        super().__init__(
            None, tf.sigmoid(p), dtype, validate_args, allow_nan_stats, name
        )
