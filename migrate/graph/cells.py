"""The cells that a graph shows, as the cells that everything else works with."""

from dataclasses import replace
from types import MappingProxyType

from migrate.cells.base import Cell, IncompatibleError, measure
from migrate.cells.layouts import LAYOUTS, layout_of
from migrate.cells.networks import common_scope
from migrate.cells.search import Problem
from migrate.cells.settings import GRAPH, Known
from migrate.graph.found import GraphCell

#: The layouts' targets by family.
_TARGETS = {"bn-lstm": "BNLSTM", "lstm": "LSTM", "gru": "GRU"}


def as_cell(found: GraphCell, names, entries, facts) -> Cell | Problem:
    """A ``Cell`` for a cell of a graph, of a known layout if one says the same.

    Args:
      found: the cell. names: from a variable's name in the graph to that in the source.
      entries: of the source. facts: settings of the whole RNN, by name.

    Returns:
      The cell, or what is wrong with it.
    """
    missing = [
        names.get(name, name)
        for name in _variables(found)
        if names.get(name, name) not in entries
    ]
    scope = common_scope(
        names.get(name, name).rpartition("/")[0] for name in _variables(found)
    )
    if missing:
        listed = ", ".join(missing[:5]) + (", ..." if missing[5:] else "")
        return Problem(
            scope, f"{scope} is a cell of the graph without its variables: {listed}"
        )
    roles = {
        key: names.get(name, name) for key, name in _by_key(found.variables).items()
    }
    layout, variables = _known_layout(found, scope, roles)
    if layout is None:
        definition, variables = _definition(found), roles
        name = definition["name"]
    else:
        definition, name = None, layout.name
    cell = Cell(
        scope=scope,
        layout=name,
        input_dim=0,
        units=0,
        max_bn_steps=None,
        dtype=entries[next(iter(variables.values()))].dtype,
        variables=MappingProxyType(variables),
        settings=_settings(found) | facts,
        definition=definition,
    )
    return _measured(cell, entries)


def used_variables(found: GraphCell) -> set[str]:
    """The names in the graph of a cell's variables."""
    return set(_variables(found))


def _variables(found):
    for names in found.variables.values():
        yield from (names,) if isinstance(names, str) else names


def _by_key(variables):
    """From "role", or "role/step" where each step has a variable of its own."""
    made = {}
    for role, names in variables.items():
        if isinstance(names, str):
            made[role] = names
        else:
            made |= {f"{role}/{step}": name for step, name in enumerate(names)}
    return made


def _known_layout(found, scope, roles):
    """The known layout that says what the graph shows, and the cell's variables under
    its names; (None, None) if there is none."""
    for layout in LAYOUTS:
        if layout.target != _TARGETS[found.family] or layout.lacking:
            continue
        keys = layout.keys_by_role(found.gates, found.per_step, roles)
        if keys is None:
            continue
        variables = {key: roles[role] for role, key in keys.items()}
        spelled = {f"{scope}/{layout.suffix(key)}" for key in variables}
        unsaid = {"forget_bias"} - set(layout.defaults)
        if spelled == set(variables.values()) and not any(
            found.settings[name].value for name in unsaid if name in found.settings
        ):
            ordered = layout.shapes_for(layout.suffix(key) for key in variables)
            return layout, {key: variables[key] for key in ordered}
    return None, None


def _definition(found):
    """The layout of a cell under names of its own, as plain data: see ``custom``."""
    variables = {
        role if isinstance(names, str) else f"{role}/{{t}}": role
        for role, names in found.variables.items()
    }
    made = {
        "name": "from the graph",
        "family": found.family,
        "gates": found.gates,
        "variables": variables,
        "settings": {},
    }
    if found.family == "bn-lstm":
        made["per_step"] = found.per_step
    return made


def _settings(found):
    return {
        name: Known(setting.value, GRAPH, setting.node)
        for name, setting in found.settings.items()
    }


def _measured(cell, entries):
    """The cell with its sizes, or what is wrong with them."""
    layout = layout_of(cell)
    shapes = layout.shapes_for(layout.suffix(key) for key in cell.variables)
    try:
        sizes = measure(
            shapes, {key: entries[cell.variables[key]].shape for key in shapes}
        )
    except IncompatibleError as error:
        return Problem(cell.scope, f"{cell.scope}: {error}")
    dtypes = {entries[name].dtype for name in cell.variables.values()}
    if dtypes not in ({"float32"}, {"float64"}):
        return Problem(
            cell.scope,
            f"{cell.scope}: dtypes {sorted(dtypes)}, expected float32 or float64",
        )
    return replace(
        cell,
        input_dim=sizes["D"],
        units=sizes["H"],
        max_bn_steps=layout.steps(shapes, sizes),
    )
