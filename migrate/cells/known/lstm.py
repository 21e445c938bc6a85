"""TensorFlow 1's own LSTM cells, in the spellings of three ranges of releases."""

from migrate.cells.lstm import LSTM, LSTM_SHAPES
from migrate.cells.spellings import FROM_1_0, FROM_1_2, named

_PEEPHOLES = {f"w_{gate}_diag": ("H",) for gate in "ifo"}
_PROJECTION = {"projection/kernel": ("H", "P")}


def _lstm(name, summary, cell_names, spelling, more=None, **options):
    return LSTM(
        name=name,
        summary=summary,
        target="LSTM",
        defaults={
            "forget_bias": 1.0,
            "activation": "tanh",
            "recurrent_activation": "sigmoid",
        }
        | options.pop("other", {}),
        shapes=LSTM_SHAPES | (more or {}),
        roles={name: name for name in LSTM_SHAPES},
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


PLACE = 40
LAYOUTS = (
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
