"""Paths below which scripts found Keras and its layers: all lead to ``tf.keras``.

TensorFlow 2 keeps another, older Keras at ``tensorflow.python.keras``, whose layers do
not go together with those of ``tf.keras``. In TensorFlow 1 the two were one.
"""

import importlib
import types

# Where a module of Keras could be imported from -> what stands for it.
_ROOTS = {
    "tensorflow.python.keras._impl.keras": "tensorflow.keras",
    "tensorflow.python.keras.api.keras": "tensorflow.keras",
    "tensorflow.python.keras": "tensorflow.keras",
    "tensorflow.contrib.keras.python.keras": "tensorflow.keras",
    "tensorflow.contrib.keras.api.keras": "tensorflow.keras",
    "tensorflow.contrib.keras": "tensorflow.keras",
    "tensorflow.python.layers": "tensorflow.layers",
}
_SOURCES = {
    "tensorflow.keras": "tf_keras.src",
    "tensorflow.layers": "tf_keras.src.legacy_tf_layers",
}
# Internal modules that Keras has renamed since.
_MOVED = {
    "utils.training_utils": "engine.training_utils_v1",
    "engine.training": "engine.training_v1",
    "engine.topology": "engine.base_layer",
    "layers.base": "base",
}
# Modules that are no part of Keras and stay what they are.
_REAL = ("tensorflow.python.layers.utils",)


class _Joined(types.ModuleType):
    """A module that answers with what the first of several modules has."""

    def __init__(self, path, modules):
        super().__init__(path)
        self.__dict__["_modules"] = modules

    def __getattr__(self, name):
        for module in self._modules:
            try:
                return getattr(module, name)
            except (AttributeError, ImportError):
                continue
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __dir__(self):
        return sorted({name for module in self._modules for name in dir(module)})


def base(path, served):
    """The module that user code gets for Keras's ``path``; None for another path.

    Args:
      served: the function that gives user code its module for a public path, or raises
        ``LookupError``.
    """
    for root, public in _ROOTS.items():
        if path in _REAL or not (path + ".").startswith(root + "."):
            continue
        below = path[len(root) + 1 :].split(".") if path != root else []
        found = [*_public(public, below, served), *_internal(public, below)]
        return _Joined(path, found) if found else None
    return None


def _public(public, below, served):
    """The module of that name in the public API, or the nearest above it."""
    for size in range(len(below), -1, -1):
        target = ".".join([public, *below[:size]])
        try:
            found = served(target)
        except LookupError:
            continue
        if size or not below or public == "tensorflow.layers":
            return [found]
    return []


def _internal(public, below):
    """Keras's own module of that name, if there is one."""
    name = ".".join(below)
    for candidate in (name, _MOVED.get(name)):
        if candidate:
            try:
                return [importlib.import_module(f"{_SOURCES[public]}.{candidate}")]
            except ImportError:
                continue
    return []
