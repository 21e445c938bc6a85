"""Operators that Python 2 understood otherwise: division and the order of values."""

import decimal

import numpy as np


def _whole(value):
    """True for integers and arrays of integers, which Python 2 divided downwards."""
    if isinstance(value, (int, np.integer)):
        return True
    return isinstance(value, np.ndarray) and value.dtype.kind in "biu"


def divide(left, right):
    """``left / right`` as Python 2 did it without ``from __future__ import division``.

    Integers are divided downwards; a type with a method of its own for Python 2's
    operator (tensors, shape dimensions) is asked first.
    """
    if _whole(left) and _whole(right):
        return left // right
    for value, name, other in ((left, "__div__", right), (right, "__rdiv__", left)):
        if hasattr(type(value), name):
            result = getattr(value, name)(other)
            if result is not NotImplemented:
                return result
    return left / right


def divide_in_place(left, right):
    """``left /= right`` of Python 2: arrays keep their memory and type."""
    if isinstance(left, np.ndarray):
        whole = _whole(left) and _whole(right)
        function = np.floor_divide if whole else np.true_divide
        return function(left, right, out=left, casting="unsafe")
    return divide(left, right)


def round_(number, ndigits=0):
    """``round``: halves go away from zero, and the result is a float."""
    if isinstance(number, np.ndarray):
        number = number.item()
    unit = decimal.Decimal(1).scaleb(-ndigits)
    exact = decimal.Decimal(float(number))
    if not exact.is_finite():
        return float(exact)
    return float(exact.quantize(unit, decimal.ROUND_HALF_UP))


def _kind(value):
    """What Python 2 ordered values of unlike types by: None, numbers, other types."""
    if value is None:
        return (0, "")
    if isinstance(value, (int, float)):
        return (1, "")
    return (2, "str" if isinstance(value, (str, bytes)) else type(value).__name__)


def cmp(left, right):
    """``cmp``: -1, 0 or 1; values of unlike types are ordered by their types."""
    try:
        return (left > right) - (left < right)
    except TypeError:
        left, right = _kind(left), _kind(right)
        return (left > right) - (left < right)
