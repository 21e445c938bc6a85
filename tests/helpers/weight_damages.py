"""Damages of a cell's Keras weights.

Each is a pair of functions: what gives the damaged weights, and the way back, so that a
conversion which assumed the wrong thing can be written and read again.
"""

import itertools
from dataclasses import replace

import numpy as np

from bnlstm_compat import spec
from migrate.bits import same_bits
from migrate.cells.base import reorder


def changed(weights, **values):
    """Weights with other values."""
    return replace(weights, **values)


def _swap(one, other):
    def change(weights):
        given = weights.asdict()
        return changed(weights, **{one: given[other], other: given[one]})

    return change, change


def _gates(order, wanted):
    def change(weights, given, new):
        wide = {
            name: reorder(array, given, new)
            for name, array in weights.asdict().items()
            if array.shape[-1] == len(given) * weights.units
        }
        return changed(weights, **wide)

    return (
        lambda weights: change(weights, order, wanted),
        lambda weights: change(weights, wanted, order),
    )


def _scale(name, factor):
    """By a power of two, which can be taken back to the bit."""

    def change(weights, by):
        return changed(
            weights, **{name: getattr(weights, name) * weights.dtype.type(by)}
        )

    return (
        lambda weights: change(weights, factor),
        lambda weights: change(weights, 1 / factor),
    )


def _roll(names, rows):
    def change(weights, by):
        rolled = {name: np.roll(getattr(weights, name), by, axis=0) for name in names}
        return changed(weights, **rolled)

    return (
        lambda weights: change(weights, rows),
        lambda weights: change(weights, -rows),
    )


def _bit(name, bit):
    """One bit of the largest value's mantissa, the highest being 1.

    Of a table the last row: in the first step of a graph that starts from zeros, the
    forget gate multiplies nothing, so that a bit of its values there changes nothing.
    """
    table = name.startswith(tuple(f"{site}_" for site in spec.SITES))
    rows = -1 if table and "kernel" not in name else 0

    def change(weights):
        array = np.array(getattr(weights, name))
        kind = {4: (np.uint32, 23), 8: (np.uint64, 52)}[array.itemsize]
        # Where the largest stands does not depend on its own mantissa's low bits.
        part = array[rows:]
        exponents = np.frexp(np.abs(part))[1]
        place = np.unravel_index(np.argmax(exponents), part.shape)
        words = part.view(kind[0])
        words[place] ^= kind[0](1 << (kind[1] - bit))
        return changed(weights, **{name: array})

    return change, change


def _lost(name, made):
    """What is replaced by what ``made`` makes of it; the way back is remembered."""
    kept = {}

    def change(weights):
        array = getattr(weights, name)
        kept[weights.kernel.tobytes()] = array
        return changed(weights, **{name: made(array)})

    def back(weights):
        lost = kept.get(weights.kernel.tobytes())
        same = lost is not None and same_bits(made(lost), getattr(weights, name))
        return changed(weights, **{name: lost}) if same else weights

    return change, back


def _last_row_lost(array):
    return np.concatenate([array[:-1], array[-2:-1] if len(array) > 1 else array[-1:]])


def weight_damages(target, names):
    """Pairs of a name and (damage, way back) for the weights of a cell.

    Args:
      target: the Keras layer. names: of its weights.
    """
    if "cell_gamma" not in names:
        order = {"GRU": "zrh", "LSTM": "ifjo"}[target]
        for wanted in (order[1] + order[0] + order[2:], order[1:] + order[0]):
            yield f"gates {wanted}", _gates(order, wanted)
        yield "bias dropped", _lost("bias", np.zeros_like)
        for name, factor in itertools.product(names, (0.5, 2)):
            yield f"{name} scaled by {factor}", _scale(name, factor)
        for name, bit in itertools.product(names, (1, 4, 8)):
            yield f"bit {bit} of {name}", _bit(name, bit)
        return
    for wanted in ("ifoj", "foij", "jiof", "iojf"):
        yield f"gates {wanted}", _gates("".join(spec.GATES), wanted)
    for one, other in (
        ("recurrent_gamma", "input_gamma"),
        ("cell_gamma", "cell_beta"),
        ("recurrent_gamma", "recurrent_beta"),
        ("recurrent_moving_mean", "input_moving_mean"),
        ("recurrent_moving_variance", "input_moving_variance"),
        *((f"{site}_moving_mean", f"{site}_moving_variance") for site in spec.SITES),
    ):
        yield f"{one} and {other} swapped", _swap(one, other)
    for name, factor in (
        ("kernel", 2),
        ("recurrent_kernel", 0.5),
        *((f"{site}_gamma", 2) for site in spec.SITES),
        *((f"{site}_moving_mean", 2) for site in spec.SITES),
        *((f"{site}_moving_variance", 0.5) for site in spec.SITES),
    ):
        yield f"{name} scaled by {factor}", _scale(name, factor)
    for name in ("recurrent_beta", "cell_beta"):
        yield f"{name} dropped", _lost(name, np.zeros_like)
    yield "rows shifted", _roll(spec.STATISTICS, 1)
    for site in spec.SITES:
        table = f"{site}_moving_variance"
        yield f"rows of {table} shifted", _roll([table], -1)
        yield f"last row of {table} lost", _lost(table, _last_row_lost)
    for name in names:
        yield f"bit 5 of {name}", _bit(name, 5)
