"""The cell in a comment on the original: ``tf.layers.batch_normalization`` by step.

Gates f, i, o, j. Gamma and beta differ by step, too. Unrolled, step t has the layers
``bn_xWXH{t}``, ``bn_hWHH{t}``, ``bn_next_cell_state{t}``; under ``dynamic_rnn`` the
cell is traced once, so that all steps share t = 0.
"""

import re
from dataclasses import dataclass

import numpy as np

from bnlstm_compat.weights import BNLSTMWeights
from migrate.cells.base import Layout
from migrate.cells.merging import fold, unfold

_SITES = {"bn_xWXH": "input", "bn_hWHH": "recurrent", "bn_next_cell_state": "cell"}
_PARTS = ("gamma", "beta", "moving_mean", "moving_variance")
_MATRICES = {"W_XH": "kernel", "W_HH": "recurrent_kernel"}
_NORM = re.compile(rf"({'|'.join(_SITES)})(0|[1-9]\d*)/({'|'.join(_PARTS)})")


@dataclass(frozen=True, eq=False)
class Comment(Layout):
    """M is the number of steps that were unrolled, 1 under ``dynamic_rnn``."""

    trains_alike = False  # three offsets are one

    def knows(self, suffix):
        """See ``Layout``."""
        return suffix in self.leaves or _NORM.fullmatch(suffix) is not None

    def leaves_for(self, suffixes):
        """See ``Layout``: those of steps 0 to the last one that occurs."""
        found = [_NORM.fullmatch(suffix) for suffix in suffixes]
        # A gap makes the cell half, so no more steps are asked for than it may have.
        steps = min(
            1 + max((int(norm[2]) for norm in found if norm), default=0),
            sum(norm is not None for norm in found) + 1,
        )
        return {**self.leaves, **_norms(steps)}

    def steps(self, leaves, sizes):
        """See ``Layout``."""
        del sizes
        return sum(leaf.endswith("/gamma") for leaf in leaves) // len(_SITES)

    def padding(self, cell):
        """See ``Layout``: unrolled, the step is that of the loop, whatever stands in
        row 0. So each row counts its own steps; moments of a training batch leave out
        padding, which TensorFlow 1 did not, but only there the two differ."""
        return "v1" if cell.max_bn_steps == 1 else "masked"

    def places(self, cell):
        """See ``Layout``."""
        placed = {leaf: (name, "as it is") for leaf, name in _MATRICES.items()}
        folded = self.folded(cell)
        for step in range(cell.max_bn_steps):
            for v1_site, site in _SITES.items():
                for part in _PARTS:
                    leaf = f"{v1_site}{step}/{part}"
                    place = "recurrent_beta" if leaf in folded else f"{site}_{part}"
                    placed[leaf] = (place, self._rule(leaf in folded, step))
        placed["bias"] = ("recurrent_beta", self._rule(True, "t"))
        return placed

    @staticmethod
    def _rule(folded, step):
        if folded:
            return f"row {step}: the sum of bn_hWHH/beta, bn_xWXH/beta and bias"
        return f"row {step}"

    def folded(self, cell):
        """See ``Layout``."""
        betas = (
            f"{site}{step}/beta"
            for step in range(cell.max_bn_steps)
            for site in ("bn_hWHH", "bn_xWXH")
        )
        return ("bias", *betas)

    def to_canonical(self, arrays, settings=None):
        """See ``Layout``."""
        del settings
        tables = {
            (site, part): _table(arrays, v1_site, part)
            for v1_site, site in _SITES.items()
            for part in _PARTS
        }
        inner = tables.pop(("input", "beta"))
        outer = tables.pop(("recurrent", "beta"))
        return BNLSTMWeights(
            **{name: arrays[leaf] for leaf, name in _MATRICES.items()},
            **{f"{site}_{part}": table for (site, part), table in tables.items()},
            recurrent_beta=fold(outer, inner, arrays["bias"]),
        )

    def from_canonical(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        del settings
        given = weights.asdict()
        total = given["recurrent_beta"]
        if originals is None:
            offsets = (total, np.zeros_like(total), np.zeros_like(total[0]))
        else:
            outer, inner = (
                _table(originals, site, "beta") for site in ("bn_hWHH", "bn_xWXH")
            )
            offsets = unfold(total, outer, inner, originals["bias"])
        given["recurrent_beta"], given["input_beta"], bias = offsets
        return {
            **{leaf: given[name] for leaf, name in _MATRICES.items()},
            "bias": bias,
            **{
                f"{v1_site}{step}/{part}": given[f"{site}_{part}"][step]
                for step in range(len(total))
                for v1_site, site in _SITES.items()
                for part in _PARTS
            },
        }


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
    steps = sum(pattern.fullmatch(leaf) is not None for leaf in arrays)
    return np.stack([arrays[f"{site}{step}/{part}"] for step in range(steps)])


COMMENT = Comment(
    name="comment",
    summary="batch-normalised LSTM, tf.layers.batch_normalization for each step",
    target="BNLSTM",
    defaults={"epsilon": 1e-3, "decay": 0.99, "activation": "tanh"},
    leaves={"W_XH": ("D", "4H"), "W_HH": ("H", "4H"), "bias": ("4H",)},
    marks=frozenset({"W_XH", "W_HH"}),
)
