"""The cell with shared statistics, from which the per-step one descends.

One row of population statistics for all steps. Gates i, j, f, o; in every step
``bn(x W_xh) + bn(h W_hh) + bias``, each normalisation with an offset. Beside it in the
same script: an LSTM without batch normalisation, with the same initialisers.
"""

from dataclasses import dataclass

from bnlstm_compat import spec
from bnlstm_compat.diagnosis import Finding
from migrate.cells.lstm import LSTM
from migrate.cells.normalised import Normalised, axes

SHARED_BY_ALL = "shared by all steps"
AT_TEST_TIME = "updated at test time"
WIDEN = "convert with --max-bn-steps of one row a step, then bnlstm_compat.recalibrate"

_GATES = "ijfo"
_SITES = {"hh": "recurrent", "xh": "input", "c": "cell"}
_PARTS = {
    "scale": "gamma",
    "offset": "beta",
    "pop_mean": "moving_mean",
    "pop_var": "moving_variance",
}
_ROLES = {
    "W_xh": "kernel",
    "W_hh": "recurrent_kernel",
    "bias": "bias",
    **{
        f"{site}/{part}": f"{keras_site}_{keras_part}"
        for site, keras_site in _SITES.items()
        for part, keras_part in _PARTS.items()
    },
}


@dataclass(frozen=True, eq=False)
class Shared(Normalised):
    """Statistics shared by all steps: one row (M = 1) of Keras's tables."""

    def faults(self, weights):
        """See ``Layout``."""
        left = {
            site: float(getattr(weights, f"{site}_moving_variance").min())
            for site in spec.SITES
        }
        shares = ", ".join(f"{site} {min(1, s):.0%}" for site, s in left.items())
        return [
            Finding(
                SHARED_BY_ALL,
                (0,),
                "one row for all steps, that every step of a pass updates at the same "
                "time",
                "it mixes the moments of all steps, the first of which differ most; in "
                "TensorFlow 1 the updates race, so that some are lost, at each site "
                f"others (of the initial 0 and 1 up to this is left: {shares})",
                WIDEN,
            ),
        ]


@dataclass(frozen=True, eq=False)
class UpdatedAlways(Shared):
    """The cell whose code updates its statistics in inference, too."""

    def faults(self, weights):
        """See ``Layout``."""
        return [
            *super().faults(weights),
            Finding(
                AT_TEST_TIME,
                (0,),
                "the updates stand outside of the cond, so that inference makes them, "
                "too",
                "test data change the statistics; results depend on what was run "
                "before, and this checkpoint may hold moments of test data",
                f"none in TensorFlow 1; {WIDEN}",
            ),
        ]


SHARED = UpdatedAlways(
    name="shared",
    aliases=("olavhn",),
    summary="batch-normalised LSTM, population statistics shared by all steps",
    target="BNLSTM",
    defaults={
        "epsilon": 1e-3,
        "decay": 0.999,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "forget_bias": 0.0,
    },
    shapes={name: axes(role, per_step=False) for name, role in _ROLES.items()},
    roles=_ROLES,
    gates=_GATES,
    per_step=False,
    marks=frozenset({"xh/offset"}),
)
SHARED_LSTM = LSTM(
    name="shared-lstm",
    aliases=("olavhn-lstm",),
    summary="the LSTM without batch normalisation beside the cell with shared "
    "statistics",
    target="LSTM",
    defaults={
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "forget_bias": 0.0,
    },
    shapes={"W_xh": ("D", "4H"), "W_hh": ("H", "4H"), "bias": ("4H",)},
    roles={"W_xh": "kernel", "W_hh": "recurrent_kernel", "bias": "bias"},
    gates=_GATES,
)

_GAMMA_BETA = {
    name.replace("scale", "gamma")
    .replace("offset", "beta")
    .replace("pop_mean", "mean")
    .replace("pop_var", "var"): role
    for name, role in _ROLES.items()
}
SHARED_GAMMA_BETA = Shared(
    name="shared-gamma-beta",
    summary="the cell with shared statistics, under gamma, beta, mean and var",
    target="BNLSTM",
    defaults=SHARED.defaults,
    shapes={name: axes(role, per_step=False) for name, role in _GAMMA_BETA.items()},
    roles=_GAMMA_BETA,
    gates=_GATES,
    per_step=False,
    by_choice=True,
)
