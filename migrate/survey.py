"""What a checkpoint holds: cells, the RNNs they form, slots, other variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

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


def survey(entries, layouts=None) -> Survey:
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
        owner = _owner(name, entries)
        if name not in taken and owner is not None:
            slots[name] = owner
    others = tuple(name for name in entries if name not in taken and name not in slots)
    return Survey(tuple(cells), _networks(cells), slots, others, tuple(problems))


def _owner(name, entries):
    """The variable whose slot ``name`` is: its name without the last component, and
    perhaps without the scope in which the optimizer was made; or None."""
    parts = name.split("/")[:-1]
    for start in range(len(parts)):
        owner = "/".join(parts[start:])
        if owner in entries and entries[owner].shape == entries[name].shape:
            return owner
    return None


def require_cells(found: Survey, prefix: str, *, whole: bool = True):
    """Raises ``MigrateError`` unless there are cells; if ``whole``, no half ones."""
    if found.problems and (whole or not found.cells):
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


def _fit(features, one, other):
    """Whether two cells can stand in one network: ``other`` takes ``features``."""
    return other.input_dim == features and other.dtype == one.dtype


def _networks(cells):
    """Groups cells into RNNs by the components that TensorFlow adds to scopes."""
    ones, stacks = _stacks([(rnn_scope(cell), cell) for cell in cells])
    ones, pairs = _pairs(ones)
    networks, used = [], set()
    for scope, order in pairs.items():
        networks.append(RNN(scope, BIDIRECTIONAL, order))
        used.add(scope)
    for scope, order in stacks.items():
        inside = rnn_scope(order[0]).rpartition("/")[0]
        networks.append(RNN(inside if scope in used else scope, STACK, order))
        used.add(scope)
    for scope, cell in ones:
        clash = scope in used or sum(other == scope for other, _ in ones) > 1
        networks.append(RNN(cell.scope if clash else scope, SINGLE, (cell,)))
    return tuple(sorted(networks, key=lambda rnn: _natural(rnn.scope)))


def _stacks(ones):
    """Takes the layers of stacks out of ``ones``, pairs of a scope and a cell."""
    rest, groups = [], {}
    for scope, cell in ones:
        *parent, last = scope.split("/")
        layer = _LAYER.match(last)
        if layer is not None and parent and _MULTI.match(parent[-1]):
            parent = parent[:-1]
        group = groups.setdefault("/".join(parent), {}) if layer else {}
        if layer is None or int(layer[1]) in group:
            rest.append((scope, cell))
        else:
            group[int(layer[1])] = cell
    stacks = {}
    for scope, layers in groups.items():
        order = tuple(layers[place] for place in sorted(layers))
        whole = sorted(layers) == list(range(len(order)))
        if whole and len(order) == 1:
            rest.append((scope, order[0]))
        elif whole and all(
            _fit(below.units, below, above) for below, above in pairwise(order)
        ):
            stacks[scope] = order
        else:  # other cells, or other wiring, between the layers
            rest += [(rnn_scope(cell), cell) for cell in order]
    return rest, stacks


def _pairs(ones):
    """Takes forward and backward cells out of ``ones``, pairs of a scope and a cell."""
    rest, groups = [], {}
    for scope, cell in ones:
        parent, _, last = scope.rpartition("/")
        group = groups.setdefault(parent, {}) if _DIRECTION.match(last) else {}
        if not _DIRECTION.match(last) or last.lower() in group:
            rest.append((scope, cell))
        else:
            group[last.lower()] = (scope, cell)
    pairs = {}
    for parent, ends in groups.items():
        order = tuple(ends[end][1] for end in ("fw", "bw") if end in ends)
        if len(order) == 2 and _fit(order[0].input_dim, *order):
            pairs[parent] = order
        else:
            rest += ends.values()
    return rest, pairs
