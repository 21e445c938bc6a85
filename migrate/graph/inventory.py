"""The inventory of a source that has a graph: cells by what the graph computes.

A cell that the graph shows is known by its structure, with its settings; one that no
layer here can be is named with the node that makes it so, and stays as variables.
Names alone make cells only of variables that the graph does not have.
"""

from dataclasses import dataclass, field

from migrate.cells.base import Cell
from migrate.cells.choices import choose
from migrate.cells.inventory import RAW, Inventory, inventory_of, take_inventory
from migrate.cells.layouts import layout_of
from migrate.cells.networks import (
    BIDIRECTIONAL,
    BIDIRECTIONAL_STACK,
    RNN,
    SINGLE,
    STACK,
    common_scope,
    networks,
    rnn_scope,
)
from migrate.cells.search import KEPT, Problem
from migrate.cells.settings import GRAPH, Known
from migrate.errors import MigrateError
from migrate.graph.cells import as_cell
from migrate.graph.find import find
from migrate.graph.found import GraphRNN
from migrate.graph.names import stored_names
from migrate.graph.nodes import Graph, output


@dataclass(frozen=True)
class GraphNetwork:
    """An ``RNN`` with what it is in the graph: one ``GraphRNN`` for each chain.

    ``copies``: other places of the graph that run the same cells, such as the model
    for validation beside that for training.
    """

    rnn: RNN
    chains: tuple[GraphRNN, ...]
    copies: tuple[GraphRNN, ...] = ()


@dataclass
class GraphInventory:
    """What a graph shows of a source's cells."""

    networks: list[GraphNetwork] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


def inventory(source, layouts=None, averages=RAW, ignored=()) -> Inventory:
    """What a source holds, by its graph if it has one, and else by names.

    Args:
      source: a ``Source``.
      layouts, averages, ignored: as in ``cells.inventory.take_inventory``.

    Raises:
      MigrateError: as ``take_inventory``; a layout that the graph contradicts.
    """
    if source.graph is None:
        return take_inventory(source.entries, layouts, averages, ignored)
    shown = graph_inventory(source.graph, source.entries)
    layouts = {scope.strip("/"): given for scope, given in (layouts or {}).items()}
    for network in shown.networks:
        for cell in network.rnn.cells:
            if cell.scope in layouts:
                _require_same(
                    cell, layouts.pop(cell.scope), source.graph, source.entries
                )
    in_graph = set(names_in_source(source.graph, source.entries).values())
    rest = {n: entry for n, entry in source.entries.items() if n not in in_graph}
    _require_free(layouts, rest, shown, source.graph)
    by_names = take_inventory(rest, layouts, ignored=ignored)
    return inventory_of(
        source.entries,
        [*(network.rnn for network in shown.networks), *by_names.rnns],
        (*shown.problems, *by_names.problems),
        (*shown.notes, *by_names.notes),
        averages,
    )


def _require_same(cell, given, graph, entries):
    """A layout chosen for a cell that the graph shows must be the graph's."""
    (chosen,) = choose({cell.scope: given}, entries).values()
    if chosen.name == cell.layout:
        return
    if chosen.definition is None or _as_roles(cell.scope, chosen) != _roles_of(cell):
        raise MigrateError(
            f"the layout {chosen.name} was given for {cell.scope}, and its graph "
            f"{graph.label} computes a {cell.layout} cell; leave --layout out"
        )


def _as_roles(scope, layout):
    """What a layout of one's own says: its gates, and roles by full name."""
    roles = layout.definition["variables"]
    names = {f"{scope}/{name}": role for name, role in roles.items()}
    return layout.gates, names


def _roles_of(cell):
    """The same of a cell."""
    layout = layout_of(cell)
    roles = getattr(layout, "roles", {key: key for key in layout.shapes})
    return layout.gates, {
        cell.variables[key]: roles[key] for key in cell.variables if key in roles
    }


def _require_free(layouts, rest, shown, graph):
    """A layout chosen for a scope whose variables the graph uses otherwise."""
    for scope, name in layouts.items():
        if not any(variable.startswith(f"{scope}/") for variable in rest):
            reasons = [n.text for n in (*shown.notes, *shown.problems)]
            reason = f": {'; '.join(reasons)}" if reasons else ""
            raise MigrateError(
                f"the layout {name} was given for {scope}, and the graph {graph.label} "
                f"has no such cell{reason}"
            )


def names_in_source(graph: Graph, entries) -> dict[str, str]:
    """From each variable of a graph to its name in the source, or the one that it would
    have there."""
    stored = stored_names(graph, entries)
    return {
        name: stored.get(name, graph.saver_names.get(name, name))
        for name in graph.variables
    }


def graph_inventory(graph: Graph, entries) -> GraphInventory:
    """The RNNs that a graph shows, as cells of a source with these entries."""
    found, names = find(graph), names_in_source(graph, entries)
    shown = GraphInventory()
    shown.notes += [
        _note(loop.node.rpartition("/")[0], loop.what, loop.node)
        for loop in found.loops
    ]
    chains = {}
    for rnn in found.rnns:
        if not rnn.expressible:
            shown.notes += _why_not(rnn)
            continue
        facts = _facts(rnn)
        made = [as_cell(cell, names, entries, facts) for cell in rnn.cells]
        cells = tuple(cell for cell in made if isinstance(cell, Cell))
        problems = [cell for cell in made if isinstance(cell, Problem)]
        if problems:
            shown.problems += problems
            continue
        key = tuple(tuple(sorted(cell.variables.values())) for cell in cells)
        chains.setdefault(key, []).append((rnn, cells))
    merged = [_first_of(copies, shown) for copies in chains.values()]
    shown.networks += _networks(graph, merged)
    return shown


def _note(scope, what, node):
    return Problem(
        scope,
        f"{scope} has {what} (node {node}), which no layer here has{KEPT}",
    )


def _facts(rnn) -> dict[str, Known]:
    """What the graph shows of a whole RNN: its training switch, its lengths."""
    facts = {}
    if rnn.switches:
        switches = [
            f"not {name}" if name in rnn.inverted else name for name in rnn.switches
        ]
        facts["training_switch"] = Known(", ".join(switches), GRAPH, rnn.switches[0])
    facts["lengths"] = Known(rnn.lengths or "not fed", GRAPH, rnn.lengths or rnn.scope)
    return facts


def _why_not(rnn):
    reasons = {}
    for scope, lacking in (
        (rnn.scope, rnn.lacking),
        *((cell.scope, cell.lacking) for cell in rnn.cells),
    ):
        for item in lacking:
            reasons.setdefault((scope, item.what), item.node)
    return [_note(scope, what, node) for (scope, what), node in reasons.items()]


def _first_of(copies, shown):
    """One of the places that run the same cells, by preference one for training."""
    order = sorted(copies, key=lambda copy: not _trains(copy[1]))
    rnn, cells = order[0]
    for _, others in order[1:]:
        for cell, other in zip(cells, others, strict=True):
            for name, known in cell.settings.items():
                if name in other.settings and other.settings[name].value != known.value:
                    if name in ("moves", "max_bn_steps"):
                        continue
                    shown.problems.append(
                        Problem(
                            cell.scope,
                            f"{cell.scope} has {name} {known.value} at node "
                            f"{known.node} of its graph, and "
                            f"{other.settings[name].value} at node "
                            f"{other.settings[name].node}",
                        )
                    )
    return rnn, cells, tuple(copy for copy, _ in order[1:])


def _trains(cells):
    return all(
        cell.settings["moves"].value != "never"
        for cell in cells
        if "moves" in cell.settings
    )


def _networks(graph, chains):
    """Pairs of a forward and a backward chain become one RNN; the others stay."""
    backward = [c for c in chains if c[0].reverse is not None]
    rest, made = [c for c in chains if c[0].reverse is None], []
    for chain in backward:
        partner = next((c for c in rest if _pair(graph, c, chain)), None)
        if partner is not None:
            rest.remove(partner)
            made.append(_network([partner, chain]))
        else:
            made.append(_network([chain]))
    made += [_network([chain]) for chain in rest]
    return _named(made)


def _pair(graph, forward, backward):
    """Whether two chains are the two directions of one RNN."""
    (one, cells, _), (other, others, _) = forward, backward
    if [(c.layout, c.units, c.dtype) for c in cells] != [
        (c.layout, c.units, c.dtype) for c in others
    ] or not isinstance(one.inputs, str):
        return False
    source = graph.inputs(output(other.reverse.input)[0])[0]
    return one.lengths == other.lengths and source == output(one.inputs)


def _network(chains):
    cells = tuple(cell for _, chain, _ in chains for cell in chain)
    stacked = len(chains[0][1]) > 1
    kind = {
        (1, False): SINGLE,
        (1, True): STACK,
        (2, False): BIDIRECTIONAL,
        (2, True): BIDIRECTIONAL_STACK,
    }[len(chains), stacked]
    copies = tuple(copy for _, _, others in chains for copy in others)
    return GraphNetwork(
        RNN("", kind, cells), tuple(rnn for rnn, _, _ in chains), copies
    )


def _named(made):
    """Scopes as names alone would give them, where they agree; no two the same."""
    by_names = {
        _scopes(rnn.cells): rnn.scope
        for rnn in networks([cell for network in made for cell in network.rnn.cells])
    }
    taken, named = set(), []
    for network in made:
        cells = network.rnn.cells
        scope = by_names.get(_scopes(cells)) or _common(cells)
        if scope in taken or not scope:
            scope = cells[0].scope
        taken.add(scope)
        rnn = RNN(scope, network.rnn.kind, cells)
        named.append(GraphNetwork(rnn, network.chains, network.copies))
    return named


def _scopes(cells):
    return tuple(cell.scope for cell in cells)


def _common(cells: tuple[Cell, ...]):
    if len(cells) == 1:
        return rnn_scope(cells[0])
    return common_scope(_scopes(cells))
