"""The hook in the import system: user code gets our modules, others the real ones."""

import builtins
import importlib
import sys

from legacy import terminal
from legacy.imports import errors, modules, ownership

ROOTS = ("tensorflow", "numpy")

_original_import = builtins.__import__
_original_import_module = importlib.import_module


# Packages of Keras 3 that the user has been told about, or is to be.
_KERAS_3 = {"keras", "bnlstm_compat"}
# What to do before TensorFlow is first imported, by anyone; empty once done.
_waiting = []


def _served(path):
    return path.partition(".")[0] in ROOTS


def _ready(path):
    """Prepares TensorFlow before the first import of ``path``, if it lies in it."""
    if _waiting and path.partition(".")[0] == "tensorflow":
        _waiting.pop()()


def serve(path):
    """The module that user code gets for ``path``.

    Raises:
      MissingImport: there is none.
    """
    _ready(path)
    try:
        return modules.module(path)
    except LookupError:
        parent, _, name = path.rpartition(".")
        candidates = dir(serve(parent)) if parent else ()
        shown = modules.shown(parent, name)
        raise errors.missing(errors.MissingImport, shown, candidates) from None


def _import(name, globals=None, locals=None, fromlist=(), level=0):
    if _waiting and not level:
        _ready(name)
    # None: a call of __import__ that says no more than the name.
    asking = sys._getframe(1).f_globals if globals is None else globals
    if (
        name.partition(".")[0] in _KERAS_3
        and not level
        and ownership.user_globals(asking)
    ):
        _tell_of_keras(name.partition(".")[0])
    if level or not _served(name) or not ownership.user_globals(asking):
        return _original_import(name, globals, locals, fromlist, level)
    module = serve(name)
    if not fromlist:
        return serve(name.partition(".")[0])
    for wanted in fromlist:
        if wanted == "*" or hasattr(module, wanted):
            continue
        # Not a name of the module: it may still be a module of its own.
        serve(f"{name}.{wanted}")
    return module


def _tell_of_keras(name):
    _KERAS_3.clear()
    terminal.announce(
        f"{name} is Keras 3, whose models can neither fit nor predict in a process of "
        "TensorFlow 1: use tf.keras (Keras 2) here, or a process of its own for Keras 3"
    )


def _import_module(name, package=None):
    caller = sys._getframe(1).f_globals
    if _served(name) and ownership.user_globals(caller):
        return serve(name)
    return _original_import_module(name, package)


def install(before_tensorflow):
    """Puts the hook in place.

    Args:
      before_tensorflow: a function without arguments. It is called once, before
        anybody's first import of TensorFlow.
    """
    _waiting.append(before_tensorflow)
    builtins.__import__ = _import
    importlib.import_module = _import_module
