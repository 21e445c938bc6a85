"""Tensors in NumPy's arrays, and the names of their classes, as up to TensorFlow 1.15.

``np.array([a, b])`` of two tensors was an array of objects, and ``np.sum([a, b])``
their sum in the graph. Today's TensorFlow refuses both, for it cannot know that the
objects are wanted. Here the user's code gets the arrays, and all others today's error.
"""

import sys

import tensorflow.compat.v1 as tf
from tensorflow.python.framework import ops
from tensorflow.python.ops import ref_variable

from legacy.imports import ownership

# What `print(type(x))` showed: class -> the module and name that it had.
_SHOWN = {
    ops.SymbolicTensor: ("tensorflow.python.framework.ops", "Tensor"),
    tf.Tensor: ("tensorflow.python.framework.ops", "Tensor"),
    ref_variable.RefVariable: ("tensorflow.python.ops.variables", "RefVariable"),
    tf.Variable: ("tensorflow.python.ops.variables", "VariableV1"),
}


# Frames between the user's call and the look at the tensor: NumPy's, this package's
# functions around it, and a tensor's own `__getattr__`.
_BETWEEN = ("numpy", "legacy.era", "tensorflow.python.framework.tensor")


def _user_asks():
    """Whether the user's code calls NumPy, which looks at a tensor."""
    frame = sys._getframe(2)
    while frame and frame.f_globals.get("__name__", "").startswith(_BETWEEN):
        frame = frame.f_back
    return frame is not None and ownership.user_globals(frame.f_globals)


class _Array:
    """``Tensor.__array__``, which is not there for NumPy when the user calls it."""

    def __init__(self, original):
        self._original = original

    def __get__(self, instance, owner=None):
        if instance is not None and _user_asks():
            raise AttributeError("__array__")
        return self._original.__get__(instance, owner)


def install():
    """Gives this process's tensors the ways of TensorFlow 1."""
    tf.Tensor.__array__ = _Array(tf.Tensor.__array__)
    for kind, (module, name) in _SHOWN.items():
        kind.__module__, kind.__name__, kind.__qualname__ = module, name, name
