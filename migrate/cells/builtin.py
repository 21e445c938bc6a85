"""The recurrent cells that TensorFlow 1 brought itself: LSTM and GRU cells.

Their variables have names that anything could have (``kernel``, ``bias``), so that they
are known by the cell's own name, the last component of the scope. Releases spelled the
names in three ways: up to 0.12, 1.0 and 1.1, from 1.2 on.
"""

import re
from dataclasses import dataclass

import numpy as np

from migrate.cells.base import Layout, reorder
from migrate.cells.merging import same_elements
from migrate.cells.plain import GRU_GATES, LSTM_GATES, PlainWeights

_FROM_1_2 = {}
_FROM_1_0 = {"kernel": "weights", "bias": "biases"}
_GRU_GATES = "rz"  # and the candidate, h, in variables of its own


@dataclass(frozen=True, eq=False)
class LSTM(Layout):
    """One matrix for input and state; the forget bias is added at run time.

    ``gates`` is the order in the matrix.
    """

    gates: str = "ijfo"

    def places(self, cell):
        """See ``Layout``."""
        del cell
        order = f"gates {', '.join(self.gates)} put in the order i, f, j, o"
        return {
            "kernel": (
                "kernel, recurrent_kernel",
                f"first D rows, other H rows; {order}",
            ),
            "bias": ("bias", f"{order}; forget_bias added"),
        }

    def folded(self, cell):
        """See ``Layout``: a sum with the forget bias is rounded."""
        del cell
        return ("bias",)

    def to_canonical(self, arrays, settings=None):
        """See ``Layout``."""
        kernel = reorder(arrays["kernel"], self.gates, LSTM_GATES)
        units = kernel.shape[-1] // len(self.gates)
        bias = reorder(self._added(arrays["bias"], 1, settings), self.gates, LSTM_GATES)
        return PlainWeights(kernel[:-units], kernel[-units:], bias)

    def from_canonical(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        kernel = np.concatenate([weights.kernel, weights.recurrent_kernel])
        total = reorder(weights.bias, LSTM_GATES, self.gates)
        bias = self._added(total, -1, settings)
        if originals is not None:
            same = same_elements(self._added(originals["bias"], 1, settings), total)
            bias = np.where(same, originals["bias"], bias)
        return {"kernel": reorder(kernel, LSTM_GATES, self.gates), "bias": bias}

    def _added(self, bias, sign, settings):
        """The forget gate's bias moved; in float64, rounded once."""
        amount = sign * self.setting(settings, "forget_bias")
        parts = np.split(np.asarray(bias), len(self.gates))
        forget = self.gates.index("f")
        moved = parts[forget].astype(np.float64) + amount
        parts[forget] = moved.astype(parts[forget].dtype)
        return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class GRU(Layout):
    """The reset gate acts on the state before its matrix (``reset_after=False``)."""

    def places(self, cell):
        """See ``Layout``."""
        del cell
        gates = "gates r, z put in the order z, r"
        rows = "first D rows, other H rows"
        return {
            "gates/kernel": ("kernel, recurrent_kernel", f"{rows}; {gates}"),
            "gates/bias": ("bias", gates),
            "candidate/kernel": ("kernel, recurrent_kernel", f"{rows}; gate h"),
            "candidate/bias": ("bias", "gate h"),
        }

    def to_canonical(self, arrays, settings=None):
        """See ``Layout``."""
        del settings
        kernel, bias = (
            np.concatenate(
                [
                    reorder(arrays[f"gates/{name}"], _GRU_GATES, GRU_GATES[:2]),
                    arrays[f"candidate/{name}"],
                ],
                axis=-1,
            )
            for name in ("kernel", "bias")
        )
        units = bias.shape[-1] // len(GRU_GATES)
        return PlainWeights(kernel[:-units], kernel[-units:], bias)

    def from_canonical(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        del originals, settings
        kernel = np.concatenate([weights.kernel, weights.recurrent_kernel])
        whole = {"kernel": kernel, "bias": weights.bias}
        arrays = {}
        for name, array in whole.items():
            gates, candidate = _gates_and_candidate(array)
            arrays[f"gates/{name}"], arrays[f"candidate/{name}"] = gates, candidate
        return arrays


@dataclass(frozen=True, eq=False)
class CudnnGRU(Layout):
    """The reset gate acts on what the matrix gave (``reset_after=True``)."""

    trains_alike = False  # Keras has a second bias of the gates r and z

    def places(self, cell):
        """See ``Layout``."""
        del cell
        gates = "gates r, z put in the order z, r"
        placed = {
            "gates/kernel": (
                "kernel, recurrent_kernel",
                f"first D rows, other H rows; {gates}",
            ),
            "gates/bias": ("bias", f"row 0; {gates}"),
        }
        for row, part in enumerate(("input", "hidden")):
            matrix = ("kernel", "recurrent_kernel")[row]
            placed[f"candidate/{part}_projection/kernel"] = (matrix, "gate h")
            placed[f"candidate/{part}_projection/bias"] = ("bias", f"row {row}, gate h")
        return placed

    def to_canonical(self, arrays, settings=None):
        """See ``Layout``."""
        del settings
        gates = reorder(arrays["gates/kernel"], _GRU_GATES, GRU_GATES[:2])
        units = gates.shape[-1] // 2
        kernels = [
            np.concatenate([part, arrays[f"candidate/{name}_projection/kernel"]], -1)
            for part, name in ((gates[:-units], "input"), (gates[-units:], "hidden"))
        ]
        bias = reorder(arrays["gates/bias"], _GRU_GATES, GRU_GATES[:2])
        biases = [
            np.concatenate([part, arrays[f"candidate/{name}_projection/bias"]])
            for part, name in ((bias, "input"), (np.zeros_like(bias), "hidden"))
        ]
        return PlainWeights(*kernels, np.stack(biases))

    def from_canonical(self, weights, originals=None, settings=None):
        """See ``Layout``: Keras's second bias of a gate is added to its first."""
        del originals, settings
        arrays, gates, offsets = {}, [], []
        parts = {
            "input": (weights.kernel, weights.bias[0]),
            "hidden": (weights.recurrent_kernel, weights.bias[1]),
        }
        for name, (kernel, bias) in parts.items():
            rows, arrays[f"candidate/{name}_projection/kernel"] = _gates_and_candidate(
                kernel
            )
            gates.append(rows)
            offset, arrays[f"candidate/{name}_projection/bias"] = _gates_and_candidate(
                bias
            )
            offsets.append(offset)
        moved = offsets[1] != 0
        arrays["gates/bias"] = np.where(moved, offsets[0] + offsets[1], offsets[0])
        arrays["gates/kernel"] = np.concatenate(gates)
        return arrays


def _gates_and_candidate(array):
    """The gates r, z, and the candidate, of Keras's z, r, h along the last axis."""
    units = array.shape[-1] // len(GRU_GATES)
    gates, candidate = array[..., : 2 * units], array[..., 2 * units :]
    return reorder(gates, GRU_GATES[:2], _GRU_GATES), candidate


def _named(pattern):
    # A second cell in one scope has a number behind its name.
    return re.compile(rf"{pattern}(_\d+)?")


_LSTM_LEAVES = {"kernel": ("D+H", "4H"), "bias": ("4H",)}
_GRU_LEAVES = {
    "gates/kernel": ("D+H", "2H"),
    "gates/bias": ("2H",),
    "candidate/kernel": ("D+H", "H"),
    "candidate/bias": ("H",),
}
_CUDNN_GRU_LEAVES = {
    "gates/kernel": ("D+H", "2H"),
    "gates/bias": ("2H",),
    "candidate/input_projection/kernel": ("D", "H"),
    "candidate/input_projection/bias": ("H",),
    "candidate/hidden_projection/kernel": ("H", "H"),
    "candidate/hidden_projection/bias": ("H",),
}
_PEEPHOLES = {f"w_{gate}_diag": ("H",) for gate in "ifo"}
_PROJECTION = {"projection/kernel": ("H", "P")}


def _lstm(name, summary, cell_names, spelling, more=None, **options):
    return LSTM(
        name=name,
        summary=summary,
        target="LSTM",
        defaults={"forget_bias": 1.0, "activation": "tanh"} | options.pop("other", {}),
        leaves=_LSTM_LEAVES | (more or {}),
        spelling=spelling,
        cell_names=_named(cell_names),
        **options,
    )


def _gru(name, summary, cell_names, spelling):
    return GRU(
        name=name,
        summary=summary,
        target="GRU",
        defaults={"activation": "tanh"},
        leaves=_GRU_LEAVES,
        spelling=spelling,
        cell_names=_named(cell_names),
    )


def _lstm_cells():
    """LSTMCell of each release, without and with what Keras cannot express."""
    spellings = {
        "": (
            "(lstm_cell|lstm_fused_cell)",
            {},
        ),
        "-1.0": ("lstm_cell", {**_FROM_1_0, "projection/kernel": "projection/weights"}),
        "-0.12": (
            "LSTMCell",
            {
                "kernel": "W_0",
                "bias": "B",
                "projection/kernel": "W_P_0",
                **{f"w_{gate}_diag": f"W_{gate.upper()}_diag" for gate in "ifo"},
            },
        ),
    }
    kinds = {
        "lstm": ({}, None),
        "lstm-peepholes": (_PEEPHOLES, "peepholes"),
        "lstm-projection": (_PROJECTION, "a projection of the output"),
        "lstm-peepholes-projection": (
            _PEEPHOLES | _PROJECTION,
            "peepholes and a projection of the output",
        ),
    }
    return tuple(
        _lstm(
            kind + release,
            f"LSTMCell, LSTMBlockCell{f' with {lacking}' if lacking else ''}",
            cell_names,
            spelling,
            more,
            lacking=lacking,
            gates="ijfo",
        )
        for kind, (more, lacking) in kinds.items()
        for release, (cell_names, spelling) in spellings.items()
    )


RECURRENT = (
    _lstm("basic-lstm", "BasicLSTMCell", "basic_lstm_cell", _FROM_1_2),
    _lstm("basic-lstm-1.0", "BasicLSTMCell", "basic_lstm_cell", _FROM_1_0),
    _lstm(
        "basic-lstm-0.12",
        "BasicLSTMCell",
        "BasicLSTMCell",
        {"kernel": "Linear/Matrix", "bias": "Linear/Bias"},
    ),
    *_lstm_cells(),
    _lstm(
        "cudnn-lstm",
        "CudnnLSTM as it is saved, CudnnCompatibleLSTMCell",
        "cudnn_compatible_lstm_cell",
        _FROM_1_2,
        other={"forget_bias": 0.0},
    ),
    _gru("gru", "GRUCell", "gru_cell", _FROM_1_2),
    _gru(
        "gru-1.0",
        "GRUCell",
        "gru_cell",
        {
            f"{part}/{leaf}": f"{part}/{name}"
            for part in ("gates", "candidate")
            for leaf, name in _FROM_1_0.items()
        },
    ),
    _gru(
        "gru-0.12",
        "GRUCell",
        "GRUCell",
        {
            f"{part.lower()}/{leaf}": f"{part}/Linear/{name}"
            for part in ("Gates", "Candidate")
            for leaf, name in (("kernel", "Matrix"), ("bias", "Bias"))
        },
    ),
    CudnnGRU(
        name="cudnn-gru",
        summary="CudnnGRU as it is saved, CudnnCompatibleGRUCell",
        target="GRU",
        defaults={"activation": "tanh"},
        leaves=_CUDNN_GRU_LEAVES,
        cell_names=_named("cudnn_compatible_gru_cell"),
    ),
)
