"""Puts functions in the place of TensorFlow's own, for graphs only.

TensorFlow's modules look up each other's functions when they call them. So, inside
TensorFlow, it is enough to set the attribute of the module that defines a function. The
public API has copies, which are set as well. A module that nobody has imported yet is
changed when somebody imports it.
"""

import functools
import importlib
import importlib.util
import sys

import tensorflow.compat.v1 as tf
from tensorflow.python.framework import composite_tensor, ops
from tensorflow.python.types import data
from tensorflow.python.util import tf_decorator, tf_export

_APIS = (
    ("tensorflow.compat.v1", tf_export.get_v1_names),
    ("tensorflow.compat.v2", tf_export.get_v2_names),
)
# Module -> what to do once it is imported.
_waiting = {}


def building_graph():
    """Whether operations go into a graph of TensorFlow 1, functions in it included."""
    if tf.executing_eagerly():
        return False
    graph = tf.get_default_graph()
    return not (graph.building_function and tf.executing_eagerly_outside_functions())


def stands_for(*targets):
    """Decorates a function that replaces each target, ``"module:name"``.

    It is called while a graph is built, unless an argument is a ragged or another
    composite tensor. In all other cases the original function is called.
    """
    return _at(targets, lambda function, original: function)


def around(*targets):
    """As :func:`stands_for`, but the function's first argument is the original."""
    return _at(targets, functools.partial)


def gradient(*types):
    """Decorates the function ``(op, *grads)`` that gives the gradient of operations of
    these types while a graph is built."""

    def decorate(function):
        registered = ops.gradient_registry._registry
        for type_ in types:
            entry = registered[type_]
            entry["type"] = _chosen(entry["type"], function)
        return function

    return decorate


def _at(targets, bind):
    def decorate(function):
        for target in targets:
            path, _, names = target.partition(":")
            _once_imported(path, functools.partial(_put, path, names, function, bind))
        return function

    return decorate


def _chosen(original, function):
    @functools.wraps(original)
    def chosen(*args, **kwargs):
        if building_graph() and not any(map(_composite, (*args, *kwargs.values()))):
            return function(*args, **kwargs)
        return original(*args, **kwargs)

    return chosen


def _composite(value):
    return isinstance(value, composite_tensor.CompositeTensor) and not isinstance(
        value, tf.IndexedSlices | data.DatasetV2
    )


def _put(path, names, function, bind):
    owner = sys.modules[path]
    *between, name = names.split(".")
    for part in between:
        owner = getattr(owner, part, None)
    original = getattr(owner, name, None)
    if original is None:
        # Not in this release of TensorFlow: its callers keep what they have.
        return
    chosen = _chosen(original, bind(function, original))
    setattr(owner, name, chosen)
    exported = tf_decorator.unwrap(original)[1]
    for api, public_names in _APIS:
        for public in public_names(exported):
            _publish(api, public, original, chosen)


def _publish(api, public, original, chosen):
    """Sets ``public``, such as ``"nn.dropout"``, if it names ``original``."""
    *path, name = public.split(".")
    module = importlib.import_module(api)
    for part in path:
        module = getattr(module, part, None)
    if getattr(module, name, None) is original:
        setattr(module, name, chosen)


def _once_imported(path, action):
    if path in sys.modules:
        action()
        return
    if not _waiting:
        sys.meta_path.insert(0, _Finder)
    _waiting.setdefault(path, []).append(action)


class _Finder:
    """Acts on modules when they are imported: ``_waiting`` says what to do."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        actions = _waiting.pop(name, None)
        if actions is None:
            return None
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def run_and_act(module):
            run(module)
            for action in actions:
                action()

        spec.loader.exec_module = run_and_act
        return spec


class _View:
    """A module with some of its names replaced, which only one other module sees."""

    def __init__(self, module, names):
        self._module = module
        self.__dict__.update(names)

    def __getattr__(self, name):
        return getattr(self._module, name)


def in_module(path, alias, **functions):
    """Replaces functions in what the module ``path`` imports as ``alias``.

    Each function is called while a graph is built, the original otherwise.
    """

    def put():
        seen = getattr(sys.modules[path], alias)
        chosen = {
            name: _chosen(getattr(seen, name), function)
            for name, function in functions.items()
        }
        setattr(sys.modules[path], alias, _View(seen, chosen))

    _once_imported(path, put)
