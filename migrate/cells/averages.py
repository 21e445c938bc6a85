"""Moving averages of variables: which values a conversion takes, raw or averaged.

``tf.train.ExponentialMovingAverage`` keeps the average of ``NAME`` under
``NAME/ExponentialMovingAverage``, as a slot; scripts evaluated with the averages.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from migrate.cells.inventory import Survey, survey
from migrate.errors import MigrateError

RAW, AVERAGED = CHOICES = ("raw", "averaged")
_SUFFIX = "/ExponentialMovingAverage"


def survey_for(entries, layouts=None, choice=RAW) -> Survey:
    """The survey of a checkpoint, whose cells are made of raw or averaged variables.

    Args:
      entries: ``Checkpoint.entries``. layouts: as ``survey`` takes them.
      choice: ``AVERAGED``: cells' variables are their averages, where these exist; what
        they average is then among the others.

    Raises:
      MigrateError: averages are chosen, and there are none.
    """
    found = survey(entries, layouts)
    if choice == RAW:
        return found
    averages = {raw: name for name, raw in required_in(found, entries).items()}

    def averaged(cell):
        variables = {
            leaf: averages.get(name, name) for leaf, name in cell.variables.items()
        }
        return replace(cell, variables=MappingProxyType(variables))

    cells = {cell.scope: averaged(cell) for cell in found.cells}
    taken = {name for cell in cells.values() for name in cell.variables.values()}
    slots = {name: raw for name, raw in found.slots.items() if name not in taken}
    return replace(
        found,
        cells=tuple(cells.values()),
        rnns=tuple(
            replace(rnn, cells=tuple(cells[cell.scope] for cell in rnn.cells))
            for rnn in found.rnns
        ),
        slots=slots,
        others=tuple(n for n in entries if n not in taken and n not in slots),
    )


def averaged_in_cells(found, entries) -> list[str]:
    """Names of the cells' variables that are moving averages or have one."""
    have = set(averages_in(found, entries).values())
    return [
        name
        for cell in found.cells
        for name in cell.variables.values()
        if name in have or name.endswith(_SUFFIX)
    ]


def averages_in(found, entries) -> dict[str, str]:
    """From each moving average to the variable, of any kind, that it averages."""
    return {
        name: raw
        for name, raw in found.slots.items()
        if name.endswith(_SUFFIX) and entries[name].dtype == entries[raw].dtype
    }


def required_in(found, entries) -> dict[str, str]:
    """As ``averages_in``; a ``MigrateError`` if there is none."""
    averages = averages_in(found, entries)
    if not averages:
        raise MigrateError(
            "expected moving averages, variables NAME" + _SUFFIX + ". Received a "
            "checkpoint without any, or under names of its own, which are not known "
            "for averages; take the raw variables"
        )
    return averages


class Averaged(Mapping):
    """The variables of a checkpoint, of which those that have an average are it.

    Args:
      variables: v1 name to array. averages: from ``averages_in``.
    """

    def __init__(self, variables, averages: Mapping[str, str]):
        self._variables = variables
        self._average_of = {raw: name for name, raw in averages.items()}

    def __getitem__(self, name):
        return self._variables[self._average_of.get(name, name)]

    def __iter__(self):
        return iter(self._variables)

    def __len__(self):
        return len(self._variables)
