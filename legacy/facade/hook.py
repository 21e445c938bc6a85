"""Stands in the import system: user code gets the facade, all others the real thing."""

import builtins
import importlib
import sys

from legacy.facade import asks, errors, modules

ROOTS = ("tensorflow", "numpy")

_original_import = builtins.__import__
_original_import_module = importlib.import_module


def _served(path):
    return path.partition(".")[0] in ROOTS


def _module(path):
    try:
        return modules.module(path)
    except LookupError:
        parent, _, name = path.rpartition(".")
        candidates = dir(_module(parent)) if parent else ()
        shown = modules.shown(parent, name)
        raise errors.missing(errors.MissingImport, shown, candidates) from None


def _import(name, globals=None, locals=None, fromlist=(), level=0):
    if level or not _served(name) or not asks.user_globals(globals):
        return _original_import(name, globals, locals, fromlist, level)
    module = _module(name)
    if not fromlist:
        return modules.module(name.partition(".")[0])
    for wanted in fromlist:
        if wanted == "*" or hasattr(module, wanted):
            continue
        # Not a name of the module: it may still be a module of its own.
        _module(f"{name}.{wanted}")
    return module


def _import_module(name, package=None):
    caller = sys._getframe(1).f_globals
    if _served(name) and asks.user_globals(caller):
        return _module(name)
    return _original_import_module(name, package)


def install():
    """Puts the hook in place; a second call changes nothing."""
    builtins.__import__ = _import
    importlib.import_module = _import_module
