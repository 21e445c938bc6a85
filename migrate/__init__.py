"""TensorFlow 1 checkpoints of batch-normalised LSTMs, carried into Keras and proven.

``read(ckpt)`` gives the cells of a checkpoint as arrays; ``load(layer, ckpt,
scope=...)`` fills a Keras layer; ``python -m migrate`` inspects, converts and verifies.

Names are looked up on first use, so that importing this package imports nothing heavy.
"""

import importlib

_HOMES = {
    "load": "migrate.convert",
    "MigrateError": "migrate.errors",
    "read": "migrate.convert",
}
__all__ = ["MigrateError", "load", "read"]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'migrate' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
