"""The known v1 layouts of cells, in the order in which they are tried.

A layout is an object with

* ``name`` and ``summary``;
* ``defaults``: what a checkpoint does not hold (epsilon, decay, activation);
* ``find(entries)``: the cells in a checkpoint, and the problems of what is half a cell;
* ``to_canonical(arrays)`` and ``from_canonical(weights)``, each other's reverse.
"""

from migrate.layouts.per_step import PER_STEP

LAYOUTS = (PER_STEP,)
_BY_NAME = {layout.name: layout for layout in LAYOUTS}


def layout_of(cell):
    """The layout of a ``Cell``."""
    return _BY_NAME[cell.layout]
