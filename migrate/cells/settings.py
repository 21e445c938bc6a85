"""The settings of a conversion: what a checkpoint does not hold."""

from dataclasses import dataclass

from migrate.cells.layouts import layout_of


@dataclass(frozen=True)
class Settings:
    """What a checkpoint does not hold; None takes the layout's default.

    Attributes:
      epsilon: added to variances. decay: share of the old statistics that an update
        keeps (Keras's momentum). activation: a name that Keras knows. forget_bias: what
        the script added to the forget gate when it ran.
      max_bn_steps: rows that tables of statistics shall have at least, for
        ``bnlstm_compat.recalibrate`` to fill; until then copies of the last.
    """

    epsilon: float | None = None
    decay: float | None = None
    activation: str | None = None
    forget_bias: float | None = None
    max_bn_steps: int | None = None

    def rows(self, cell) -> int | None:
        """Rows of a cell's tables in Keras; None without batch normalisation."""
        if cell.max_bn_steps is None:
            return None
        return max(cell.max_bn_steps, self.max_bn_steps or 0)

    def widens(self, cell) -> bool:
        """Whether a cell's tables get more rows than the checkpoint's."""
        return self.rows(cell) != cell.max_bn_steps

    def resolve(self, cell) -> dict[str, object]:
        """The value of each setting for a cell."""
        return {
            name: default if getattr(self, name) is None else getattr(self, name)
            for name, default in layout_of(cell).defaults.items()
        }


#: No setting given: what is usual for each layout.
USUAL = Settings()
