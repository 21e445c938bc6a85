"""The known v1 layouts of cells: the table, and the search through a checkpoint.

A layout (``base.Layout``) names a cell's variables and turns them into Keras's weights
and back. ``layout_of(cell)`` gives a cell's; ``find(entries)`` gives the cells.
"""

from migrate.cells.builtin import RECURRENT
from migrate.cells.per_step import PER_STEP, PER_STEP_ALL
from migrate.cells.search import Findings, search
from migrate.cells.shared import OLAVHN, OLAVHN_LSTM
from migrate.cells.unrolled import COMMENT

LAYOUTS = (PER_STEP, PER_STEP_ALL, OLAVHN, OLAVHN_LSTM, COMMENT, *RECURRENT)
BY_NAME = {layout.name: layout for layout in LAYOUTS}


def layout_of(cell):
    """The layout of a ``Cell``."""
    return BY_NAME[cell.layout]


def find(entries, chosen=None) -> Findings:
    """The cells among ``entries`` (v1 name to shape and dtype).

    ``chosen`` maps scopes to the name of the layout that they must have.
    """
    return search(LAYOUTS, entries, chosen or {})
