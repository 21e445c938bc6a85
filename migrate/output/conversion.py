"""A conversion's folder, read as the source that it was made of."""

import os
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from migrate.cells.base import Cell, IncompatibleError, measure
from migrate.cells.layouts import layout_of
from migrate.cells.networks import KINDS, RNN
from migrate.cells.settings import ASSUMED, GIVEN, Known, Settings
from migrate.cells.values import (
    merged_variables,
    rows_repeat,
    rows_taken,
    v1_variables,
)
from migrate.errors import MigrateError
from migrate.models.build import activation_named, skeleton
from migrate.models.cells import cells_of, weights_of
from migrate.output import report as reports
from migrate.output.write import MODELS, REPORT, VARIABLES, array_formats
from migrate.sources.base import Entry, Source
from migrate.sources.prefix import files_of


class Conversion(Source):
    """The variables of a conversion by their v1 names, with the weights that its files
    have now: as they were, unless somebody has trained or changed them.

    Args:
      out: the folder that ``convert`` made.
      kind: the format to read, one of the conversion's; default: its first.

    Attributes:
      report: see ``report.read``.
      layouts: from scopes of cells to names of layouts.
      rnns: from scope to ``RNN``; ``files``: from scope to file name.

    Raises:
      MigrateError: it is none, or unreadable; also on reading a variable.
    """

    files: Any

    def __init__(self, out, kind=None):
        self.out = self.label = os.fspath(out)
        self.report = read_report(self.out)
        formats = self.report["formats"]
        self.kind = formats[0] if kind is None else kind
        if self.kind not in formats:
            raise MigrateError(
                f"{out} has the formats {', '.join(formats)}. Received: {kind}"
            )
        self.entries = MappingProxyType(
            {
                row["name"]: Entry(
                    tuple(row["shape"]),
                    row["dtype"],
                    tuple(tuple(map(tuple, part)) for part in row.get("parts", ())),
                )
                for row in self.report["tensors"]
            }
        )
        self.layouts = {
            cell["scope"]: cell["layout"]
            for rnn in self.report["rnns"]
            for cell in rnn["cells"]
        }
        try:
            rnns = [_network(rnn, self.entries) for rnn in self.report["rnns"]]
        except (KeyError, TypeError, IncompatibleError) as error:
            raise MigrateError(
                f"the report of {out} contradicts itself; convert again"
            ) from error
        self.rnns = {rnn.scope: rnn for rnn in rnns}
        self.files = {
            rnn["scope"]: rnn["files"][self.kind] for rnn in self.report["rnns"]
        }
        if sorted(self.rnns) != sorted(self.files):
            raise MigrateError(f"the report of {out} contradicts itself; convert again")
        self._homes = {
            name: rnn
            for rnn in rnns
            for cell in rnn.cells
            for name in cell.variables.values()
        }
        own = [self.kind] if array_formats([self.kind])[0].name == self.kind else []
        self._arrays = array_formats(own or formats)[0]
        self._kept = None
        self._now = None, {}

    def settings(self, scope) -> Settings:
        """The settings of an RNN."""
        (row,) = (row for row in self.report["rnns"] if row["scope"] == scope)
        return Settings(max_bn_steps=row.get("widened_to"))

    def model(self, scope):
        """The Keras model of an RNN."""
        rnn = self.rnns[scope]
        again = skeleton(rnn, self.entries, self.settings(scope))
        path = os.path.join(self.out, self.files[scope])
        return MODELS[self.kind].read(path, again)

    def read_files(self) -> list[str]:
        """The paths of the files that are read, and those of other formats are not."""
        variables = VARIABLES + self._arrays.suffix
        names = [REPORT, *self.files.values(), variables]
        return [file for name in names for file in self._parts(name)]

    def other_files(self) -> list[str]:
        """The paths of the conversion's other files, of other formats."""
        files = [f for name in reports.files(self.report) for f in self._parts(name)]
        return sorted(set(files) - set(self.read_files()))

    def _parts(self, name):
        """The paths of a file of the report: of a TensorFlow checkpoint, its files."""
        return files_of(os.path.join(self.out, name))

    def kept(self, name):
        """A variable as it was put beside the RNNs."""
        if self._kept is None:
            path = os.path.join(self.out, VARIABLES + self._arrays.suffix)
            self._kept = self._arrays.open(path)
        return self._arrays.variable(self._kept, name, self.entries[name])

    def merged(self, cell, settings):
        """By v1 name, what is kept of a cell beside its Keras weights."""
        return {name: self.kept(name) for name in merged_variables(cell, settings)}

    def __getitem__(self, name):
        if name not in self.entries:
            raise KeyError(name)
        if name not in self._homes:
            return self.kept(name)
        rnn = self._homes[name]
        if self._now[0] != rnn.scope:  # one model at a time
            self._now = None, {}
            self._now = rnn.scope, self._variables(rnn)
        return self._now[1][name]

    def _variables(self, rnn):
        variables, settings = {}, self.settings(rnn.scope)
        for cell, target in zip(
            rnn.cells, cells_of(self.model(rnn.scope)), strict=True
        ):
            weights = weights_of(target)
            if not rows_repeat(weights, cell):
                raise MigrateError(
                    f"{self.out} was widened to {settings.max_bn_steps} rows of "
                    f"statistics, and they have been recalibrated or trained since, so "
                    f"that a checkpoint with {cell.max_bn_steps} cannot hold those of "
                    f"{cell.scope}; to go back, convert without --max-bn-steps and "
                    "recalibrate or train that"
                )
            originals = self.merged(cell, settings)
            taken = rows_taken(weights, cell)
            variables |= v1_variables(cell, taken, originals, settings)
        return variables

    def __iter__(self):
        """Names, those of one RNN together."""
        rest = [name for name in self.entries if name not in self._homes]
        return iter([*self._homes, *rest])


def _network(row, entries) -> RNN:
    """An RNN of a report.

    Raises:
      KeyError, TypeError, IncompatibleError: it contradicts the report's variables.
    """
    shared = {
        name: Known(item["value"], ASSUMED if item["assumed"] else GIVEN)
        for name, item in row["settings"].items()
    }
    cells = tuple(_cell(cell, shared, entries) for cell in row["cells"])
    if row["kind"] not in KINDS:
        raise IncompatibleError(row["kind"])
    for name, known in shared.items():
        if name in ("activation", "recurrent_activation"):
            activation_named(known.value)
        if cells[0].settings[name].value != known.value:
            raise IncompatibleError(f"{name} {known.value}")
    return RNN(row["scope"], row["kind"], cells)


def _cell(row, shared, entries) -> Cell:
    settings = dict(shared)
    for name, item in row.get("settings", {}).items():
        settings[name] = Known(item["value"], item["origin"], item.get("node"))
    cell = Cell(
        scope=row["scope"],
        layout=row["layout"],
        input_dim=row["input_dim"],
        units=row["units"],
        max_bn_steps=row["max_bn_steps"],
        dtype=row["dtype"],
        variables=MappingProxyType(dict(row["variables"])),
        settings=MappingProxyType(settings),
        definition=row.get("definition"),
    )
    layout = layout_of(cell)
    suffixes = [layout.suffix(key) for key in cell.variables]
    shapes = layout.shapes_for(suffixes)
    sizes = measure(shapes, {k: entries[cell.variables[k]].shape for k in shapes})
    found = sizes["D"], sizes["H"], layout.steps(shapes, sizes)
    if found != (cell.input_dim, cell.units, cell.max_bn_steps):
        raise IncompatibleError(f"{cell.scope}: sizes {found}")
    return replace(cell, layout=layout.name)


def read_report(out):
    """A conversion's report; ``MigrateError`` if there is none that can be used."""
    path = os.path.join(out, REPORT)
    try:
        return reports.read(path)
    except (FileNotFoundError, NotADirectoryError):
        raise MigrateError(
            f"{out} is not a folder that convert made: it has no {REPORT}"
        ) from None
    except (OSError, ValueError) as error:
        raise MigrateError(
            f"{path} cannot be read, or is not convert's; convert again"
        ) from error
