"""What a source holds: cells, RNNs, slots, other variables."""

from dataclasses import dataclass

from migrate.cells.inventory import RAW, Inventory, require_cells
from migrate.graph import Graph
from migrate.graph.inventory import inventory
from migrate.graph.open import open_source
from migrate.output import report
from migrate.sources.arguments import GraphFile, Layouts, SourceLike
from migrate.sources.base import Source


@dataclass(frozen=True, repr=False)
class Inspection:
    """A source, its ``Inventory``, and its graph or None."""

    source: Source
    inventory: Inventory
    graph: Graph | None = None

    def asdict(self) -> dict:
        """The same as plain data for JSON; docs/reference/reports.md has the schema."""
        return report.inspection(self.source, self.inventory)

    def __repr__(self):
        lines = [f"{self.source.label}: {len(self.source)} variables"]
        if self.graph is not None:
            lines.append(f"  graph: {self.graph.label}")
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


def inspect(
    source: SourceLike, *, graph: GraphFile = None, layouts: Layouts | None = None
) -> Inspection:
    """Lists the cells and variables of a source; values are not read.

    Args:
      source: a checkpoint (its prefix, one of its files, its ``.meta``, or a folder
        with a ``checkpoint`` file), V1 or V2 format; a frozen graph (``.pb``,
        ``.pbtxt``); the folder of a TensorFlow 1 SavedModel; or a ``Source``.
      graph: the file of the source's graph; None: the ``.meta`` that is found beside a
        checkpoint, if one is; False: none.
      layouts: from scopes of cells to layouts, if that is for you to say: the name of a
        known one, the path of a layout file (docs/reference/layouts.md), or the same as
        a dict.

    Raises:
      MigrateError: nothing that can be read is there, or a layout does not fit.

    Source: of the cell, arXiv 1603.09025; of the layouts, ``migrate.cells``.
    """
    opened = open_source(source, graph, lenient=True)
    return Inspection(opened, inventory(opened, layouts), opened.graph)


def open_with_cells(
    source: SourceLike,
    layouts: Layouts | None = None,
    *,
    graph: GraphFile = None,
    averages: str = RAW,
    complete: bool = True,
) -> Inspection:
    """As ``inspect``; if ``complete``, incomplete cells are an error, too, and so is a
    graph that is damaged or of other variables."""
    opened = open_source(source, graph, lenient=not complete)
    found = inventory(opened, layouts, averages)
    require_cells(
        found,
        opened.label,
        complete=complete,
        graph=opened.graph is not None,
    )
    return Inspection(opened, found, opened.graph)
