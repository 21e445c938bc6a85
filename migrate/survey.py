"""What a checkpoint holds: cells, the RNNs they form, slots, other variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from migrate.errors import MigrateError
from migrate.layouts import LAYOUTS
from migrate.layouts.base import Cell

SINGLE, BIDIRECTIONAL, STACK = "single", "bidirectional", "stack"

# Components that TensorFlow adds to a scope: 0.12's spelling, then that of 1.0 on.
_DIRECTION = re.compile(r"^(fw|bw)$", re.IGNORECASE)
_LAYER = re.compile(r"^cell_?(\d+)$", re.IGNORECASE)
_MULTI = re.compile(r"^(multirnncell|multi_rnn_cell)$", re.IGNORECASE)


@dataclass(frozen=True)
class RNN:
    """Cells that make one recurrent network.

    ``kind``: "single" (one cell), "bidirectional" (forward, backward) or "stack"
    (first to last layer).
    """

    scope: str
    kind: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Survey:
    """Everything in a checkpoint, by names and shapes; no values are read.

    ``slots`` maps optimizer slot variables to the variable that they belong to;
    ``others`` are the names of neither cells nor slots; ``problems`` are sentences
    about scopes that look like a cell but are not a whole one.
    """

    cells: tuple[Cell, ...]
    rnns: tuple[RNN, ...]
    slots: Mapping[str, str]
    others: tuple[str, ...]
    problems: tuple[str, ...]


def survey(entries) -> Survey:
    """Looks through ``Checkpoint.entries`` (v1 name to shape and dtype)."""
    cells, problems = [], []
    for layout in LAYOUTS:
        found, doubts = layout.find(entries)
        cells += found
        problems += doubts
    cells.sort(key=lambda cell: _natural(cell.scope))
    taken = {name for cell in cells for name in cell.variables.values()}
    slots = {}
    for name in entries:
        owner = name.rpartition("/")[0]
        shape = entries[owner].shape if owner in entries else None
        if name not in taken and shape == entries[name].shape:
            slots[name] = owner
    others = tuple(name for name in entries if name not in taken and name not in slots)
    return Survey(tuple(cells), _networks(cells), slots, others, tuple(problems))


def require_cells(found: Survey, prefix: str):
    """Raises ``MigrateError`` unless there are cells, and all of them whole."""
    if found.problems:
        raise MigrateError(f"{prefix}: {'; '.join(found.problems)}")
    if not found.cells:
        names = [*found.others, *found.slots]
        shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        known = "; ".join(f"{layout.name} ({layout.summary})" for layout in LAYOUTS)
        raise MigrateError(
            f"{prefix} has no cell of a known layout; found {len(names)} variables: "
            f"{shown or 'none'}; known layouts: {known}"
        )


def rnn_scope(cell: Cell) -> str:
    """The cell's scope without the cell's own name, which is its last component."""
    return cell.scope.rpartition("/")[0]


def _natural(scope):
    return [
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in re.split(r"(\d+)", scope)
    ]


def _networks(cells):
    """Groups cells into RNNs by the components that TensorFlow adds to scopes."""
    stacks, pairs, alone = {}, {}, []
    for cell in cells:
        *parent, last = rnn_scope(cell).split("/")
        group, place = None, None
        if (layer := _LAYER.match(last)) is not None:
            if parent and _MULTI.match(parent[-1]):
                parent = parent[:-1]
            group, place = stacks.setdefault("/".join(parent), {}), int(layer[1])
        elif _DIRECTION.match(last):
            group, place = pairs.setdefault("/".join(parent), {}), last.lower()
        if group is None or place in group:
            alone.append(cell)
        else:
            group[place] = cell
    networks = []
    for scope, layers in stacks.items():
        order = tuple(layers[place] for place in sorted(layers))
        if sorted(layers) == list(range(len(order))) and len(order) > 1:
            networks.append(RNN(scope, STACK, order))
        else:  # the layers between are cells of another kind
            alone += order
    for scope, ends in pairs.items():
        if len(ends) == 2:
            networks.append(RNN(scope, BIDIRECTIONAL, (ends["fw"], ends["bw"])))
        else:
            alone += ends.values()
    used = {rnn.scope for rnn in networks}
    for cell in alone:
        twins = [other for other in alone if rnn_scope(other) == rnn_scope(cell)]
        clash = rnn_scope(cell) in used or len(twins) > 1
        scope = cell.scope if clash else rnn_scope(cell)
        networks.append(RNN(scope, SINGLE, (cell,)))
    return tuple(sorted(networks, key=lambda rnn: _natural(rnn.scope)))
