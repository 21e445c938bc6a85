"""Regularisation terms of an RNN's variables as options of its layers."""

import numpy as np

from migrate.cells.settings import Settings
from migrate.cells.values import cell_weights
from migrate.models.cells import assign_weights
from migrate.models.terms import OldWeights

# The option of a recurrent layer for each weight that has one of its own.
_OPTIONS = {
    "kernel": "kernel_regularizer",
    "recurrent_kernel": "recurrent_regularizer",
    "bias": "bias_regularizer",
}


def regularizers(layer, cell, source, terms) -> dict | None:
    """The options of a cell's layer that add what ``terms`` add.

    Args:
      layer: of the same kind, filled from ``source``. cell: the ``Cell``.
      terms: ``graph.regularisation.Term`` by the names of the cell's variables.

    Returns:
      Names and regularizers; None if no options say the same.
    """
    found = {}
    for name, of_variable in terms.items():
        size = int(np.prod(source.entries[name].shape))
        places = _places(layer, cell, source, name, size)
        if places is None:
            return None
        for weight, (where, offset) in places.items():
            if weight not in _OPTIONS:
                return None
            l1, l2, start = found.setdefault(
                weight, [np.zeros(where.shape) for _ in range(3)]
            )
            for term in of_variable:
                l1[where] += term.l1
                l2[where] += term.l2
            start[where] = offset[where]
    return {
        _OPTIONS[weight]: OldWeights(*map(_short, values))
        for weight, values in found.items()
    }


def _short(array):
    """An array as a number if it is one number everywhere, else as lists."""
    first = float(array.flat[0])
    return first if (array == first).all() else array.tolist()


def _places(layer, cell, source, name, size):
    """Where a variable alone is in the weights: weight -> (mask, what is added there);
    None if it is not there once, element by element."""
    shapes = {other: source.entries[other].shape for other in cell.variables.values()}
    numbers = np.arange(1, size + 1).reshape(shapes[name])
    zeros = {other: np.zeros(shape) for other, shape in shapes.items()}
    ones = {other: np.ones(shape) for other, shape in shapes.items()}
    nothing = _filled(layer, cell, zeros)
    alone = _filled(layer, cell, {**zeros, name: numbers})
    others = _filled(layer, cell, {**ones, name: zeros[name]})
    found, seen = {}, [np.zeros(0)]
    for weight, start in nothing.items():
        where = alone[weight] != start
        if where.any():
            if (others[weight] != start)[where].any():
                return None  # a sum of several variables
            found[weight] = where, start
            seen.append((alone[weight] - start)[where])
    there = np.array_equal(np.sort(np.concatenate(seen)), numbers.reshape(-1))
    return found if there else None


def _filled(layer, cell, arrays):
    """The layer's weights by name if the cell's variables were ``arrays``."""
    arrays = {
        name: np.asarray(a, layer.cell.variable_dtype) for name, a in arrays.items()
    }
    assign_weights(layer.cell, cell_weights(arrays, cell, Settings()))
    return {w.name: w.numpy() for w in layer.cell.weights}
