"""Offsets of the gates that are several weights, as they were several variables.

Some batch-normalised cells of TensorFlow 1 add up to three trained offsets to the
gates. What such a cell computes depends on their sum alone, so that one weight is
enough; but a step of an optimizer such as Adam moves each of them, and the sum by as
many steps. With a weight for each, training goes on as it did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import keras
import numpy as np

import bnlstm_compat
from bnlstm_compat import backend
from migrate.cells.at_steps import spelt_out
from migrate.cells.layouts import layout_of
from migrate.cells.merging import fold
from migrate.cells.values import v1_variables
from migrate.models.assignments import CellAssignment
from migrate.models.cells import assign_weights, weights_of


class OffsetsCell(bnlstm_compat.BNLSTMCell):
    """``BNLSTMCell`` whose gates' offset is the sum of several weights.

    Attributes:
      offsets: the names of those beside ``recurrent_beta``, and whether each has a row
        for each step: [M,4H], else [4H]. To be set before the weights are made.
    """

    offsets: Mapping[str, bool] = {}

    def build(self, input_shape):
        super().build(input_shape)
        for name, by_step in self.offsets.items():
            rows = (self.max_bn_steps,) if by_step else ()
            weight = self.add_weight(
                name=name,
                shape=(*rows, 4 * self.units),
                initializer="zeros",
                autocast=False,
            )
            setattr(self, name, weight)

    def tensors(self):
        """See ``BNLSTMCell``: the offset is the sum."""
        found = super().tensors()
        total = found["recurrent_beta"]
        for name in self.offsets:
            offset = keras.ops.convert_to_tensor(getattr(self, name))
            total = total + keras.ops.cast(offset, total.dtype)
        return found | {"recurrent_beta": total}

    def export_weights(self):
        """See ``BNLSTMCell``: the offset is the sum."""
        weights = super().export_weights()
        others = [backend.array(getattr(self, name)) for name in self.offsets]
        return replace(weights, recurrent_beta=fold(weights.recurrent_beta, *others))

    def import_weights(self, weights):
        """See ``BNLSTMCell``: ``recurrent_beta`` takes the sum, the others are zero."""
        super().import_weights(weights)
        for name in self.offsets:
            weight = getattr(self, name)
            weight.assign(np.zeros(weight.shape))


@keras.saving.register_keras_serializable(package="migrate")
class BNLSTM(bnlstm_compat.BNLSTM):
    """``bnlstm_compat.BNLSTM`` with an ``OffsetsCell``.

    Args:
      offsets: see there.
    """

    cell_type = OffsetsCell

    def __init__(self, *args, offsets, **options):
        super().__init__(*args, **options)
        self.cell.offsets = dict(offsets)

    def get_config(self):
        return super().get_config() | {"offsets": dict(self.cell.offsets)}


@dataclass(frozen=True, eq=False)
class OffsetsAssignment(CellAssignment):
    """A cell of the checkpoint for an ``OffsetsCell``: each offset has its weight.

    What fills it is a pair: the weights of a cell with the first offset alone, and the
    others by the names of their weights.
    """

    @property
    def _offsets(self):
        """From the weights of the other offsets to the cell's names of them."""
        return layout_of(self.cell).further_offsets

    @property
    def trains_alike(self):
        """See ``CellAssignment``: with all offsets, it does."""
        return bool(self._offsets)

    def sources(self):
        """See ``CellAssignment``."""
        further = self._offsets
        names = {
            weight: [self.cell.variables[key] for key in self._keys(pattern)]
            for weight, pattern in further.items()
        }
        elsewhere = {name for of in names.values() for name in of}
        found = [
            (weight, [name for name in of if name not in elsewhere])
            for weight, of in super().sources()
        ]
        return found + [(getattr(self.target, key), of) for key, of in names.items()]

    def _keys(self, pattern):
        return spelt_out(pattern, self.cell.max_bn_steps)

    def read(self, variables, settings):
        """See ``CellAssignment``."""
        return super().read(self._first(variables), settings), self._further(variables)

    def read_slots(self, variables):
        """See ``CellAssignment``."""
        return super().read_slots(self._first(variables)), self._further(variables)

    def _first(self, variables):
        """The cell's variables, the other offsets zero."""
        further = {
            key for pattern in self._offsets.values() for key in self._keys(pattern)
        }
        return {
            name: np.zeros_like(variables[name]) if key in further else variables[name]
            for key, name in self.cell.variables.items()
        }

    def _further(self, variables):
        layout = layout_of(self.cell)
        arrays = {key: variables[name] for key, name in self.cell.variables.items()}
        return {
            weight: layout.offset_to_keras(arrays, pattern)
            for weight, pattern in self._offsets.items()
        }

    def incompatibilities(self, weights):
        """See ``CellAssignment``."""
        return super().incompatibilities(weights[0])

    def assign(self, weights):
        """See ``CellAssignment``."""
        first, further = weights
        assign_weights(self.target, first)
        for name, array in further.items():
            getattr(self.target, name).assign(array)

    def pairs(self, weights):
        """See ``CellAssignment``."""
        first, further = weights
        pairs = [(getattr(self.target, name), array) for name, array in further.items()]
        return super().pairs(first) + pairs

    def variables_now(self, originals):
        """See ``CellAssignment``."""
        layout, found = layout_of(self.cell), {}
        for weight, pattern in self._offsets.items():
            array = backend.array(getattr(self.target, weight))
            steps = self.cell.max_bn_steps
            arrays = layout.offset_from_keras(array, pattern, steps)
            found |= {self.cell.variables[key]: a for key, a in arrays.items()}
        first = replace(
            weights_of(self.target),
            recurrent_beta=backend.array(self.target.recurrent_beta),
        )
        # With the others zero, the first takes the whole change.
        return v1_variables(self.cell, first, self._first(originals)) | found


def cell_assignment(path, target, cell) -> CellAssignment:
    """What fills a Keras cell, of either kind, from one of the checkpoint."""
    kind = OffsetsAssignment if isinstance(target, OffsetsCell) else CellAssignment
    return kind(path, target, cell)
