"""What Python 2 did differently under the same name; for translated sources only.

``source`` sends ``/`` and the built-in names of ``BUILTINS`` here. A string of Python 2
was bytes and text at once; its files took either in every mode, and so do these.
"""

import builtins
import decimal
import io

import numpy as np

# The built-in names under which translated code reaches the functions below.
DIVIDE = "__legacy_divide__"
DIVIDE_IN_PLACE = "__legacy_divide_in_place__"
PREFIX = "__legacy_python2_"


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


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def print_(*values, **options):
    """``print``: strings that hold bytes are shown as text, without ``b''``."""
    print(*map(_text, values), **options)


class _BytesFile(io.BufferedWriter):
    """File opened with a mode such as "wb", which also takes text."""

    def write(self, data):
        return super().write(data.encode("utf-8") if isinstance(data, str) else data)


class _TextFile(io.TextIOWrapper):
    """File opened with a mode such as "w", which also takes bytes."""

    def write(self, data):
        return super().write(_text(data))


def open_(name, mode="r", *buffering):
    """``open``: a file to be written takes text and bytes, whatever its mode."""
    mode = mode.replace("U", "") or "r"  # universal newlines are the default now
    if not set(mode) & set("wa") or "+" in mode:
        return open(name, mode, *buffering)
    binary = _BytesFile(io.FileIO(name, mode.replace("b", "").replace("t", "")))
    return binary if "b" in mode else _TextFile(binary, encoding="utf-8")


def round_(number, ndigits=0):
    """``round``: halves go away from zero, and the result is a float."""
    unit = decimal.Decimal(1).scaleb(-ndigits)
    exact = decimal.Decimal(float(number))
    return float(exact.quantize(unit, decimal.ROUND_HALF_UP))


def cmp(left, right):
    """``cmp``: -1, 0 or 1."""
    return (left > right) - (left < right)


BUILTINS = {
    "cmp": cmp,
    "file": open_,
    "open": open_,
    "print": print_,
    "round": round_,
}


def install():
    """Puts the functions where translated code finds them."""
    setattr(builtins, DIVIDE, divide)
    setattr(builtins, DIVIDE_IN_PLACE, divide_in_place)
    for name, function in BUILTINS.items():
        setattr(builtins, PREFIX + name, function)
