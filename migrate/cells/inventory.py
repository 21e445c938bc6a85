"""What a checkpoint holds: cells, the RNNs they form, slots, other variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from migrate.cells import LAYOUTS, find
from migrate.cells.base import Cell
from migrate.errors import MigrateError

SINGLE, BIDIRECTIONAL, STACK = "single", "bidirectional", "stack"
BIDIRECTIONAL_STACK = "bidirectional stack"

# Components that TensorFlow adds to a scope: 0.12's spelling, then that of 1.0 on.
_DIRECTION = re.compile(r"^(fw|bw)$", re.IGNORECASE)
_LAYER = re.compile(r"^cell_?(\d+)$", re.IGNORECASE)
_MULTI = re.compile(r"^(multirnncell|multi_rnn_cell)$", re.IGNORECASE)


@dataclass(frozen=True)
class RNN:
    """Cells that make one recurrent network.

    ``kind``: "single" (one cell), "bidirectional" (forward, backward), "stack" (first
    to last layer) or "bidirectional stack" (those of the forward stack, then those of
    the backward one).
    """

    scope: str
    kind: str
    cells: tuple[Cell, ...]

    @property
    def chains(self) -> tuple[tuple[Cell, ...], ...]:
        """The stacks that it consists of, of one or more layers: forward, backward."""
        if self.kind not in (BIDIRECTIONAL, BIDIRECTIONAL_STACK):
            return (self.cells,)
        half = len(self.cells) // 2
        return self.cells[:half], self.cells[half:]


@dataclass(frozen=True)
class Survey:
    """Everything in a checkpoint, by names and shapes; no values are read.

    ``slots`` maps optimizer slot variables to the variable that they belong to;
    ``others`` are the names of neither cells nor slots; ``problems`` are sentences
    about scopes that look like a cell but are not a whole one, or could be several;
    ``notes`` are sentences about cells that Keras cannot express.
    """

    cells: tuple[Cell, ...]
    rnns: tuple[RNN, ...]
    slots: Mapping[str, str]
    others: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def survey(entries, chosen=None) -> Survey:
    """Looks through ``Checkpoint.entries`` (v1 name to shape and dtype).

    ``chosen`` maps scopes of cells to the name of the layout that they have, where that
    is to be decided by a person.
    """
    found = find(entries, chosen)
    cells = sorted(found.cells, key=lambda cell: _natural(cell.scope))
    taken = {name for cell in cells for name in cell.variables.values()}
    slots = {}
    for name in entries:
        owner = _owner(name, entries)
        if name not in taken and owner is not None:
            slots[name] = owner
    others = tuple(name for name in entries if name not in taken and name not in slots)
    return Survey(
        tuple(cells), _networks(cells), slots, others, found.problems, found.notes
    )


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
        known = ", ".join(layout.name for layout in LAYOUTS)
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
    alike = (other.layout, other.dtype) == (one.layout, one.dtype)
    return alike and other.input_dim == features


def _networks(cells):
    """Groups cells into RNNs by the components that TensorFlow adds to scopes."""
    chains = _stacks([(rnn_scope(cell), cell) for cell in cells])
    chains, pairs = _pairs(chains)
    networks, used = [], set()
    for scope, (forward, backward) in pairs.items():
        kind = BIDIRECTIONAL if len(forward) == 1 else BIDIRECTIONAL_STACK
        networks.append(RNN(scope, kind, forward + backward))
        used.add(scope)
    for scope, order in chains:
        if len(order) == 1:
            continue
        inside = rnn_scope(order[0]).rpartition("/")[0]
        networks.append(RNN(inside if scope in used else scope, STACK, order))
        used.add(scope)
    ones = [(scope, order) for scope, order in chains if len(order) == 1]
    for scope, order in ones:
        clash = scope in used or sum(other == scope for other, _ in ones) > 1
        networks.append(RNN(order[0].scope if clash else scope, SINGLE, order))
    return tuple(sorted(networks, key=lambda rnn: _natural(rnn.scope)))


def _stacks(ones):
    """From pairs of a scope and a cell to pairs of a scope and the cells of a stack, of
    one layer where a cell stands alone."""
    chains, groups = [], {}
    for scope, cell in ones:
        *parent, last = scope.split("/")
        layer = _LAYER.match(last)
        if layer is not None and parent and _MULTI.match(parent[-1]):
            parent = parent[:-1]
        group = groups.setdefault("/".join(parent), {}) if layer else {}
        if layer is None or int(layer[1]) in group:
            chains.append((scope, (cell,)))
        else:
            group[int(layer[1])] = cell
    for scope, layers in groups.items():
        order = tuple(layers[place] for place in sorted(layers))
        whole = sorted(layers) == list(range(len(order)))
        if whole and all(
            _fit(below.units, below, above) for below, above in pairwise(order)
        ):
            chains.append((scope, order))
        else:  # other cells, or other wiring, between the layers
            chains += [(rnn_scope(cell), (cell,)) for cell in order]
    return chains


def _pairs(chains):
    """Takes forward and backward stacks, of equally many layers, out of ``chains``."""
    rest, groups = [], {}
    for scope, order in chains:
        parent, _, last = scope.rpartition("/")
        group = groups.setdefault(parent, {}) if _DIRECTION.match(last) else {}
        if not _DIRECTION.match(last) or last.lower() in group:
            rest.append((scope, order))
        else:
            group[last.lower()] = (scope, order)
    pairs = {}
    for parent, ends in groups.items():
        orders = [ends[end][1] for end in ("fw", "bw") if end in ends]
        if (
            len(orders) == 2
            and len(orders[0]) == len(orders[1])
            and _fit(orders[0][0].input_dim, orders[0][0], orders[1][0])
        ):
            pairs[parent] = tuple(orders)
        else:
            rest += ends.values()
    return rest, pairs
