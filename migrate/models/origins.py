"""Which old variables the weights of a whole model are.

A whole model says it itself: the layer of a cell has the cell's scope as its name, and
all other weights have the variables' names.
"""

from dataclasses import dataclass
from typing import Any

import keras

from bnlstm_compat.statistics.find import layers_in
from migrate.cells.inventory import Inventory
from migrate.graph.names import stored_names
from migrate.models.assignments import CellAssignment, WeightAssignment
from migrate.models.graph_part import OldVariables
from migrate.models.offsets import cell_assignment
from migrate.sources.base import Source


@dataclass(frozen=True)
class Origins:
    """``assignments``: what the source has for the model's weights; ``foreign``: the
    weights that nothing in the source is for, such as those of a new head."""

    assignments: tuple[CellAssignment | WeightAssignment, ...]
    foreign: tuple[keras.Variable, ...]


def layer_name(name) -> str:
    """A name of the graph, or a scope, as that of a layer: Keras allows no slashes."""
    return name.replace("/", "_")


def origins(model, source: Source, inventory: Inventory) -> Origins:
    """Where the weights of a model that ``migrate.model`` made come from.

    Args:
      model: it, or a model around it. source: its source. inventory: of the source.
    """
    names = {}
    if source.graph is not None:
        names = stored_names(source.graph, source.entries)
    cells = {layer_name(cell.scope): cell for cell in inventory.cells}
    assignments, seen = [], set()
    for layer in layers_in(model):
        if isinstance(layer, OldVariables):
            found: list[Any] = [
                WeightAssignment(weight.path, weight, names.get(path, path))
                for path, weight in layer.by_variable.items()
            ]
            found = [item for item in found if _is_in(item, source.entries)]
        elif isinstance(layer, keras.layers.RNN) and layer.name in cells:
            found = [cell_assignment(layer.name, layer.cell, cells[layer.name])]
        else:
            continue
        assignments += found
        seen |= {id(weight) for item in found for weight in item.weights}
    foreign = tuple(w for w in model.weights if id(w) not in seen)
    return Origins(tuple(assignments), foreign)


def _is_in(assignment, entries):
    entry = entries.get(assignment.name)
    return entry is not None and tuple(assignment.weight.shape) == entry.shape
