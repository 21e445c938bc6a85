"""RNNs: cells that stand in one network, by the scopes that TensorFlow makes."""

import re
from dataclasses import dataclass
from itertools import pairwise

from migrate.cells.base import Cell

SINGLE, BIDIRECTIONAL, STACK = "single", "bidirectional", "stack"
BIDIRECTIONAL_STACK = "bidirectional stack"
KINDS = (SINGLE, BIDIRECTIONAL, STACK, BIDIRECTIONAL_STACK)

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
        middle = len(self.cells) // 2
        return self.cells[:middle], self.cells[middle:]


def rnn_scope(cell: Cell) -> str:
    """The cell's scope without the cell's own name, which is its last component."""
    return cell.scope.rpartition("/")[0]


def common_scope(scopes) -> str:
    """The longest scope that all of them stand in."""
    together = []
    for parts in zip(*(scope.split("/") for scope in scopes), strict=False):
        if len(set(parts)) > 1:
            break
        together.append(parts[0])
    return "/".join(together)


def natural(scope):
    """A key that sorts scopes as people count: cell_2 before cell_10."""
    return [
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in re.split(r"(\d+)", scope)
    ]


def _fit(features, one, other):
    """Whether two cells can stand in one network: ``other`` takes ``features``."""
    alike = (other.layout, other.dtype) == (one.layout, one.dtype)
    return alike and other.input_dim == features


def networks(cells) -> tuple[RNN, ...]:
    """Groups cells into RNNs by the components that TensorFlow adds to scopes."""
    chains = _stacks([(rnn_scope(cell), cell) for cell in cells])
    chains, pairs = _pairs(chains)
    found, used = [], set()
    for scope, (forward, backward) in pairs.items():
        kind = BIDIRECTIONAL if len(forward) == 1 else BIDIRECTIONAL_STACK
        found.append(RNN(scope, kind, forward + backward))
        used.add(scope)
    for scope, order in chains:
        if len(order) == 1:
            continue
        inside = rnn_scope(order[0]).rpartition("/")[0]
        found.append(RNN(inside if scope in used else scope, STACK, order))
        used.add(scope)
    singles = [(scope, order) for scope, order in chains if len(order) == 1]
    for scope, order in singles:
        clash = scope in used or sum(other == scope for other, _ in singles) > 1
        own = clash or not scope
        found.append(RNN(order[0].scope if own else scope, SINGLE, order))
    return tuple(sorted(found, key=lambda rnn: natural(rnn.scope)))


def _stacks(singles):
    """From pairs of a scope and a cell to pairs of a scope and the cells of a stack, of
    one layer where a cell stands alone."""
    chains, groups = [], {}
    for scope, cell in singles:
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
        complete = sorted(layers) == list(range(len(order)))
        if complete and all(
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
