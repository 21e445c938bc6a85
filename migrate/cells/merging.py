"""Several v1 offsets that are one in Keras: their sum, and the way back."""

import numpy as np


def fold(first, *rest):
    """The sum of offsets, rounded once: ``first + (rest[0] + ...)`` in float64."""
    first = np.asarray(first)
    if not rest:
        return first
    return (np.asarray(first, np.float64) + _total(rest)).astype(first.dtype)


def unfold(total, first, *rest):
    """Offsets whose ``fold`` is ``total``, as near to the given ones as can be.

    Elements that still fold to ``total``, to the bit, come back as they were. Elsewhere
    ``first`` takes the change. Where rounding lets no ``first`` reach ``total``,
    ``rest[0]`` cancels the others and ``first`` is ``total`` itself.

    Returns:
      ``[first, *rest]``; ``first`` and ``rest[0]`` have the shape of ``total``.
    """
    total = np.asarray(total)
    first = np.broadcast_to(np.asarray(first, total.dtype), total.shape)
    rest = [np.asarray(array, total.dtype) for array in rest]
    if rest:
        rest[0] = np.broadcast_to(rest[0], total.shape)
    same = same_elements(fold(first, *rest), total)
    moved = (total.astype(np.float64) - _total(rest)).astype(total.dtype)
    first = np.where(same, first, moved)
    if rest:
        short = ~same & ~same_elements(fold(first, *rest), total)
        cancelling = (-_total(rest[1:])).astype(total.dtype)
        first = np.where(short, total, first)
        rest[0] = np.where(short, cancelling, rest[0])
    return [first, *rest]


def _total(arrays):
    return sum((np.asarray(array, np.float64) for array in arrays), np.float64(0))


def same_elements(a, b):
    """Elementwise: the same bits."""
    bits = f"u{a.dtype.itemsize}"
    return np.ascontiguousarray(a).view(bits) == np.ascontiguousarray(b).view(bits)
