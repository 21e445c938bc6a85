"""Variables in a cell's scope, or of a wrapper around it, that its layout does not
explain.

Such a variable may change what the cell computes. So the cell is not converted before a
person, or the graph, says what it is. Optimizer slots, moving averages and counters
explain themselves.
"""

import re

from migrate.cells.base import Cell
from migrate.cells.others import wrapper_of
from migrate.cells.search import UNEXPLAINED, Problem, advice, below, listed
from migrate.cells.training_state import AVERAGE, is_training_state

_WILDCARDS = {"**": ".*", "*": "[^/]*"}


def unexplained(cell: Cell, cells, entries, ignored=()) -> Problem | None:
    """What stands with a cell of a source unexplained, as a problem; None if nothing.

    Args:
      cells: all cells of the source. entries: its variables. ignored: names that are
        said to be no part of the cell.
    """
    taken = {name for other in cells for name in other.variables.values()}
    patterns = [*map(_pattern, (cell.definition or {}).get("ignore", ()))]

    def unknown(name):
        return (
            name not in taken
            and name not in ignored
            and f"{name}/{AVERAGE}" not in taken
            and not is_training_state(name, entries)
            and not any(p.fullmatch(_from(cell.scope, name)) for p in patterns)
            and not any(p.fullmatch(f"/{name}") for p in patterns)
        )

    inside = [name for name in _inside(cell, cells, entries) if unknown(name)]
    around = {}
    for name in entries:
        wrapper = wrapper_of(name)
        if wrapper is None or name in inside or not unknown(name):
            continue
        scope, does = wrapper
        if not scope or cell.scope.startswith(f"{scope}/"):
            around.setdefault(does, []).append(name)
    if not inside and not around:
        return None
    return Problem(cell.scope, _sentence(cell, inside, around), UNEXPLAINED)


def _sentence(cell, inside, around):
    parts = []
    if inside:
        names = listed(_from(cell.scope, name) for name in inside)
        parts.append(
            f"{cell.scope or '(no scope)'} also holds {names}, which the layout "
            f"{cell.layout} does not explain"
        )
    parts += [
        f"{cell.scope} is wrapped: {does} (variables {listed(names)})"
        for does, names in around.items()
    ]
    return f"{'; '.join(parts)}; {advice(cell.scope)}"


def _inside(cell, cells, entries):
    """The names in a cell's scope, but for those in the scope of a cell in it.

    A cell without a scope has only names like its own: others are the model's.
    """
    nested = [
        f"{other.scope}/"
        for other in cells
        if other.scope != cell.scope and _within(other.scope, cell.scope)
    ]
    found = below(cell.scope, entries)
    if not cell.scope:
        own = {name.partition("/")[0] for name in cell.variables.values()}
        found = {s: n for s, n in found.items() if s.partition("/")[0] in own}
    return [
        name
        for name in found.values()
        if not any(name.startswith(scope) for scope in nested)
    ]


def _within(inner, outer):
    return not outer or inner.startswith(f"{outer}/")


def _from(scope, name):
    """The end of a name after a scope; a name elsewhere as it is."""
    start = f"{scope}/" if scope else ""
    return name.removeprefix(start)


def _pattern(text):
    parts = re.split(r"(\*\*|\*)", text)
    return re.compile("".join(_WILDCARDS.get(part, re.escape(part)) for part in parts))
