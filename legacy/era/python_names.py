"""Standard-library names that Python 3.0 to 3.13 removed, put back.

These are additions to the real modules: nothing that exists is replaced, so code that
does not know the old names is not affected.

Source: "Removed" in What's New in Python 3.0 to 3.13.
"""

import collections.abc
import importlib
import importlib.machinery
import operator
import sys
import types

# (where, name): what the name meant; both in the form "module" or "module:attribute".
REMOVED = {
    **{
        ("collections", name): f"collections.abc:{name}"
        for name in collections.abc.__all__
    },
    **{
        ("string", name): f"builtins:str.{name}"
        for name in (
            "capitalize count expandtabs find index ljust lower lstrip replace rfind "
            "rjust rstrip split strip swapcase translate upper zfill maketrans"
        ).split()
    },
    ("string", "atof"): "builtins:float",
    ("string", "atoi"): "builtins:int",
    ("string", "join"): "legacy.era.python_functions:join",
    ("string", "letters"): "string:ascii_letters",
    ("string", "lowercase"): "string:ascii_lowercase",
    ("string", "uppercase"): "string:ascii_uppercase",
    ("time", "clock"): "time:process_time",
    ("fractions", "gcd"): "math:gcd",
    ("inspect", "getargspec"): "legacy.era.python_functions:getargspec",
    ("base64", "encodestring"): "base64:encodebytes",
    ("base64", "decodestring"): "base64:decodebytes",
    ("threading:Thread", "isAlive"): "threading:Thread.is_alive",
    ("sys", "setdefaultencoding"): "legacy.era.python_functions:setdefaultencoding",
    ("os", "errno"): "errno",
}
# Modules that are gone as a whole; made only where this Python lacks them.
MODULES = {
    "imp": {
        "reload": "importlib:reload",
        "load_source": "legacy.era.python_functions:load_source",
        "new_module": "types:ModuleType",
    },
}


def resolve(target):
    """Gives the object that ``"module"`` or ``"module:attribute"`` names."""
    module, _, attribute = target.partition(":")
    found = importlib.import_module(module)
    return operator.attrgetter(attribute)(found) if attribute else found


class _Missing:
    """Finder and loader of the modules in ``MODULES``, asked after all others."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        del path, target
        if fullname in MODULES:
            return importlib.machinery.ModuleSpec(fullname, _Missing)
        return None

    @staticmethod
    def create_module(spec):
        return types.ModuleType(spec.name, "Put back by legacy.era.")

    @staticmethod
    def exec_module(module):
        for name, target in MODULES[module.__name__].items():
            setattr(module, name, resolve(target))


def install():
    """Adds the names of ``REMOVED`` and the modules of ``MODULES`` that are missing."""
    for (where, name), target in REMOVED.items():
        place = resolve(where)
        if not hasattr(place, name):
            setattr(place, name, resolve(target))
    if _Missing not in sys.meta_path:
        sys.meta_path.append(_Missing)
