"""The cell with separate statistics for each time step: 13 variables, as they are."""

from dataclasses import dataclass

from bnlstm_compat import spec
from bnlstm_compat.weights import BNLSTMWeights
from migrate.cells.base import Layout

#: From v1 leaf to the name in ``bnlstm_compat.spec``.
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
_AXES = {weight.name: weight.axes for weight in spec.WEIGHTS}


@dataclass(frozen=True, eq=False)
class PerStep(Layout):
    """A v1 layout whose variables are Keras's under other names."""

    def places(self, cell):
        """See ``Layout``."""
        del cell
        return {leaf: (name, "as it is") for leaf, name in NAMES.items()}

    def to_canonical(self, arrays, settings=None):
        """See ``Layout``."""
        del settings
        return BNLSTMWeights(**{name: arrays[leaf] for leaf, name in NAMES.items()})

    def from_canonical(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        del originals, settings
        arrays = weights.asdict()
        return {leaf: arrays[name] for leaf, name in NAMES.items()}


def _layout(name, summary, spelling):
    return PerStep(
        name=name,
        summary=summary,
        target="BNLSTM",
        defaults={
            "epsilon": spec.EPSILON,
            "decay": spec.MOMENTUM,
            "activation": "tanh",
        },
        leaves={leaf: _AXES[weight] for leaf, weight in NAMES.items()},
        spelling=spelling,
        marks=frozenset(
            f"{site}/{leaf}"
            for site in ("hh", "xh")
            for leaf in ("scale", "pop_mean", "pop_var")
        ),
    )


PER_STEP = _layout(
    "per-step", "batch-normalised LSTM, population statistics for each time step", {}
)
PER_STEP_ALL = _layout(
    "per-step-all",
    "the per-step cell of forks that call its statistics pop_mean_all, pop_var_all",
    {leaf: f"{leaf}_all" for leaf in NAMES if "/pop_" in leaf},
)
