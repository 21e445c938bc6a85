"""The per-step cell: separate population statistics for each time step."""

from dataclasses import dataclass

from bnlstm_compat import spec
from migrate.cells.normalised import Normalised, axes

#: From the cell's name of a variable to the weight of ``bnlstm_compat.spec``.
NAMES = {
    "W_xh": "kernel",
    "W_hh": "recurrent_kernel",
    "hh/scale": "recurrent_gamma",
    "hh/offset": "recurrent_beta",
    "hh/pop_mean": "recurrent_moving_mean",
    "hh/pop_var": "recurrent_moving_variance",
    "xh/scale": "input_gamma",
    "xh/pop_mean": "input_moving_mean",
    "xh/pop_var": "input_moving_variance",
    "c/scale": "cell_gamma",
    "c/offset": "cell_beta",
    "c/pop_mean": "cell_moving_mean",
    "c/pop_var": "cell_moving_variance",
}


@dataclass(frozen=True, eq=False)
class PerStep(Normalised):
    """A layout whose variables are Keras's under other names."""

    in_legacy = True


def _options(roles):
    """What the layouts with these roles have in common."""
    return {
        "target": "BNLSTM",
        "defaults": {
            "epsilon": spec.EPSILON,
            "decay": spec.MOMENTUM,
            "activation": "tanh",
            "recurrent_activation": "sigmoid",
            "forget_bias": 0.0,
        },
        "shapes": {name: axes(role, per_step=True) for name, role in roles.items()},
        "roles": roles,
    }


_MARKS = frozenset(
    f"{site}/{name}"
    for site in ("hh", "xh")
    for name in ("scale", "pop_mean", "pop_var")
)
PER_STEP = PerStep(
    name="per-step",
    summary="batch-normalised LSTM, population statistics for each time step",
    marks=_MARKS,
    **_options(NAMES),
)
PER_STEP_ALL = PerStep(
    name="per-step-all",
    summary="the per-step cell of forks that call its statistics pop_mean_all, "
    "pop_var_all",
    spelling={name: f"{name}_all" for name in NAMES if "/pop_" in name},
    marks=_MARKS,
    **_options(NAMES),
)
PER_STEP_INPUT_OFFSET = Normalised(
    name="per-step-input-offset",
    summary="the per-step cell of forks that have an offset of the input, too",
    by_choice=True,
    **_options(NAMES | {"xh/offset": "input_beta"}),
)

PLACE = 10
LAYOUTS = (PER_STEP, PER_STEP_ALL, PER_STEP_INPUT_OFFSET)
