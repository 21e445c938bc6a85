"""Scopes that come near a known cell, and why they are not one."""

from migrate.cells.layouts import LAYOUTS
from migrate.cells.others import cell_in
from migrate.cells.search import Problem

#: Gates of a cell -> what it is.
_BY_GATES = {4: "an LSTM", 3: "a GRU"}


def near_cells(entries, taken, spoken_of) -> tuple[Problem, ...]:
    """A sentence for each scope that comes near.

    Args:
      entries: of the source. taken: names of variables that are explained: of cells,
        slots and counters. spoken_of: scopes of which something is said already.
    """
    scopes = {}
    for name, entry in entries.items():
        parts = name.split("/")
        if name in taken:
            continue
        for count in range(max(len(parts) - 3, 0), len(parts)):
            scope = "/".join(parts[:count])
            scopes.setdefault(scope, {})["/".join(parts[count:])] = entry.shape
    found = []
    for scope in sorted(scopes, key=lambda scope: (-scope.count("/"), scope)):
        reason = _reason(scope, scopes[scope])
        if reason is None or any(_overlap(scope, other) for other in spoken_of):
            continue
        spoken_of = {*spoken_of, scope}
        found.append(Problem(scope, f"{scope or '(no scope)'} {reason}"))
    return tuple(sorted(found))


def _overlap(one, other):
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _reason(scope, shapes):
    """Why a scope is no known cell though it looks like one; None if it does not."""
    does = cell_in(scope)
    if does is not None:
        return f"is a cell that {does}, which no layer here does"
    own = scope.rpartition("/")[2]
    named = [
        layout
        for layout in LAYOUTS
        if layout.cell_names is not None and layout.cell_names.fullmatch(own)
    ]
    if named:
        nearest = min(named, key=lambda layout: len(_missing(layout, shapes)))
        missing = ", ".join(_missing(nearest, shapes))
        text = f"has the name of a {nearest.summary}, but no {missing}"
        return text if missing else None
    kernels = _kernels(shapes)
    if kernels is None:
        return None
    gates, one, other = kernels
    return (
        f"holds the matrices {one} {list(shapes[one])} and {other} "
        f"{list(shapes[other])}, as {_BY_GATES[gates]} of {shapes[other][0]} units "
        "does, but not the names of a known layout"
    )


def _missing(layout, shapes):
    suffixes = [layout.suffix(key) for key in layout.shapes]
    return [suffix for suffix in suffixes if suffix not in shapes]


def _kernels(shapes):
    """The gates of a cell, and the names of a matrix for x and one for h [H,4H]."""
    for depth in range(2):
        matrices = {
            name: shape
            for name, shape in shapes.items()
            if len(shape) == 2 and name.count("/") == depth
        }
        for name, (units, width) in matrices.items():
            others = [n for n, s in matrices.items() if n != name and s[1] == width]
            for gates in _BY_GATES:
                if units > 1 and width == gates * units and len(others) == 1:
                    return gates, others[0], name
    return None
