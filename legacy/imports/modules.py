"""The modules that user code gets: our names first, then those of the real module."""

import contextlib
import functools
import importlib
import types

from legacy import release
from legacy.imports import errors, keras_paths, registry
from legacy.names import internal_modules

# Found as real modules; all else below ``tensorflow`` is looked up in compat.v1 first.
_REAL_PACKAGES = {"python", "core", "compat"}
_INTERNAL = "tensorflow.python."
_OWNERS = {"tensorflow", "tf_keras", "keras"}


_kept = types.ModuleType.__dict__["__dict__"].__get__


class Facade(types.ModuleType):
    """A module whose attributes are found on first use and then kept."""

    def __init__(self, path, base):
        super().__init__(path, getattr(base, "__doc__", None))
        _kept(self)["__legacy_base__"] = base
        for name in ("__file__", "__path__"):
            if hasattr(base, name):
                _kept(self)[name] = getattr(base, name)

    @property
    def __dict__(self):
        """All names that can be looked up, for ``vars(module)``."""
        for name in dir(self):
            with contextlib.suppress(AttributeError, ImportError):
                getattr(self, name)
        return _kept(self)

    def __getattr__(self, name):
        if name == "__all__":
            value = [other for other in dir(self) if not other.startswith("_")]
        elif name == "__version__" and hasattr(self.__legacy_base__, name):
            value = self.__legacy_base__.__version__
        elif name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        else:
            try:
                value = find(self.__name__, self.__legacy_base__, name)
            except LookupError:
                raise errors.missing(
                    errors.MissingName, shown(self.__name__, name), dir(self)
                ) from None
        _kept(self)[name] = value
        return value

    def __dir__(self):
        own, base = registry.names(self.__name__), self.__legacy_base__
        return sorted(
            {
                *_kept(self),
                *own,
                *registry.children(self.__name__),
                *(() if base is None else dir(base)),
            }
            - {"__legacy_base__"}
        )


def shown(path, name=""):
    """``path`` and ``name`` as scripts write them: ``tf.nn.relu``, ``numpy.int``."""
    full = f"{path}.{name}" if name else path
    head, dot, rest = full.partition(".")
    return ("tf" if head == "tensorflow" else head) + dot + rest


def find(path, base, name):
    """What ``name`` is in the module ``path``; raises ``LookupError`` if nothing."""
    own = registry.names(path)
    if name in own:
        return _target(own[name])
    child = f"{path}.{name}"
    if registry.registered(child):
        return module(child)
    try:
        found = getattr(base, name)
    except (AttributeError, ImportError):
        found = real(child) if hasattr(base, "__path__") else None
    if found is None and not hasattr(base, name):
        return _public(path, name)
    if not isinstance(found, types.ModuleType) or name.startswith("_"):
        return found
    if _internal(found.__name__):
        return module(found.__name__)
    return module(child) if _public_module(child, found) else found


def _public_module(path, found):
    """Whether ``found`` is a part of TensorFlow's or Keras's public API."""
    root, head = path.split(".")[:2]
    owner = found.__name__.partition(".")[0]
    return root == "tensorflow" and head not in _REAL_PACKAGES and owner in _OWNERS


def _internal(path):
    return f"{path}.".startswith(_INTERNAL)


def _target(target):
    """What a table's target names. A module is the one that user code gets."""
    if isinstance(target, str) and ":" not in target:
        return module(target)
    return registry.load(target)


def _public(path, name):
    """A name that an internal module has lost, as the public API has it."""
    if _internal(path):
        generated = path.rpartition(".")[2].startswith("gen_")
        if generated and name.startswith("_") and hasattr(_base(path), name[1:]):
            # Up to 1.4 most functions of these modules were private.
            return find(path, _base(path), name[1:])
        for public in internal_modules.PUBLIC:
            with contextlib.suppress(LookupError):
                return find(public, _base(public), name)
    raise LookupError(f"{path}.{name}")


def real(path):
    """The real module ``path``, imported if need be; None if there is none."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name and (path + ".").startswith(error.name + "."):
            return None
        raise


def _base(path):
    root, *parts = path.split(".")
    if root != "tensorflow" or (parts and parts[0] in _REAL_PACKAGES):
        return real(path)
    value = importlib.import_module("tensorflow.compat.v1")
    for part in parts:
        value = getattr(value, part, None)
    return value if isinstance(value, types.ModuleType) else real(path)


@functools.cache
def module(path):
    """The module that user code gets for ``path``; raises ``LookupError`` if none."""
    joined = keras_paths.base(path, module)
    if joined is not None:
        return Facade(path, joined)
    base = _base(path)
    if not registry.registered(path):
        if base is None:
            raise LookupError(path)
        if not (_internal(path) or _public_module(path, base)):
            return base
    answer = Facade(path, base)
    if path == "tensorflow":
        _kept(answer)["__version__"] = release.VERSION
    return answer
