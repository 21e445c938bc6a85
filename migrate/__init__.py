"""TensorFlow 1 checkpoints of batch-normalised LSTMs, carried into Keras and proven.

``read(ckpt)`` gives the cells of a checkpoint as arrays; ``load(model, ckpt, map=...)``
fills a Keras model, ``load(layer, ckpt, scope=...)`` a layer, ``load_optimizer`` the
state of training; ``python -m migrate`` inspects, converts and verifies.

Names are looked up on first use, so that importing this package imports nothing heavy.
"""

import importlib

_HOMES = {
    "LoadError": "migrate.errors",
    "MigrateError": "migrate.errors",
    "load": "migrate.models.load",
    "load_optimizer": "migrate.models.optimizers",
    "read": "migrate.models.build",
}
__all__ = ["LoadError", "MigrateError", "load", "load_optimizer", "read"]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'migrate' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
