"""The unrolled tf.layers cell: ``tf.layers.batch_normalization`` at each step.

Gates f, i, o, j. Gamma and beta differ by step, too. Unrolled, step t has the layers
``bn_xWXH{t}``, ``bn_hWHH{t}``, ``bn_next_cell_state{t}``; under ``dynamic_rnn`` the
cell is traced once, so that all steps share t = 0.
"""

import re
from dataclasses import dataclass

import numpy as np

from bnlstm_compat.diagnosis import Finding
from bnlstm_compat.weights import BNLSTMWeights
from migrate.cells import equations
from migrate.cells.base import Layout
from migrate.cells.merging import fold, unfold
from migrate.cells.normalised import GATES, forget_vector
from migrate.cells.shared import WIDEN

IN_THE_LOOP = "updates inside the loop"

_SITES = {"bn_xWXH": "input", "bn_hWHH": "recurrent", "bn_next_cell_state": "cell"}
_PARTS = ("gamma", "beta", "moving_mean", "moving_variance")
_MATRICES = {"W_XH": "kernel", "W_HH": "recurrent_kernel"}
_NORM = re.compile(rf"({'|'.join(_SITES)})(0|[1-9]\d*)/({'|'.join(_PARTS)})")


@dataclass(frozen=True, eq=False)
class Unrolled(Layout):
    """M is the number of steps that were unrolled, 1 under ``dynamic_rnn``."""

    trains_alike = False  # three offsets are one

    def knows(self, suffix):
        """See ``Layout``."""
        return suffix in self.shapes or _NORM.fullmatch(suffix) is not None

    def shapes_for(self, suffixes):
        """See ``Layout``: those of steps 0 to the last one that occurs."""
        found = [_NORM.fullmatch(suffix) for suffix in suffixes]
        # A gap makes the cell incomplete: no more steps are asked for than it may have.
        steps = min(
            1 + max((int(norm[2]) for norm in found if norm), default=0),
            sum(norm is not None for norm in found) + 1,
        )
        return {**self.shapes, **_norms(steps)}

    def steps(self, shapes, sizes):
        """See ``Layout``."""
        del sizes
        return sum(name.endswith("/gamma") for name in shapes) // len(_SITES)

    def padding(self, cell):
        """See ``Layout``: unrolled, the step is that of the loop, whatever stands in
        row 0. So each row counts its own steps; moments of a training batch leave out
        padding, which TensorFlow 1 did not, but only there the two differ."""
        return "v1" if cell.max_bn_steps == 1 else "masked"

    def places(self, cell):
        """See ``Layout``."""
        placed = {name: (weight, "as it is") for name, weight in _MATRICES.items()}
        merged = self.merged(cell)
        for step in range(cell.max_bn_steps):
            for v1_site, site in _SITES.items():
                for part in _PARTS:
                    name = f"{v1_site}{step}/{part}"
                    weight = "recurrent_beta" if name in merged else f"{site}_{part}"
                    placed[name] = (weight, self._change(name in merged, step))
        placed["bias"] = ("recurrent_beta", self._change(True, "t"))
        return placed

    @staticmethod
    def _change(merged, step):
        if merged:
            return f"row {step}: the sum of bn_hWHH/beta, bn_xWXH/beta and bias"
        return f"row {step}"

    def merged(self, cell, settings=None):
        """See ``Layout``."""
        del settings
        betas = (
            f"{site}{step}/beta"
            for step in range(cell.max_bn_steps)
            for site in ("bn_hWHH", "bn_xWXH")
        )
        return ("bias", *betas)

    def to_keras(self, arrays, settings=None):
        """See ``Layout``."""
        tables = {
            (site, part): _table(arrays, v1_site, part)
            for v1_site, site in _SITES.items()
            for part in _PARTS
        }
        inner = tables.pop(("input", "beta"))
        outer = tables.pop(("recurrent", "beta"))
        constant = self._forget(settings, outer)
        return BNLSTMWeights(
            **{name: arrays[variable] for variable, name in _MATRICES.items()},
            **{f"{site}_{part}": table for (site, part), table in tables.items()},
            recurrent_beta=fold(outer, inner, arrays["bias"], constant=constant),
        )

    def from_keras(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        given = weights.asdict()
        total = given["recurrent_beta"]
        if originals is None:
            originals = {"bias": np.zeros_like(total[0])}
            outer, inner = total, np.zeros_like(total)
        else:
            outer, inner = (
                _table(originals, site, "beta") for site in ("bn_hWHH", "bn_xWXH")
            )
        offsets = unfold(
            total,
            outer,
            inner,
            originals["bias"],
            constant=self._forget(settings, total),
        )
        given["recurrent_beta"], given["input_beta"], bias = offsets
        return {
            **{variable: given[name] for variable, name in _MATRICES.items()},
            "bias": bias,
            **{
                f"{v1_site}{step}/{part}": given[f"{site}_{part}"][step]
                for step in range(len(total))
                for v1_site, site in _SITES.items()
                for part in _PARTS
            },
        }

    def _forget(self, settings, table):
        amount = self.setting(settings, "forget_bias")
        return forget_vector(amount, GATES, table.shape[-1] // len(GATES))

    def equations(self, arrays, activation, settings):
        """See ``Layout``."""
        return UnrolledCell(arrays, activation, settings)

    def faults(self, weights):
        """See ``Layout``: those of a cell that was traced once."""
        if weights.max_bn_steps > 1:
            return []
        return [
            Finding(
                IN_THE_LOOP,
                (0,),
                "only step 0 has variables: the cell was traced once, by dynamic_rnn, "
                "and its update ops live inside of the loop, where nothing can run "
                "them",
                "the statistics are as they were made, whatever was trained: inference "
                "does not normalise",
                WIDEN,
            )
        ]


class UnrolledCell(equations.Cell):
    """Batch normalisation with layers of its own for each step that was unrolled."""

    def step(self, x, state, t, training):
        """One step."""
        w, (c, h) = self.variables, state
        row = min(t, sum(name.startswith("bn_xWXH") for name in w) // 4 - 1)
        gates = (
            self._norm(x @ w["W_XH"], f"bn_xWXH{row}", training)
            + self._norm(h @ w["W_HH"], f"bn_hWHH{row}", training)
            + w["bias"]
        )
        c, output = self.combine(gates, "fioj", c, self.settings["forget_bias"])
        normal = self._norm(c, f"bn_next_cell_state{row}", training)
        h = self.activation(normal) * output
        return h, (c, h)

    def statistics(self):
        """See ``equations.Cell``."""
        return {k: array for k, array in self.variables.items() if "/moving_" in k}

    def _norm(self, z, site, training):
        w = self.variables
        scale, offset, *statistics = (f"{site}/{part}" for part in _PARTS)
        moments = [w[name] for name in statistics]
        if training:
            kept, moments = self.settings["decay"], [z.mean(0), z.var(0)]
            for name, moment in zip(statistics, moments, strict=True):
                w[name] = w[name] * kept + moment * (1 - kept)
        return equations.normalise(
            z, w[scale], w[offset], moments, self.settings["epsilon"]
        )


def _norms(steps):
    return {
        f"{site}{step}/{part}": ("H",) if "cell" in site else ("4H",)
        for step in range(steps)
        for site in _SITES
        for part in _PARTS
    }


def _table(arrays, site, part):
    """[M,.]: one row a step."""
    pattern = re.compile(rf"{site}\d+/{part}")
    steps = sum(pattern.fullmatch(name) is not None for name in arrays)
    return np.stack([arrays[f"{site}{step}/{part}"] for step in range(steps)])


UNROLLED = Unrolled(
    name="unrolled",
    aliases=("comment",),
    summary="batch-normalised LSTM, tf.layers.batch_normalization for each step",
    target="BNLSTM",
    defaults={
        "epsilon": 1e-3,
        "decay": 0.99,
        "activation": "tanh",
        "forget_bias": 0.0,
    },
    shapes={"W_XH": ("D", "4H"), "W_HH": ("H", "4H"), "bias": ("4H",)},
    marks=frozenset({"W_XH", "W_HH"}),
)
