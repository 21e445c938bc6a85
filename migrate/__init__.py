"""TensorFlow 1 checkpoints of batch-normalised LSTMs, carried into Keras and proven.

Every verb of ``python -m migrate`` is a function here: ``inspect``, ``convert``,
``verify``, ``revert``, ``diff``, ``diagnose``. ``read(source)`` gives the cells of a
checkpoint as arrays; ``load(model, source, map=...)`` fills a Keras model,
``load(layer, source, scope=...)`` a layer, ``load_optimizer`` the state of training.

Names are looked up on first use, so that importing this package imports nothing heavy.
Still, ``keras.models.load_model`` knows the layers of whole models then.
"""

import importlib

from migrate.registration import register_with_keras

_HOMES = {
    "LoadError": "migrate.errors",
    "MigrateError": "migrate.errors",
    "MigrateWarning": "migrate.errors",
    "Settings": "migrate.cells.settings",
    "convert": "migrate.verbs.convert",
    "diagnose": "migrate.verbs.diagnose",
    "diff": "migrate.verbs.diff",
    "inspect": "migrate.verbs.inspect",
    "load": "migrate.models.load",
    "load_optimizer": "migrate.models.optimizers",
    "model": "migrate.models.whole",
    "read": "migrate.verbs.convert",
    "revert": "migrate.verbs.revert",
    "verify": "migrate.verbs.verify",
}
__all__ = list(_HOMES)


def __getattr__(name):
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("bnlstm-compat")
    if name not in _HOMES:
        raise AttributeError(f"module 'migrate' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__():
    return sorted({*globals(), *_HOMES, "__version__"})


register_with_keras()
