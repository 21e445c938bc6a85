"""Whole models and their layers, known to ``keras.models.load_model``.

Keras finds a layer only if its class was registered, and registering it needs Keras.
Importing ``migrate`` imports no Keras; so this waits until somebody does.
"""

import importlib
import importlib.util
import sys

_PACKAGE = "bnlstm_compat"
_LAYERS = (
    _PACKAGE,
    "migrate.models.chain",
    "migrate.models.graph_part",
    "migrate.models.known",
    "migrate.models.model",
    "migrate.models.offsets",
    "migrate.models.terms",
)


def register_with_keras() -> None:
    """Registers the layers, at once or as soon as Keras is imported."""
    if "keras" in sys.modules:
        _register()
    else:
        sys.meta_path.insert(0, _Finder())


def _register():
    if sys.modules["keras"].config.backend() == "tensorflow":  # no other can run them
        for name in _LAYERS:
            importlib.import_module(name)


class _Finder:
    """Finds Keras as everybody does, and registers the layers when it is imported.

    Our modules often import Keras while they are half imported themselves; the layers,
    which need their names, then wait until they are complete.
    """

    def __init__(self):
        self._incomplete = 0  # modules of ours that are being imported

    def find_spec(self, name, path=None, target=None):
        """See ``importlib.abc.MetaPathFinder``."""
        ours = name == _PACKAGE or name.startswith("migrate.")
        if not ours and name != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        sys.meta_path.insert(0, self)  # Some only ask whether Keras is there.
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module):
                self._incomplete += ours
                try:
                    execute(module)
                finally:
                    self._incomplete -= ours
                if "keras" in sys.modules and not self._incomplete:
                    self._register_once()

            spec.loader.exec_module = execute_and_register
        return spec

    def _register_once(self):
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            _register()
