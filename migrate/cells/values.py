"""A cell's values: from a source's variables to Keras's weights, and back."""

import numpy as np

from migrate.bits import same_bits
from migrate.cells.layouts import layout_of
from migrate.cells.settings import USUAL


def cell_weights(source, cell, settings=USUAL):
    """A cell's weights as Keras has them, with as many rows as the source's."""
    arrays = {key: source[name] for key, name in cell.variables.items()}
    return layout_of(cell).to_keras(arrays, settings.resolve(cell))


def rows_taken(weights, cell):
    """A cell's weights with as many rows as in the checkpoint, whatever was added."""
    if cell.max_bn_steps is None:
        return weights
    return weights.with_rows(cell.max_bn_steps)


def rows_repeat(weights, cell) -> bool:
    """Whether the rows that were added to a cell's, if any, are copies of the last."""
    if cell.max_bn_steps is None:
        return True
    again = rows_taken(weights, cell).with_rows(weights.max_bn_steps)
    return all(map(same_bits, again.tolist(), weights.tolist()))


def merged_variables(cell, settings=USUAL) -> list[str]:
    """The v1 names of what Keras's weights do not hold one to one: with these kept, a
    cell comes back from Keras to the bit."""
    merged = layout_of(cell).merged(cell, settings.resolve(cell))
    return [cell.variables[key] for key in merged]


def v1_variables(cell, weights, originals=None, settings=USUAL):
    """A cell's variables, by v1 name, from Keras's weights: the way back.

    Args:
      cell: the ``Cell`` that the weights came from. weights: ``BNLSTMWeights`` or
        ``PlainWeights``.
      originals: a mapping that holds at least ``merged_variables(cell, settings)``;
        None: what the checkpoint kept apart and Keras does not is put into one
        variable.
      settings: those of the conversion.

    Returns:
      v1 name to array.
    """
    layout, resolved = layout_of(cell), settings.resolve(cell)
    if originals is not None:
        originals = {
            key: originals[cell.variables[key]] for key in layout.merged(cell, resolved)
        }
    arrays = layout.from_keras(weights, originals, resolved)
    return {
        name: np.asarray(arrays[key], weights.dtype)
        for key, name in cell.variables.items()
    }
