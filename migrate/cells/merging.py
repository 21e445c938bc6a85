"""Several v1 offsets that are one in Keras: their sum, and the way back."""

import numpy as np


def fold(first, *rest, constant=0.0):
    """The sum of offsets and a constant, rounded once, in float64 before that.

    ``first + (rest[0] + ... + constant)``. ``constant``, a number or an array, stands
    for what the script added when it ran, such as a forget bias.
    """
    first = np.asarray(first)
    if not rest and not np.any(constant):
        return first
    total = np.asarray(first, np.float64) + _total(rest, constant)
    return total.astype(first.dtype)


def unfold(total, first, *rest, constant=0.0):
    """Offsets whose ``fold`` is ``total``, as near to the given ones as can be.

    Elements that still fold to ``total``, to the bit, come back as they were. Elsewhere
    ``first`` takes the change. Where rounding lets no ``first`` reach ``total``,
    ``rest[0]`` cancels the others and ``first`` is ``total`` itself; without any
    ``rest``, ``first`` is then the nearest that there is.

    Returns:
      ``[first, *rest]``; ``first`` and ``rest[0]`` have the shape of ``total``.
    """
    total = np.asarray(total)
    first = np.broadcast_to(np.asarray(first, total.dtype), total.shape)
    rest = [np.asarray(array, total.dtype) for array in rest]
    if rest:
        rest[0] = np.broadcast_to(rest[0], total.shape)
    same = _same_elements(fold(first, *rest, constant=constant), total)
    moved = (total.astype(np.float64) - _total(rest, constant)).astype(total.dtype)
    first = np.where(same, first, moved)
    if rest:
        reached = _same_elements(fold(first, *rest, constant=constant), total)
        short = ~same & ~reached
        cancelling = (-_total(rest[1:], constant)).astype(total.dtype)
        first = np.where(short, total, first)
        rest[0] = np.where(short, cancelling, rest[0])
    return [first, *rest]


def _total(arrays, constant):
    return sum((np.asarray(array, np.float64) for array in arrays), np.float64(0)) + (
        np.asarray(constant, np.float64)
    )


def _same_elements(a, b):
    """Elementwise: the same bits."""
    bits = f"u{a.dtype.itemsize}"
    return np.ascontiguousarray(a).view(bits) == np.ascontiguousarray(b).view(bits)
