"""The cell with shared statistics, from which the per-step one descends.

One row of population statistics for all steps. Gates i, j, f, o; in every step
``bn(x W_xh) + bn(h W_hh) + bias``, each normalisation with an offset. Beside it in the
same script: an LSTM without batch normalisation, with the same initialisers. The
equations in NumPy are those of all such cells: ``normalised_equations``.
"""

from dataclasses import dataclass

from migrate.cells.lstm import LSTM
from migrate.cells.normalised import Normalised, axes

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


@dataclass(frozen=True, eq=False)
class UpdatedAlways(Shared):
    """The cell whose code updates its statistics in inference, too."""

    def faults(self, weights, moves=None):
        """See ``Layout``: its updates stand outside of the cond, unless a graph shows
        that they do not."""
        return super().faults(weights, moves or "always")


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

PLACE = 20
LAYOUTS = (SHARED, SHARED_GAMMA_BETA, SHARED_LSTM)
