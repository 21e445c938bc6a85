"""The cell with separate statistics for each time step: 13 variables, as they are."""

from bnlstm_compat import spec
from migrate.layouts.base import Layout

PER_STEP = Layout(
    name="per-step",
    summary="batch-normalised LSTM, population statistics for each time step",
    leaves={
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
    },
    marks=frozenset(
        f"{site}/{leaf}"
        for site in ("hh", "xh")
        for leaf in ("scale", "pop_mean", "pop_var")
    ),
    # An offset of x W_xh belongs to the cell with shared statistics.
    foreign=frozenset({"xh/offset"}),
    defaults={
        "epsilon": spec.EPSILON,
        "decay": spec.MOMENTUM,
        "activation": "tanh",
    },
)
