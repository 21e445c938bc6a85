"""Finding cells: which scope holds the variables of which layout, and of no other.

A scope is a cell of the layout whose variables it holds, all of them and no others that
layouts know. Where it holds more, or less, people are asked rather than guessed for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from migrate.cells.base import Cell, Layout, MisfitError, measure
from migrate.errors import MigrateError


@dataclass(frozen=True)
class Findings:
    """Cells; ``problems``: sentences about scopes that need a decision or are broken;
    ``notes``: sentences about cells that no Keras layer can express."""

    cells: tuple[Cell, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def search(layouts: tuple[Layout, ...], entries, chosen: Mapping[str, str]) -> Findings:
    """Looks for cells of ``layouts`` among ``entries`` (name to shape and dtype).

    Raises:
      MigrateError: ``chosen`` (scope to layout name) names what does not exist.
    """
    by_name = {layout.name: layout for layout in layouts}
    for scope, name in chosen.items():
        if name not in by_name:
            raise MigrateError(
                f"expected one of the layouts {', '.join(by_name)} for {scope}. "
                f"Received: {name}"
            )
    found = Findings((), (), ())
    for scope, suffixes in _scopes(layouts, entries).items():
        if scope in chosen:
            one = _read(scope, by_name[chosen[scope]], suffixes, entries, sure=True)
        else:
            one = _decide(scope, layouts, suffixes, entries)
        found = Findings(
            *(a + b for a, b in zip(_parts(found), _parts(one), strict=True))
        )
    seen = {cell.scope for cell in found.cells}
    told = " ".join((*found.problems, *found.notes))
    for scope, name in chosen.items():
        if scope not in seen and scope not in told:
            raise MigrateError(f"there are no variables of a {name} cell under {scope}")
    return found


def _parts(found):
    return found.cells, found.problems, found.notes


def _scopes(layouts, entries):
    """From each scope to the ends of its names that layouts know, with the names."""
    fixed = {layout.suffix(leaf) for layout in layouts for leaf in layout.leaves}
    deepest = 1 + max(suffix.count("/") for suffix in fixed)
    scopes = {}
    for name in entries:
        parts = name.split("/")
        for count in range(1, min(deepest, len(parts)) + 1):
            suffix = "/".join(parts[-count:])
            if suffix in fixed or any(layout.knows(suffix) for layout in layouts):
                scope = "/".join(parts[:-count])
                scopes.setdefault(scope, {})[suffix] = name
    return scopes


def _decide(scope, layouts, suffixes, entries):
    """The one layout of a scope, where there is one."""
    own_name = scope.rpartition("/")[2]
    possible = [
        layout
        for layout in layouts
        if layout.cell_names is None or layout.cell_names.fullmatch(own_name)
    ]
    ours = {
        suffix
        for suffix in suffixes
        if any(layout.knows(suffix) for layout in possible)
    }
    missing = {layout: _missing(layout, ours) for layout in possible}
    whole = [layout for layout in possible if not missing[layout]]
    exact = [layout for layout in whole if len(_wanted(layout, ours)) == len(ours)]
    if len(exact) == 1:
        return _read(scope, exact[0], suffixes, entries)
    if whole:
        names = ", ".join(layout.name for layout in whole)
        extra = sorted(ours - set.union(*(_wanted(layout, ours) for layout in whole)))
        beside = f", but also holds {', '.join(extra)}" if extra else ""
        problem = (
            f"{scope or '(no scope)'} could be a cell of the layout {names}{beside}; "
            f"say which with --layout {scope}={whole[0].name}"
        )
        return Findings((), (problem,), ())
    marked = [layout for layout in possible if layout.marks & set(suffixes)]
    if not marked:
        return Findings((), (), ())
    nearest = min(marked, key=lambda layout: len(missing[layout]))
    return _read(scope, nearest, suffixes, entries)


def _wanted(layout, suffixes):
    return {layout.suffix(leaf) for leaf in layout.leaves_for(suffixes)}


def _missing(layout, suffixes):
    leaves = layout.leaves_for(suffixes)
    return [leaf for leaf in leaves if layout.suffix(leaf) not in suffixes]


def _read(scope, layout, suffixes, entries, sure=False):
    """The cell of that layout in a scope, or what is wrong with it.

    A cell known by its own name alone may be somebody else's: unless ``sure``, what is
    wrong with it is a note.
    """

    def wrong(reason):
        sentence = f"{where}: {reason}"
        if sure or layout.cell_names is None:
            return Findings((), (sentence,), ())
        return Findings((), (), (f"{sentence}; its variables are kept as they are",))

    where = f"{scope or '(no scope)'} is not a whole {layout.name} cell"
    missing = _missing(layout, suffixes)
    if missing:
        names = ", ".join(layout.suffix(leaf) for leaf in missing)
        return wrong(f"{names} missing")
    leaves = layout.leaves_for(suffixes)
    variables = {leaf: suffixes[layout.suffix(leaf)] for leaf in leaves}
    if layout.lacking is not None:
        note = (
            f"{scope} has {layout.lacking} ({layout.summary}), which no Keras layer "
            "has; its variables are kept as they are"
        )
        return Findings((), (), (note,))
    dtypes = {entries[name].dtype for name in variables.values()}
    try:
        sizes = measure(
            leaves, {leaf: entries[name].shape for leaf, name in variables.items()}
        )
    except MisfitError as error:
        return wrong(error)
    if dtypes not in ({"float32"}, {"float64"}):
        return wrong(f"dtypes {sorted(dtypes)}, expected float32 or float64")
    cell = Cell(
        scope=scope,
        layout=layout.name,
        input_dim=sizes["D"],
        units=sizes["H"],
        max_bn_steps=layout.steps(leaves, sizes),
        dtype=dtypes.pop(),
        variables=MappingProxyType(variables),
    )
    return Findings((cell,), (), ())
