"""TensorFlow 1's own LSTM cells, in the spellings of three ranges of releases.

Their variables have names that anything could have (``kernel``, ``bias``), so that they
are known by the cell's own name, the last component of the scope. Names changed twice:
up to 0.12, 1.0 and 1.1, from 1.2 on.
"""

import re
from dataclasses import dataclass

import numpy as np

from migrate.cells import equations
from migrate.cells.base import Layout, gates_text, reorder
from migrate.cells.merging import fold, unfold
from migrate.cells.normalised import forget_vector
from migrate.cells.plain import LSTM_GATES, PlainWeights

FROM_1_2 = {}
FROM_1_0 = {"kernel": "weights", "bias": "biases"}


def named(pattern):
    """The pattern of a cell's own name; a second one in a scope has a number behind."""
    return re.compile(rf"{pattern}(_\d+)?")


@dataclass(frozen=True, eq=False)
class LSTM(Layout):
    """One matrix for input and state; the forget bias is added at run time.

    ``gates`` is the order in the matrix.
    """

    gates: str = "ijfo"

    def places(self, cell):
        """See ``Layout``."""
        del cell
        order = gates_text(self.gates, LSTM_GATES)
        return {
            "kernel": (
                "kernel, recurrent_kernel",
                f"first D rows, other H rows; {order}",
            ),
            "bias": ("bias", f"{order}; forget_bias added"),
        }

    def merged(self, cell, settings=None):
        """See ``Layout``: a sum with the forget bias is rounded."""
        del cell, settings
        return ("bias",)

    def to_keras(self, arrays, settings=None):
        """See ``Layout``."""
        kernel = reorder(arrays["kernel"], self.gates, LSTM_GATES)
        units = kernel.shape[-1] // len(self.gates)
        bias = fold(arrays["bias"], constant=self._forget(settings, units))
        return PlainWeights(
            kernel[:-units],
            kernel[-units:],
            reorder(bias, self.gates, LSTM_GATES),
        )

    def from_keras(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        kernel = np.concatenate([weights.kernel, weights.recurrent_kernel])
        total = reorder(weights.bias, LSTM_GATES, self.gates)
        (bias,) = unfold(
            total,
            total if originals is None else originals["bias"],
            constant=self._forget(settings, weights.units),
        )
        return {"kernel": reorder(kernel, LSTM_GATES, self.gates), "bias": bias}

    def _forget(self, settings, units):
        return forget_vector(self.setting(settings, "forget_bias"), self.gates, units)

    def equations(self, arrays, activation, settings):
        """See ``Layout``."""
        return LSTMCell(arrays, activation, settings)


class LSTMCell(equations.Cell):
    """BasicLSTMCell, LSTMCell, and CudnnLSTM in its canonical form."""

    def step(self, x, state, t, training):
        """One step."""
        del t, training
        w, (c, h) = self.variables, state
        gates = np.concatenate([x, h], axis=1) @ w["kernel"] + w["bias"]
        c, output = self.combine(gates, "ijfo", c, self.settings["forget_bias"])
        h = self.activation(c) * output
        return h, (c, h)


_SHAPES = {"kernel": ("D+H", "4H"), "bias": ("4H",)}
_PEEPHOLES = {f"w_{gate}_diag": ("H",) for gate in "ifo"}
_PROJECTION = {"projection/kernel": ("H", "P")}


def _lstm(name, summary, cell_names, spelling, more=None, **options):
    return LSTM(
        name=name,
        summary=summary,
        target="LSTM",
        defaults={"forget_bias": 1.0, "activation": "tanh"} | options.pop("other", {}),
        shapes=_SHAPES | (more or {}),
        spelling=spelling,
        cell_names=named(cell_names),
        **options,
    )


def _lstm_cells():
    """LSTMCell of each release, without and with what Keras cannot express."""
    spellings = {
        "": (
            "(lstm_cell|lstm_fused_cell)",
            {},
        ),
        "-1.0": ("lstm_cell", {**FROM_1_0, "projection/kernel": "projection/weights"}),
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


LSTMS = (
    _lstm("basic-lstm", "BasicLSTMCell", "basic_lstm_cell", FROM_1_2),
    _lstm("basic-lstm-1.0", "BasicLSTMCell", "basic_lstm_cell", FROM_1_0),
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
        FROM_1_2,
        other={"forget_bias": 0.0},
    ),
)
