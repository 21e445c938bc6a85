"""Joins the tables of names, and tells which module paths have any.

A table maps a module path (``tensorflow.nn``) to names, and each name to a target. A
target is an object, or a string ``"module:attribute"`` or ``"module"``, which is looked
up on first use. A mount gives a path all ``NAMES`` of one module.
"""

import functools
import importlib

PROVIDERS = (
    "legacy.names.core",
    "legacy.names.nn",
    "legacy.names.train",
    "legacy.names.image",
    "legacy.names.internal_modules",
    "legacy.names.keras",
    "legacy.names.estimator",
    "legacy.names.graphs",
    "legacy.names.tf_names",
)
CONTRIB = "tensorflow.contrib"


def load(target):
    """The object that a target ``"module:attr.attr"`` names; an object is returned."""
    if not isinstance(target, str):
        return target
    module, _, attributes = target.partition(":")
    value = importlib.import_module(module)
    for attribute in filter(None, attributes.split(".")):
        value = getattr(value, attribute)
    return value


@functools.cache
def numpy_tables():
    """NumPy's old names: path -> name -> target. They need no TensorFlow."""
    from legacy.era import numpy_names

    return {**numpy_names.TABLE, "numpy": numpy_names.NAMES}


@functools.cache
def tables():
    """TensorFlow's tables as one: path -> name -> target."""
    joined = {}
    for provider in PROVIDERS:
        for path, names in importlib.import_module(provider).TABLE.items():
            joined.setdefault(path, {}).update(names)
    return joined


@functools.cache
def mounts():
    """Paths that have one whole table of names: path -> the table, or its module."""
    from legacy import contrib
    from legacy.names import internal_modules

    found = dict(internal_modules.MOUNTS)
    found.update({f"{CONTRIB}.{name}": home for name, home in contrib.FAMILIES.items()})
    found.update(contrib.DEEP)
    return found


@functools.cache
def _prefixes(root):
    """Every registered path below ``root``, and all parents."""
    found = set()
    paths = numpy_tables() if root == "numpy" else {**tables(), **mounts()}
    for path in paths:
        parts = path.split(".")
        found.update(".".join(parts[:size]) for size in range(1, len(parts) + 1))
    return frozenset(found)


def _root(path):
    return path.partition(".")[0]


def _family(path):
    """The contrib family that ``path`` lies below, and the components after it."""
    parts = path.split(".")
    for size in range(len(parts) - 1, 2, -1):
        prefix = ".".join(parts[:size])
        if prefix.startswith(CONTRIB + ".") and prefix in mounts():
            return prefix, parts[size:]
    return None, ()


def _deep(path):
    """The family whose names a path such as ``contrib.rnn.python.ops.x`` has."""
    if not path.startswith(CONTRIB):
        return None
    family, below = _family(path)
    # Only FAMILY.python, FAMILY.python.PACKAGE and FAMILY.python.PACKAGE.MODULE: a
    # name below a module is a name, and must be in the table.
    if family and below[0] == "python" and len(below) <= 3 and below[-1].islower():
        return family
    return None


def registered(path):
    """Tells whether we have names at ``path`` or below it."""
    return path in _prefixes(_root(path)) or _deep(path) is not None


@functools.cache
def _families_ready():
    from legacy import contrib

    contrib.setup()


def _names_of(home):
    from legacy import contrib

    return contrib.names_of(home)


@functools.cache
def names(path):
    """Our own names at ``path``: name -> target; empty if there are none."""
    from legacy.names import internal_modules

    if _root(path) == "numpy":
        return numpy_tables().get(path, {})
    found = {}
    for public in internal_modules.INHERITS.get(path, ()):
        found.update(tables()[public])
    home = mounts().get(path) or mounts().get(_deep(path))
    if home:
        _families_ready()
        found.update(_names_of(home))
    found.update(tables().get(path, {}))
    return found


def emulated(path, name):
    """Whether a table has ``name`` of the module ``path``.

    A table's entry that is just a module of TensorFlow does not count.
    """
    target = names(path).get(name)
    if target is None:
        child = f"{path}.{name}"
        return child in mounts() or child.startswith(CONTRIB)
    if not isinstance(target, str):
        return True
    module, _, attribute = target.partition(":")
    return not module.startswith("tensorflow") or bool(attribute)


def children(path):
    """Names of the registered modules directly below ``path``."""
    start = path + "."
    return {
        other[len(start) :]
        for other in _prefixes(_root(path))
        if other.startswith(start) and "." not in other[len(start) :]
    }
