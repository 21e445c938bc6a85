"""The settings of a conversion: what a checkpoint does not hold, and who says it."""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from migrate.cells.base import Cell
from migrate.cells.layouts import layout_of
from migrate.errors import MigrateError

#: Where a value comes from: the user, the graph, or the layout's usual value.
GIVEN, GRAPH, ASSUMED = ORIGINS = ("given", "graph", "assumed")


class Known(NamedTuple):
    """A setting's value, its origin (see ``ORIGINS``), and if that is the graph, the
    name of the node that shows it."""

    value: Any
    origin: str = ASSUMED
    node: str | None = None

    def __str__(self):
        if self.origin == GRAPH:
            return f"{self.value} (graph: {self.node})"
        return f"{self.value} ({self.origin})"


@dataclass(frozen=True)
class Settings:
    """Settings of cells, as you give them; None: from the graph, else the usual value.

    Attributes:
      epsilon: added to variances. decay: share of the old statistics that an update
        keeps (Keras's momentum). activation: a name that Keras knows.
      recurrent_activation: of the gates, likewise. forget_bias: what the script added
        to the forget gate when it ran.
      max_bn_steps: rows that tables of statistics shall have at least, for
        ``bnlstm_compat.recalibrate`` to fill; until then copies of the last.
    """

    epsilon: float | None = None
    decay: float | None = None
    activation: str | None = None
    recurrent_activation: str | None = None
    forget_bias: float | None = None
    max_bn_steps: int | None = None

    def rows(self, cell: Cell) -> int | None:
        """Rows of a cell's tables in Keras; None without batch normalisation."""
        if cell.max_bn_steps is None:
            return None
        return max(cell.max_bn_steps, self.max_bn_steps or 0)

    def widens(self, cell: Cell) -> bool:
        """Whether a cell's tables get more rows than the checkpoint's."""
        return self.rows(cell) != cell.max_bn_steps

    def known(self, cell: Cell) -> dict[str, Known]:
        """Each setting of a cell, with its origin.

        Raises:
          MigrateError: a value that the user gives contradicts the graph.
        """
        found = {}
        for name, usual in layout_of(cell).defaults.items():
            shown, given = cell.settings.get(name), getattr(self, name)
            if given is None:
                found[name] = Known(usual) if shown is None else shown
                continue
            if shown is not None and shown.origin == GRAPH:
                _require_same(cell, name, given, shown)
            found[name] = Known(given, GIVEN)
        return found

    def resolve(self, cell: Cell) -> dict[str, object]:
        """The value of each setting for a cell."""
        return {name: known.value for name, known in self.known(cell).items()}

    def given(self) -> dict[str, object]:
        """The settings that the user gave."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


#: No setting given.
USUAL = Settings()


def _require_same(cell, name, given, shown):
    if isinstance(given, str) or isinstance(shown.value, str):
        same = given == shown.value
    else:
        same = np.float32(given) == np.float32(shown.value)
    if not same:
        raise MigrateError(
            f"{name} {given} was given for {cell.scope}, and its graph computes with "
            f"{shown.value} (node {shown.node}); leave it out, or give the graph that "
            "the checkpoint was trained with"
        )
