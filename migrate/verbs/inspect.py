"""What a source holds: cells, RNNs, slots, other variables."""

from dataclasses import dataclass

from migrate.cells.inventory import RAW, Inventory, require_cells
from migrate.graph.inventory import inventory
from migrate.output import report
from migrate.sources.base import Source
from migrate.sources.open import open_source


@dataclass(frozen=True, repr=False)
class Inspection:
    """A source and its ``Inventory``."""

    source: Source
    inventory: Inventory

    def asdict(self) -> dict:
        """The same as plain data for JSON; docs/reports.md has the schema."""
        return report.inspection(self.source, self.inventory)

    def __repr__(self):
        lines = [f"{self.source.label}: {len(self.source)} variables"]
        for rnn in self.inventory.rnns:
            lines.append(f"  {rnn.scope} ({rnn.kind})")
            lines += [f"    {cell}" for cell in rnn.cells]
        lines += [f"  problem: {item.text}" for item in self.inventory.problems]
        lines += [f"  left as it is: {item.text}" for item in self.inventory.notes]
        lines += [f"  no known cell: {item.text}" for item in self.inventory.near]
        lines.append(
            f"  {len(self.inventory.slots)} optimizer slots, "
            f"{len(self.inventory.others)} other variables"
        )
        return "\n".join(lines)


def inspect(source, *, layouts=None) -> Inspection:
    """Lists the cells and variables of a source; values are not read.

    Args:
      source: a checkpoint's prefix, one of its files, or a folder with a ``checkpoint``
        file.
      layouts: from scopes of cells to layouts, if that is for you to say: the name of a
        known one, the path of a layout file (docs/layouts.md), or the same as a dict.

    Raises:
      MigrateError: nothing that can be read is there, or a layout does not fit.

    Source: of the cell, arXiv 1603.09025; of the layouts, ``migrate.cells``.
    """
    source = open_source(source)
    return Inspection(source, inventory(source, layouts))


def open_with_cells(source, layouts=None, *, averages=RAW, complete=True) -> Inspection:
    """As ``inspect``; if ``complete``, incomplete cells are an error, too."""
    source = open_source(source)
    found = inventory(source, layouts, averages)
    require_cells(found, source.label, complete=complete)
    return Inspection(source, found)
