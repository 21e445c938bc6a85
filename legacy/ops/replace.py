"""Puts functions in the place of TensorFlow's own, for graphs only.

TensorFlow's modules look each other's functions up when they call them, so setting an
attribute of the function's home is enough inside TensorFlow; the public API has copies,
which are set too.
"""

import functools
import importlib

from tensorflow.python.eager import context
from tensorflow.python.framework import composite_tensor, ops
from tensorflow.python.util import tf_decorator, tf_export

_APIS = (
    ("tensorflow.compat.v1", tf_export.get_v1_names),
    ("tensorflow.compat.v2", tf_export.get_v2_names),
)
# What to do at install(), in this order.
_waiting = []


def building_graph():
    """Whether operations go into a graph of TensorFlow 1, functions in it included."""
    if context.executing_eagerly():
        return False
    graph = ops.get_default_graph()
    return not (graph.building_function and ops.executing_eagerly_outside_functions())


def stands_for(*targets):
    """Decorates the function that takes the place of ``"module:name"``, while a graph
    is built and no argument is a ragged tensor or another composite one.

    The first target is the home; others are modules that hold a copy. Elsewhere, and as
    the attribute ``original`` of the decorated function, the home's own is called.
    """

    def decorate(function):
        _waiting.append(lambda: _put(function, targets))
        return function

    return decorate


def gradient(*types):
    """Decorates the function ``(op, *grads)`` that gives the gradient of operations of
    these types while a graph is built."""

    def decorate(function):
        for type_ in types:
            _waiting.append(functools.partial(_put_gradient, type_, function))
        return function

    return decorate


def install():
    """Does what the decorators have noted so far."""
    while _waiting:
        _waiting.pop(0)()


def _put(function, targets):
    homes = []
    for target in targets:
        path, _, names = target.partition(":")
        *owner, name = names.split(".")
        home = importlib.import_module(path)
        for part in owner:
            home = getattr(home, part)
        homes.append((home, name))
    home, name = homes[0]
    original = function.original = getattr(home, name)

    @functools.wraps(original)
    def chosen(*args, **kwargs):
        if building_graph() and not any(
            isinstance(value, composite_tensor.CompositeTensor)
            for value in (*args, *kwargs.values())
        ):
            return function(*args, **kwargs)
        return original(*args, **kwargs)

    for home, name in homes:
        setattr(home, name, chosen)
    exported = tf_decorator.unwrap(original)[1]
    for api, names in _APIS:
        for public in names(exported):
            _publish(api, public, original, chosen)


def _publish(api, public, original, chosen):
    """Sets ``public``, such as ``"nn.dropout"``, where it names ``original``."""
    *path, name = public.split(".")
    module = importlib.import_module(api)
    for part in path:
        module = getattr(module, part, None)
    if getattr(module, name, None) is original:
        setattr(module, name, chosen)


def _put_gradient(type_, function):
    entry = ops.gradient_registry._registry[type_]
    original = function.original = entry["type"]

    @functools.wraps(original)
    def chosen(op, *grads):
        if building_graph():
            return function(op, *grads)
        return original(op, *grads)

    entry["type"] = chosen
