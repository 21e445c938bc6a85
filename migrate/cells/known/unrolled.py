"""The unrolled tf.layers cell: ``tf.layers.batch_normalization`` at each step.

Gates f, i, o, j. Gamma and beta differ by step, too. Unrolled, step t has the layers
``bn_xWXH{t}``, ``bn_hWHH{t}``, ``bn_next_cell_state{t}``; under ``dynamic_rnn`` the
cell is traced once, so that all steps share t = 0.
"""

from dataclasses import dataclass

from migrate.cells.normalised import Normalised, axes

_SITES = {"bn_xWXH": "input", "bn_hWHH": "recurrent", "bn_next_cell_state": "cell"}
_PARTS = ("gamma", "beta", "moving_mean", "moving_variance")
_MATRICES = {"W_XH": "kernel", "W_HH": "recurrent_kernel", "bias": "bias"}


@dataclass(frozen=True, eq=False)
class Unrolled(Normalised):
    """M is the number of steps that were unrolled, 1 under ``dynamic_rnn``."""

    def faults(self, weights, moves=None):
        """See ``Layout``: with variables of step 0 alone it was traced once, and its
        updates stand in the loop."""
        if moves is None and weights.max_bn_steps == 1:
            moves = "in the loop"
        return super().faults(weights, moves)


UNROLLED = Unrolled(
    name="unrolled",
    aliases=("comment",),
    summary="batch-normalised LSTM, tf.layers.batch_normalization for each step",
    target="BNLSTM",
    defaults={
        "epsilon": 1e-3,
        "decay": 0.99,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "forget_bias": 0.0,
    },
    shapes={name: axes(role, per_step=True) for name, role in _MATRICES.items()},
    roles=_MATRICES
    | {
        f"{site}{{t}}/{part}": f"{keras_site}_{part}"
        for site, keras_site in _SITES.items()
        for part in _PARTS
    },
    marks=frozenset({"W_XH", "W_HH"}),
)

PLACE = 30
LAYOUTS = (UNROLLED,)
