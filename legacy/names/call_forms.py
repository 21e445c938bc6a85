"""Helpers that tell old call forms from new ones by the types of the arguments."""

import numbers

import numpy as np
import tensorflow.compat.v1 as tf


def is_tensor(value):
    """Whether ``value`` is a tensor or a variable of the graph."""
    return isinstance(value, tf.Tensor | tf.Variable)


def is_index(value):
    """Whether ``value`` can only number a dimension: an integer or a 0-d tensor."""
    if is_tensor(value):
        return value.shape.rank == 0 and value.dtype.is_integer
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_shape(value):
    """Whether ``value`` can only be a shape: a list, a tuple or a ``TensorShape``."""
    return isinstance(value, list | tuple | tf.TensorShape)


def dtype_of(value):
    """The ``tf.DType`` that ``value`` has, or would have as a tensor."""
    if hasattr(value, "dtype"):
        return tf.as_dtype(value.dtype).base_dtype
    return tf.as_dtype(np.asarray(value).dtype)


def named(function_name, order, args, kwargs):
    """All arguments by name; ``order`` names those that came by position.

    Raises:
      TypeError: too many arguments, or one given twice.
    """
    if len(args) > len(order):
        raise TypeError(
            f"{function_name}() takes at most {len(order)} positional arguments "
            f"({', '.join(order)}). Received: {len(args)}"
        )
    found = dict(zip(order, args, strict=False))
    twice = sorted(set(found) & set(kwargs))
    if twice:
        raise TypeError(f"{function_name}() got {', '.join(twice)} twice")
    return {**found, **kwargs}


def renamed(kwargs, names):
    """``kwargs`` with old keywords replaced: ``names`` maps old to new."""
    return {names.get(key, key): value for key, value in kwargs.items()}


def adapted_class(real, adapt):
    """A class in the place of ``real`` that also accepts old forms of its constructor.

    Args:
      real: the class of today; instances made are its own.
      adapt: a function ``(real, args, kwargs)`` that returns what a call gives.

    Returns:
      A subclass of ``real``, for which ``isinstance`` and ``issubclass`` answer as for
      ``real``, and from which scripts can derive.
    """

    class Adapted(type(real)):
        def __call__(cls, *args, **kwargs):
            if cls is adapted:
                return adapt(real, args, kwargs)
            return super().__call__(*args, **kwargs)

        def __instancecheck__(cls, instance):
            if cls is adapted:
                return real in type(instance).__mro__
            return super().__instancecheck__(instance)

        def __subclasscheck__(cls, other):
            if cls is adapted:
                # Not issubclass: an abstract base asks its subclasses, this one too.
                return real in other.__mro__
            return super().__subclasscheck__(other)

    adapted = Adapted(real.__name__, (real,), {"__doc__": real.__doc__})
    return adapted
