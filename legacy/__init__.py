"""TensorFlow 1 graph mode: the batch-normalised LSTM cell, and what runs old scripts.

Names are looked up on first use, so that importing this package imports nothing else.
"""

import importlib

_HOMES = {
    "BNLSTMCell": "cell",
    "install": "imports.setup",
    "offset_initializer": "cell",
    "orthogonal_lstm_initializer": "cell",
    "recalibrate": "recalibration",
}
__all__ = sorted(_HOMES)


def __getattr__(name):
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("bnlstm-compat")
    if name not in _HOMES:
        raise AttributeError(f"module 'legacy' has no attribute {name!r}")
    return getattr(importlib.import_module("legacy." + _HOMES[name]), name)
