"""The known v1 layouts of cells, in the order in which they are tried."""

from migrate.cells import custom
from migrate.cells.gru import GRUS
from migrate.cells.lstm import LSTMS
from migrate.cells.per_step import PER_STEP, PER_STEP_ALL, PER_STEP_INPUT_OFFSET
from migrate.cells.shared import SHARED, SHARED_GAMMA_BETA, SHARED_LSTM
from migrate.cells.unrolled import UNROLLED

LAYOUTS = (
    PER_STEP,
    PER_STEP_ALL,
    PER_STEP_INPUT_OFFSET,
    SHARED,
    SHARED_GAMMA_BETA,
    SHARED_LSTM,
    UNROLLED,
    *LSTMS,
    *GRUS,
)
BY_NAME = {
    name: layout for layout in LAYOUTS for name in (layout.name, *layout.aliases)
}


def layout_of(cell):
    """The layout of a ``Cell``."""
    if cell.definition is not None:
        return custom.layout(cell.definition)
    return BY_NAME[cell.layout]
