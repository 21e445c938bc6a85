"""What fills weights of a Keras model: a cell of the checkpoint, or a variable.

Each assignment makes the arrays of its weights from the variables of a checkpoint, or
from what has their names and shapes, such as their optimizer slots.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bnlstm_compat import backend
from migrate.cells.base import Cell
from migrate.cells.layouts import layout_of
from migrate.cells.settings import Settings
from migrate.cells.values import cell_weights, v1_variables
from migrate.models.cells import assign_weights, incompatibilities, weights_of


def trains_otherwise(cell: Cell) -> str:
    """What to say of a cell that ``trains_alike`` is not true of."""
    return (
        f"{cell.scope} is a {cell.layout} cell: what were several trained variables "
        "are one weight in Keras, or one is several"
    )


@dataclass(frozen=True, eq=False)
class CellAssignment:
    """A cell of the checkpoint, for the one of the Keras layer at ``path``."""

    path: str
    target: object
    cell: Cell

    @property
    def name(self):
        """What fills it: a scope."""
        return self.cell.scope

    @property
    def weights(self):
        """The weights that it fills."""
        return tuple(self.target.weights)

    @property
    def trains_alike(self):
        """See ``Layout``."""
        return layout_of(self.cell).trains_alike

    def sources(self):
        """Pairs of a weight and the names of all variables that it is made of."""
        found = {}
        for key, (weights, _) in layout_of(self.cell).places(self.cell).items():
            for weight in weights.split(", "):
                found.setdefault(weight, []).append(self.cell.variables[key])
        return [(getattr(self.target, key), names) for key, names in found.items()]

    def read(self, variables: Mapping, settings):
        """The cell's weights."""
        return cell_weights(variables, self.cell, settings)

    def read_slots(self, variables: Mapping):
        """As ``read``, of slots: they have none of the forget bias, a constant."""
        bare = replace(self.cell, settings={})
        return cell_weights(variables, bare, Settings(forget_bias=0.0))

    def incompatibilities(self, weights):
        """Sentences on why they do not fit."""
        return incompatibilities(self.target, self.name, layout_of(self.cell), weights)

    def assign(self, weights):
        """Fills the Keras cell."""
        assign_weights(self.target, weights)

    def pairs(self, weights):
        """Each weight of the Keras cell with its array."""
        arrays = weights.asdict()
        return [(getattr(self.target, key), array) for key, array in arrays.items()]

    def variables_now(self, originals):
        """The variables with what the weights hold now, by name; ``originals``: as they
        were."""
        return v1_variables(self.cell, weights_of(self.target), originals)


@dataclass(frozen=True, eq=False)
class WeightAssignment:
    """A variable of the checkpoint, for the weight at ``path``, as it is.

    Its methods are those of ``CellAssignment``.
    """

    path: str
    weight: object
    name: str

    trains_alike = True

    @property
    def weights(self):
        """See ``CellAssignment``."""
        return (self.weight,)

    def sources(self):
        """See ``CellAssignment``."""
        return [(self.weight, [self.name])]

    def read(self, variables, settings):
        """See ``CellAssignment``."""
        del settings
        return variables[self.name]

    def read_slots(self, variables):
        """See ``CellAssignment``."""
        return variables[self.name]

    def incompatibilities(self, array):
        """See ``CellAssignment``."""
        wanted = {"shape": tuple(self.weight.shape), "dtype": str(self.weight.dtype)}
        return [
            f"{self.name} has {what} {getattr(array, what)}, {self.path} has {want}"
            for what, want in wanted.items()
            if getattr(array, what) != want
        ]

    def assign(self, array):
        """See ``CellAssignment``."""
        self.weight.assign(array)

    def pairs(self, array):
        """See ``CellAssignment``."""
        return [(self.weight, array)]

    def variables_now(self, originals):
        """See ``CellAssignment``."""
        del originals
        # Not a view of the weight's memory.
        return {self.name: np.array(backend.array(self.weight))}
