"""The cell that the per-step one descends from ("olavhn"): one row of statistics.

With batch normalisation, and the plain LSTM with the same initialisers beside it. Gates
i, j, f, o; in every step ``bn(x W_xh) + bn(h W_hh) + bias``, each with an offset.
"""

from dataclasses import dataclass

import numpy as np

from bnlstm_compat import spec
from bnlstm_compat.weights import BNLSTMWeights
from migrate.cells.base import Layout, reorder
from migrate.cells.merging import fold, unfold
from migrate.cells.plain import LSTM_GATES, PlainWeights

_V1_GATES = "ijfo"
_GATES = "".join(spec.GATES)
_SITES = {"hh": "recurrent", "xh": "input", "c": "cell"}
_PARTS = {
    "scale": "gamma",
    "pop_mean": "moving_mean",
    "pop_var": "moving_variance",
}
_MATRICES = {"W_xh": "kernel", "W_hh": "recurrent_kernel"}
# Offsets that are one in Keras; the first takes a change.
_OFFSETS = ("hh/offset", "xh/offset", "bias")


@dataclass(frozen=True, eq=False)
class Shared(Layout):
    """Statistics shared by all steps: one row (M = 1) of Keras's tables."""

    trains_alike = False  # three offsets are one

    def steps(self, leaves, sizes):
        """See ``Layout``."""
        del leaves, sizes
        return 1

    def places(self, cell):
        """See ``Layout``."""
        del cell
        order = "gates i, j, f, o put in the order f, i, o, j"
        placed = {leaf: (name, order) for leaf, name in _MATRICES.items()}
        for site, keras_site in _SITES.items():
            rule = order if site != "c" else "as it is"
            for leaf, name in _PARTS.items():
                row = "" if leaf == "scale" else "; the one row of the table"
                placed[f"{site}/{leaf}"] = (f"{keras_site}_{name}", rule + row)
        rule = f"{order}; the sum of {', '.join(_OFFSETS)}"
        placed |= dict.fromkeys(_OFFSETS, ("recurrent_beta", rule))
        placed["c/offset"] = ("cell_beta", "as it is")
        return placed

    def folded(self, cell):
        """See ``Layout``."""
        del cell
        return _OFFSETS

    def to_canonical(self, arrays, settings=None):
        """See ``Layout``."""
        del settings
        made = {
            name: reorder(arrays[leaf], _V1_GATES, _GATES)
            for leaf, name in _MATRICES.items()
        }
        for site, keras_site in _SITES.items():
            for leaf, name in _PARTS.items():
                array = np.asarray(arrays[f"{site}/{leaf}"])
                if site != "c":
                    array = reorder(array, _V1_GATES, _GATES)
                made[f"{keras_site}_{name}"] = array if leaf == "scale" else array[None]
        offset = fold(*(arrays[leaf] for leaf in _OFFSETS))
        made["recurrent_beta"] = reorder(offset, _V1_GATES, _GATES)
        made["cell_beta"] = arrays["c/offset"]
        return BNLSTMWeights(**made)

    def from_canonical(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        del settings
        given = weights.asdict()
        arrays = {
            leaf: reorder(given[name], _GATES, _V1_GATES)
            for leaf, name in _MATRICES.items()
        }
        for site, keras_site in _SITES.items():
            for leaf, name in _PARTS.items():
                array = given[f"{keras_site}_{name}"]
                array = array if leaf == "scale" else array[0]
                if site != "c":
                    array = reorder(array, _GATES, _V1_GATES)
                arrays[f"{site}/{leaf}"] = array
        total = reorder(given["recurrent_beta"], _GATES, _V1_GATES)
        if originals is None:
            originals = dict.fromkeys(_OFFSETS, np.zeros_like(total))
            originals["hh/offset"] = total
        offsets = unfold(total, *(originals[leaf] for leaf in _OFFSETS))
        arrays |= dict(zip(_OFFSETS, offsets, strict=True))
        arrays["c/offset"] = given["cell_beta"]
        return arrays


@dataclass(frozen=True, eq=False)
class Plain(Layout):
    """The LSTM without batch normalisation; no forget bias is added at run time."""

    def places(self, cell):
        """See ``Layout``."""
        del cell
        order = "gates i, j, f, o put in the order i, f, j, o"
        return {
            "W_xh": ("kernel", order),
            "W_hh": ("recurrent_kernel", order),
            "bias": ("bias", order),
        }

    def to_canonical(self, arrays, settings=None):
        """See ``Layout``."""
        del settings
        return PlainWeights(
            *(
                reorder(arrays[leaf], _V1_GATES, LSTM_GATES)
                for leaf in ("W_xh", "W_hh", "bias")
            )
        )

    def from_canonical(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        del originals, settings
        names = {"W_xh": "kernel", "W_hh": "recurrent_kernel", "bias": "bias"}
        given = weights.asdict()
        return {
            leaf: reorder(given[name], LSTM_GATES, _V1_GATES)
            for leaf, name in names.items()
        }


OLAVHN = Shared(
    name="olavhn",
    summary="batch-normalised LSTM, population statistics shared by all steps",
    target="BNLSTM",
    defaults={"epsilon": 1e-3, "decay": 0.999, "activation": "tanh"},
    leaves={
        "W_xh": ("D", "4H"),
        "W_hh": ("H", "4H"),
        "bias": ("4H",),
        **{
            f"{site}/{leaf}": ("H",) if site == "c" else ("4H",)
            for site in ("xh", "hh", "c")
            for leaf in ("scale", "offset", "pop_mean", "pop_var")
        },
    },
    marks=frozenset({"xh/offset"}),
)
OLAVHN_LSTM = Plain(
    name="olavhn-lstm",
    summary="the plain LSTM beside the cell with shared statistics",
    target="LSTM",
    defaults={"activation": "tanh"},
    leaves={"W_xh": ("D", "4H"), "W_hh": ("H", "4H"), "bias": ("4H",)},
)
