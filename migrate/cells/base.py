"""What every layout is made of: names, shapes, and the way to Keras's weights and back.

Symbols in shapes: D input, H units (4H, 3H, 2H: that many gates), M steps with
statistics of their own.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Cell:
    """A cell found in a source.

    ``scope`` holds the cell's variables, ``layout`` names its layout; D, H and M are
    ``input_dim``, ``units`` and ``max_bn_steps`` (None for a cell without batch
    normalisation); ``variables`` maps the layout's names of variables to v1 names;
    ``settings`` holds what is known of this very cell, by name (``settings.Known``);
    ``definition`` is that of a layout of one's own (``migrate.cells.custom``), None for
    known layouts.
    """

    scope: str
    layout: str
    input_dim: int
    units: int
    max_bn_steps: int | None
    dtype: str
    variables: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    definition: Mapping[str, Any] | None = None

    def __str__(self):
        sizes = f"D {self.input_dim}, H {self.units}"
        if self.max_bn_steps is not None:
            sizes += f", M {self.max_bn_steps}"
        return f"{self.scope}: {self.layout}, {sizes}, {self.dtype}"


class IncompatibleError(ValueError):
    """A sentence about shapes that do not make one cell."""


@dataclass(frozen=True, eq=False)
class Layout:
    """A v1 layout of one cell: one family of cells, as one release or fork spells it.

    Attributes:
      name, summary: for people.
      target: the Keras layer that computes the same: "BNLSTM", "LSTM" or "GRU".
      defaults: the settings that a checkpoint does not hold, with the values of the
        time.
      shapes: from a variable's name inside the cell to its symbolic shape.
      spelling: from such a name to what follows the cell's scope in a v1 name, for
        variables whose name differs between releases or forks.
      marks: variables of which one suffices to call a scope a cell of this kind.
      cell_names: pattern of the scope's last component, for variables with names that
        anything could have; None: any.
      lacking: what no Keras layer can express, as a noun; then the cell is found and
        named, but not converted.
      aliases: earlier names of the layout, which stay accepted.
      definition: of a layout of one's own, the plain data that it was made of.
      by_choice: whether only a person can say that a cell has it, for its names tell
        too little.
      gates: the order of the gates along the last axis of kernels.
    """

    name: str
    summary: str
    target: str
    defaults: Mapping[str, Any]
    shapes: Mapping[str, tuple[str, ...]]
    spelling: Mapping[str, str] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    cell_names: re.Pattern | None = None
    lacking: str | None = None
    aliases: tuple[str, ...] = ()
    definition: Mapping | None = None
    by_choice: bool = False
    gates: str = ""

    #: Whether one step of an optimizer takes Keras's weights where it took the
    #: variables: not if several of them are one weight, or one is several.
    trains_alike = True
    #: Whether ``legacy.BNLSTMCell`` computes it, so that a graph can be the reference.
    in_legacy = False

    @property
    def further_offsets(self) -> dict[str, str]:
        """Where a cell trains as it did if each offset of its gates has a weight of its
        own: from the names of those beside the first to the variables. Else {}."""
        return {}

    def suffix(self, variable: str) -> str:
        """What follows the cell's scope in the v1 name of ``variable``."""
        return self.spelling.get(variable, variable)

    def knows(self, suffix: str) -> bool:
        """Whether a v1 name with this end can belong to a cell of this layout."""
        return any(self.suffix(variable) == suffix for variable in self.shapes)

    def shapes_for(self, suffixes: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Variable to symbolic shape, for a cell of which these ends of names exist."""
        del suffixes
        return self.shapes

    def steps(self, shapes, sizes) -> int | None:
        """M; None without batch normalisation."""
        del shapes
        return sizes.get("M")

    def padding(self, cell: Cell) -> str:
        """The ``padding`` of ``BNLSTM`` that gives what TensorFlow 1 gave."""
        del cell
        return "v1"

    def keys_by_role(self, gates, per_step, roles) -> dict[str, str] | None:
        """From each role of a cell in a graph to this layout's variable; None if the
        layout is of other roles, another order of gates, or other rows.

        Args:
          gates: the order of gates. per_step: whether statistics have a row a step.
          roles: see ``graph.found.GraphCell``; "role/step" if each step has its own.
        """
        del gates, per_step, roles
        return None

    def places(self, cell: Cell) -> dict[str, tuple[str, str]]:
        """For each variable, the Keras weight that takes it, and how it is changed."""
        raise NotImplementedError

    def merged(self, cell: Cell, settings=None) -> tuple[str, ...]:
        """The variables that Keras's weights do not hold one to one.

        They are needed, beside the weights, to come back to the same bits.
        """
        del cell, settings
        return ()

    def to_keras(self, arrays, settings=None):
        """Keras's weights from arrays by variable.

        ``settings`` holds what a checkpoint does not (the layout's defaults if None).
        """
        raise NotImplementedError

    def from_keras(self, weights, originals=None, settings=None):
        """Arrays by variable from Keras's weights.

        ``originals`` holds the ``merged`` variables as they were. What still has the
        value that ``to_keras`` gives of them comes back to the bit; a change goes into
        one of them, and the others stay.
        """
        raise NotImplementedError

    def equations(self, arrays, activation, settings):
        """The cell in NumPy float64, see ``equations.Cell``."""
        raise NotImplementedError

    def faults(self, weights, moves=None) -> list:
        """A ``Finding`` for each thing that the cell's code does wrong with its
        statistics, whatever its tables hold.

        ``moves``: what its graph shows of the updates, see ``cells.faults``; None: what
        is usual for the layout.
        """
        del weights, moves
        return []

    def setting(self, settings, name):
        """A setting's value."""
        return {**self.defaults, **(settings or {})}[name]


def measure(axes_of, shapes) -> dict[str, int]:
    """The sizes D, H and M of a cell.

    Args:
      axes_of: from variable to symbolic shape. shapes: from variable to shape.

    Raises:
      IncompatibleError: they do not make one cell.
    """
    for name, axes in axes_of.items():
        kind = {1: "a vector", 2: "a matrix"}[len(axes)]
        if len(shapes[name]) != len(axes):
            raise IncompatibleError(f"{name} has shape {shapes[name]}, expected {kind}")
        if 0 in shapes[name]:
            raise IncompatibleError(
                f"{name} has shape {shapes[name]}, expected no zeros"
            )
    seen = {
        axis: size
        for name, axes in reversed(axes_of.items())
        for axis, size in zip(axes, shapes[name], strict=True)
    }
    gates = max(axis for axis in seen if axis[1:] == "H")
    units = seen.get("H", seen[gates] // int(gates[:-1]))
    sizes = {"H": units, "D": seen.get("D", seen.get("D+H", 0) - units)}
    if "M" in seen:
        sizes["M"] = seen["M"]
    for name, axes in axes_of.items():
        expected = tuple(_size(axis, sizes) for axis in axes)
        if shapes[name] != expected or min(expected) < 1 or sizes["D"] < 1:
            raise IncompatibleError(
                f"{name} has shape {shapes[name]}, expected {expected}"
            )
    return sizes


def _size(axis, sizes):
    if axis == "D+H":
        return sizes["D"] + sizes["H"]
    return int(axis[:-1] or 1) * sizes[axis[-1]]


def reorder(array: np.ndarray, given: str, wanted: str) -> np.ndarray:
    """The gates along the last axis, one letter each, put into another order."""
    parts = np.split(np.asarray(array), len(given), axis=-1)
    return np.concatenate([parts[given.index(gate)] for gate in wanted], axis=-1)


def gates_text(given: str, wanted: str) -> str:
    """A change of gate order, for people."""
    if given == wanted:
        return "as it is"
    return f"gates {', '.join(given)} put in the order {', '.join(wanted)}"
