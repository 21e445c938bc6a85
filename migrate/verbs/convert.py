"""From a source to Keras models, every other variable, and a report."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from migrate.cells.inventory import RAW
from migrate.cells.settings import Settings
from migrate.cells.values import cell_weights
from migrate.output.formats.keras_files import KERAS
from migrate.output.write import write
from migrate.sources.arguments import GraphFile, Layouts, Path, Progress, SourceLike
from migrate.verbs.inspect import open_with_cells


@dataclass(frozen=True, repr=False)
class Converted:
    """What ``convert`` wrote: the folder ``out``, and its report as a dict."""

    out: str
    report: dict

    def __repr__(self):
        lines = [f"Wrote {self.out}"]
        for rnn in self.report["rnns"]:
            lines.append(f"  {rnn['scope']} ({rnn['kind']}): {', '.join(rnn['files'])}")
            lines += [
                f"    {name} {item['value']}{' (assumed)' if item['assumed'] else ''}"
                for name, item in rnn["settings"].items()
            ]
        lines.append(f"  {len(self.report['tensors'])} tensors, see report.json")
        return "\n".join(lines)


def convert(
    source: SourceLike,
    out: Path,
    *,
    graph: GraphFile = None,
    layouts: Layouts | None = None,
    settings: Settings | None = None,
    formats: Sequence[str] = (KERAS.name,),
    averages: str = RAW,
    force: bool = False,
    progress: Progress | None = None,
) -> Converted:
    """Writes a folder with a Keras model for each RNN, and all other variables.

    ``report.json`` in it says where each tensor went. The folder appears only when it
    is complete.

    Args:
      source, graph: as in ``inspect``. They are never modified.
      out: the folder to make.
      layouts: as in ``inspect``.
      settings: ``migrate.Settings``: what a checkpoint does not say; default: what the
        graph shows, else what is usual for each cell's layout.
      formats: of the RNNs, out of keras, weights.h5, tf, safetensors, npz.
      averages: "raw", or "averaged" for the moving averages of variables.
      force: replace a folder that an earlier conversion made.
      progress: called with ``(done, total, what)``, in bytes.

    Raises:
      MigrateError: the source cannot be used, ``out`` exists or cannot be written, or
        what was read again differs from what was written.

    Source: of the cell, arXiv 1603.09025; of the layouts, ``migrate.cells``.
    """
    found = open_with_cells(source, layouts, graph=graph, averages=averages)
    report = write(
        out,
        found.source,
        found.inventory,
        settings or Settings(),
        formats=formats,
        averages=averages,
        force=force,
        progress=progress,
    )
    return Converted(os.fspath(out), report)


def read(
    source: SourceLike,
    *,
    graph: GraphFile = None,
    layouts: Layouts | None = None,
    settings: Settings | None = None,
) -> dict[str, Any]:
    """The cells of a source, as arrays.

    Args:
      source, graph, layouts: as in ``inspect``.
      settings: ``migrate.Settings``, as in ``convert``.

    Returns:
      From each cell's scope, as it stands in the source, to its weights:
      ``BNLSTMWeights``, or for the LSTM and GRU cells of TensorFlow 1 itself
      ``PlainWeights``, with the forget bias added.

    Raises:
      MigrateError: no source, a damaged one, or one without complete known cells.

    Source: of the cell, arXiv 1603.09025; of the layouts, ``migrate.cells``.
    """
    found = open_with_cells(source, layouts, graph=graph)
    return {
        cell.scope: cell_weights(found.source, cell, settings or Settings())
        for cell in found.inventory.cells
    }
