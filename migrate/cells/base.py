"""What every layout is made of: names, shapes, and the way to Keras's weights and back.

Symbols in shapes: D input, H units (4H, 3H, 2H: that many gates), M steps with
statistics of their own.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Cell:
    """A cell found in a checkpoint, by names and shapes alone.

    ``scope`` holds the cell's variables, ``layout`` names its layout; D, H and M are
    ``input_dim``, ``units`` and ``max_bn_steps`` (None for a cell without batch
    normalisation); ``variables`` maps leaves to v1 names.
    """

    scope: str
    layout: str
    input_dim: int
    units: int
    max_bn_steps: int | None
    dtype: str
    variables: Mapping[str, str]


class MisfitError(ValueError):
    """A sentence about shapes that do not make one cell."""


@dataclass(frozen=True, eq=False)
class Layout:
    """A v1 layout of one cell.

    Attributes:
      name, summary: for people.
      target: the Keras layer that computes the same: "BNLSTM", "LSTM" or "GRU".
      defaults: what a checkpoint does not hold, with the values of the time.
      leaves: from leaf to its symbolic shape.
      spelling: from leaf to what follows the cell's scope in a v1 name, for leaves
        whose name differs between releases or forks.
      marks: leaves of which one suffices to call a scope a cell of this kind.
      cell_names: pattern of the scope's last component, for leaves with names that
        anything could have; None: any.
      lacking: what no Keras layer can express, as a noun; then the cell is found and
        said, but not converted.
    """

    name: str
    summary: str
    target: str
    defaults: Mapping[str, object]
    leaves: Mapping[str, tuple[str, ...]]
    spelling: Mapping[str, str] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    cell_names: re.Pattern | None = None
    lacking: str | None = None

    #: Whether one step of an optimizer takes Keras's weights where it took the
    #: variables; not where several of them are one weight, or one is several.
    trains_alike = True

    def suffix(self, leaf: str) -> str:
        """What follows the cell's scope in the v1 name of ``leaf``."""
        return self.spelling.get(leaf, leaf)

    def knows(self, suffix: str) -> bool:
        """Whether a v1 name with this end can belong to a cell of this layout."""
        return any(self.suffix(leaf) == suffix for leaf in self.leaves)

    def leaves_for(self, suffixes: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Leaf to symbolic shape, for a cell of which these ends of names exist."""
        del suffixes
        return self.leaves

    def steps(self, leaves, sizes) -> int | None:
        """M; None without batch normalisation."""
        del leaves
        return sizes.get("M")

    def padding(self, cell: Cell) -> str:
        """The ``padding`` of ``BNLSTM`` that gives what TensorFlow 1 gave."""
        del cell
        return "v1"

    def places(self, cell: Cell) -> dict[str, tuple[str, str]]:
        """For each leaf, the Keras weight that takes it, and by which rule."""
        raise NotImplementedError

    def folded(self, cell: Cell) -> tuple[str, ...]:
        """The leaves that Keras's weights do not hold one to one.

        They are needed, beside the weights, to come back to the same bits.
        """
        del cell
        return ()

    def to_canonical(self, arrays, settings=None):
        """Keras's weights from arrays by leaf.

        ``settings`` holds what a checkpoint does not (the layout's defaults if None).
        """
        raise NotImplementedError

    def from_canonical(self, weights, originals=None, settings=None):
        """Arrays by leaf from Keras's weights.

        ``originals`` holds the ``folded`` leaves as they were. What still has the value
        that ``to_canonical`` gives of them comes back to the bit; a change goes into
        one of them, and the others stay.
        """
        raise NotImplementedError

    def setting(self, settings, name):
        """A setting's value."""
        return {**self.defaults, **(settings or {})}[name]


def measure(leaves, shapes) -> dict[str, int]:
    """The sizes D, H and M of a cell from its leaves' shapes.

    Raises:
      MisfitError: they do not make one cell.
    """
    for leaf, axes in leaves.items():
        kind = {1: "a vector", 2: "a matrix"}[len(axes)]
        if len(shapes[leaf]) != len(axes):
            raise MisfitError(f"{leaf} has shape {shapes[leaf]}, expected {kind}")
        if 0 in shapes[leaf]:
            raise MisfitError(f"{leaf} has shape {shapes[leaf]}, expected no zeros")
    seen = {
        axis: size
        for leaf, axes in reversed(leaves.items())
        for axis, size in zip(axes, shapes[leaf], strict=True)
    }
    gates = max(axis for axis in seen if axis[1:] == "H")
    units = seen.get("H", seen[gates] // int(gates[:-1]))
    sizes = {"H": units, "D": seen.get("D", seen.get("D+H", 0) - units)}
    if "M" in seen:
        sizes["M"] = seen["M"]
    for leaf, axes in leaves.items():
        expected = tuple(_size(axis, sizes) for axis in axes)
        if shapes[leaf] != expected or min(expected) < 1 or sizes["D"] < 1:
            raise MisfitError(f"{leaf} has shape {shapes[leaf]}, expected {expected}")
    return sizes


def _size(axis, sizes):
    if axis == "D+H":
        return sizes["D"] + sizes["H"]
    return int(axis[:-1] or 1) * sizes[axis[-1]]


def reorder(array: np.ndarray, given: str, wanted: str) -> np.ndarray:
    """The gates along the last axis, one letter each, put into another order."""
    parts = np.split(np.asarray(array), len(given), axis=-1)
    return np.concatenate([parts[given.index(gate)] for gate in wanted], axis=-1)
