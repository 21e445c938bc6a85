"""What a source holds: cells, the RNNs they form, slots, other variables."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from migrate.cells.base import Cell
from migrate.cells.choices import choose
from migrate.cells.layouts import LAYOUTS
from migrate.cells.near import near_cells
from migrate.cells.networks import RNN, natural, networks
from migrate.cells.opaque import opaque_kernels
from migrate.cells.search import KEPT, PAGE, Problem, listed, search
from migrate.cells.training_state import AVERAGE, is_counter, owner_of
from migrate.cells.unexplained import unexplained
from migrate.errors import MigrateError

#: Of a variable with a moving average, which of the two becomes a cell's weight.
RAW, AVERAGED = CHOICES = ("raw", "averaged")


@dataclass(frozen=True)
class Inventory:
    """Everything in a source, by names and shapes; no values are read.

    ``slots`` maps optimizer slot variables to the variable that they belong to;
    ``others`` are the names of neither cells nor slots; ``problems`` are about scopes
    that look like a cell but are incomplete, or could be several; ``notes`` are about
    cells that Keras cannot express; ``near`` about scopes that come near a known cell
    without being one.
    """

    cells: tuple[Cell, ...]
    rnns: tuple[RNN, ...]
    slots: Mapping[str, str]
    others: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()
    near: tuple[Problem, ...] = ()


def take_inventory(entries, layouts=None, averages=RAW, ignored=()) -> Inventory:
    """Looks through ``Source.entries`` (v1 name to shape and dtype).

    Args:
      layouts: from scopes of cells to the layout that they have, if that is for a
        person to decide; see ``choices.choose``.
      averages: ``AVERAGED``: the cells' variables are their moving averages, if these
        exist; what they average is then among the others.
      ignored: names that a person has said to be no part of a cell, if no layout needs
        them.

    Raises:
      MigrateError: averages are chosen, and there are none; a scope of ``layouts`` is
        not in the source.
    """
    found = search(LAYOUTS, entries, choose(layouts or {}, entries))
    problems, cells = [*found.problems], []
    for cell in sorted(found.cells, key=lambda cell: natural(cell.scope)):
        problem = unexplained(cell, found.cells, entries, ignored)
        if problem is None:
            cells.append(cell)
        else:
            problems.append(problem)
    return inventory_of(entries, networks(cells), problems, found.notes, averages)


def inventory_of(entries, rnns, problems=(), notes=(), averages=RAW) -> Inventory:
    """The inventory of a source with these RNNs; see ``Inventory``."""
    rnns = sorted(rnns, key=lambda rnn: natural(rnn.scope))
    slots = _slots(entries, rnns)
    if averages == AVERAGED:
        average_of = {
            raw: name for name, raw in required_averages(slots, entries).items()
        }
        rnns = [_averaged(rnn, average_of) for rnn in rnns]
        slots = _slots(entries, rnns)
    cells = [cell for rnn in rnns for cell in rnn.cells]
    taken = _variables(rnns)
    notes = (*notes, *opaque_kernels(entries, cells))
    explained = {*taken, *slots, *filter(is_counter, entries)}
    spoken_of = {item.scope for item in (*cells, *problems, *notes)}
    return Inventory(
        cells=tuple(sorted(cells, key=lambda cell: natural(cell.scope))),
        rnns=tuple(rnns),
        slots=slots,
        others=tuple(n for n in entries if n not in taken and n not in slots),
        problems=tuple(problems),
        notes=notes,
        near=near_cells(entries, explained, spoken_of),
    )


def _variables(rnns):
    return {n for rnn in rnns for cell in rnn.cells for n in cell.variables.values()}


def _slots(entries, rnns):
    taken, slots = _variables(rnns), {}
    for name in entries:
        owner = owner_of(name, entries)
        if name not in taken and owner is not None:
            slots[name] = owner
    return slots


def _averaged(rnn, average_of):
    cells = []
    for cell in rnn.cells:
        variables = {
            key: average_of.get(name, name) for key, name in cell.variables.items()
        }
        cells.append(replace(cell, variables=MappingProxyType(variables)))
    return replace(rnn, cells=tuple(cells))


def averages_in(slots, entries) -> dict[str, str]:
    """From each moving average to the variable, of any kind, that it averages.

    ``tf.train.ExponentialMovingAverage`` keeps the average of ``NAME`` under
    ``NAME/ExponentialMovingAverage``, as a slot; scripts evaluated with the averages.
    """
    return {
        name: raw
        for name, raw in slots.items()
        if name.endswith(f"/{AVERAGE}") and entries[name].dtype == entries[raw].dtype
    }


def required_averages(slots, entries) -> dict[str, str]:
    """As ``averages_in``; a ``MigrateError`` if there is none."""
    averages = averages_in(slots, entries)
    if not averages:
        raise MigrateError(
            f"expected moving averages, variables NAME/{AVERAGE}. Received a "
            "checkpoint without any, or under names of its own, which are not known "
            "for averages; take the raw variables"
        )
    return averages


def averaged_in_cells(inventory, entries) -> list[str]:
    """Names of the cells' variables that are moving averages or have one."""
    have = set(averages_in(inventory.slots, entries).values())
    return [
        name
        for cell in inventory.cells
        for name in cell.variables.values()
        if name in have or name.endswith(f"/{AVERAGE}")
    ]


def require_cells(
    inventory: Inventory, label: str, *, complete: bool = True, graph: bool = False
):
    """Raises ``MigrateError`` unless there are cells; if ``complete``, all of them
    complete and of one layout. ``graph``: whether the source has one."""
    problems = "; ".join(problem.text for problem in inventory.problems)
    if problems and (complete or not inventory.cells):
        raise MigrateError(f"{label}: {problems}")
    if not inventory.cells:
        raise MigrateError(_no_cells(inventory, label, graph))


def _no_cells(inventory, label, graph):
    """That a source has no cell, what comes near, and what to do next."""
    near = "; ".join(
        item.text.removesuffix(KEPT) for item in (*inventory.notes, *inventory.near)
    )
    if graph:
        ways = [
            "python -m migrate model makes a Keras model of the whole graph, with this "
            "part as the operations that it was"
        ]
    else:
        ways = [
            "give the model's graph (--graph FILE.meta)",
            "say what the variables of a scope are (--layout SCOPE=FILE.toml or "
            f"SCOPE=NAME, {PAGE})",
        ]
    ways.append(
        "carry the variables over by rules (migrate.load with a map, "
        "docs/guides/training.md)"
    )
    names = [*inventory.others, *inventory.slots]
    return (
        f"{label} has no cell of a known layout{': ' if near else ''}{near}. What you "
        f"can do: {'; or '.join(ways)}. Its {len(names)} variables: "
        f"{listed(names) or 'none'}"
    )
