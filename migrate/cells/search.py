"""Finding cells: which scope holds the variables of which layout, and of no other.

A scope is a cell of the layout whose variables it holds, all of them and no others that
layouts know. Where it holds more, or less, people are asked rather than guessed for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from migrate.cells.base import Cell, IncompatibleError, Layout, measure
from migrate.cells.settings import GIVEN, Known
from migrate.errors import MigrateError

#: The kind of a problem with variables that may be another part of the cell.
UNEXPLAINED = "Unexplained variables"
#: The end of a note on variables that become no layer.
KEPT = "; its variables are kept as they are"
#: Where layout files are explained.
PAGE = "docs/reference/layouts.md"


class Problem(NamedTuple):
    """Something about a scope that a person should know: its name, a sentence, and what
    kind of thing it is."""

    scope: str
    text: str
    kind: str = "Incomplete cell"


@dataclass(frozen=True)
class Findings:
    """Cells; ``problems``: scopes that need a decision or are broken; ``notes``: cells
    that no Keras layer can express."""

    cells: tuple[Cell, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    def __add__(self, other):
        return Findings(
            self.cells + other.cells,
            self.problems + other.problems,
            self.notes + other.notes,
        )


def search(
    layouts: tuple[Layout, ...], entries, chosen: Mapping[str, Layout]
) -> Findings:
    """Looks for cells of ``layouts`` among ``entries`` (name to shape and dtype).

    ``chosen``: from scope to the layout that it has, of ``layouts`` or not.

    Raises:
      MigrateError: ``chosen`` has a scope without variables of its layout.
    """
    scopes = _scopes(layouts, entries)
    found = Findings()
    for scope, layout in chosen.items():
        suffixes = below(scope, entries)
        if scope not in scopes and not any(map(layout.knows, suffixes)):
            candidates = sorted(scopes)
            listed = ", ".join(candidates[:10]) + (", ..." if candidates[10:] else "")
            raise MigrateError(
                f"there are no variables of a {layout.name} cell under {scope}; scopes "
                f"with variables that a layout knows: {listed or 'none'}"
            )
        found += _read(scope, layout, suffixes, entries, sure=True)
    for scope, suffixes in scopes.items():
        if scope not in chosen:
            found += _decide(scope, layouts, suffixes, entries)
    return found


def below(scope: str, entries) -> dict[str, str]:
    """From the ends of the names under a scope to the names."""
    start = f"{scope}/" if scope else ""
    return {name[len(start) :]: name for name in entries if name.startswith(start)}


def _scopes(layouts, entries):
    """From each scope to the ends of its names that layouts know, with the names."""
    fixed = {layout.suffix(key) for layout in layouts for key in layout.shapes}
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
    complete = [layout for layout in possible if not missing[layout]]
    exact = [layout for layout in complete if len(_wanted(layout, ours)) == len(ours)]
    found = [layout for layout in exact if not layout.by_choice]
    if len(found) == 1:
        return _read(scope, found[0], suffixes, entries)
    if complete:
        return Findings(problems=(_ambiguous(scope, ours, complete, exact),))
    marked = [layout for layout in possible if layout.marks & set(suffixes)]
    if not marked:
        return Findings()
    nearest = min(marked, key=lambda layout: len(missing[layout]))
    return _read(scope, nearest, suffixes, entries)


def _ambiguous(scope, ours, complete, exact):
    """A scope that holds all of a cell, and more; or all of several."""
    usual = [layout for layout in complete if not layout.by_choice] or complete
    could_be = " or ".join(f"{layout.name}{_left_by(layout, ours)}" for layout in usual)
    problem = f"{scope or '(no scope)'} could be a cell of the layout {could_be}"
    options = " or ".join(f"--layout {scope}={layout.name}" for layout in exact)
    if options:
        problem += f"; {options} explains all of them, if your script computes that"
    problem += f"; {'else ' if options else ''}{advice(scope)}"
    return Problem(scope, problem, UNEXPLAINED)


def _left_by(layout, ours):
    left = sorted(ours - _wanted(layout, ours))
    return f" (which does not explain {listed(left)})" if left else ""


def listed(names) -> str:
    """The first few names, and how many there are."""
    names = list(names)
    more = f" and {len(names) - 12} more" if names[12:] else ""
    return ", ".join(names[:12]) + more


def advice(scope: str) -> str:
    """How to say what variables are."""
    return (
        f"say what they are: a layout file gives each a role, or names it under ignore "
        f"(--layout {scope}=FILE.toml, {PAGE}), or the model's graph shows it (--graph "
        "FILE.meta)"
    )


def _wanted(layout, suffixes):
    return {layout.suffix(key) for key in layout.shapes_for(suffixes)}


def _missing(layout, suffixes):
    shapes = layout.shapes_for(suffixes)
    return [key for key in shapes if layout.suffix(key) not in suffixes]


def _read(scope, layout, suffixes, entries, sure=False):
    """The cell of that layout in a scope, or what is wrong with it.

    A cell known by its own name alone may be somebody else's: unless ``sure``, what is
    wrong with it is a note.
    """

    def wrong(reason):
        sentence = f"{where}: {reason}"
        if sure or layout.cell_names is None:
            return Findings(problems=(Problem(scope, sentence),))
        return Findings(notes=(Problem(scope, sentence + KEPT),))

    where = f"{scope or '(no scope)'} is not a complete {layout.name} cell"
    missing = _missing(layout, suffixes)
    if missing:
        names = ", ".join(layout.suffix(key) for key in missing)
        return wrong(f"{names} missing")
    shapes = layout.shapes_for(suffixes)
    variables = {key: suffixes[layout.suffix(key)] for key in shapes}
    if layout.lacking is not None:
        note = (
            f"{scope} has {layout.lacking} ({layout.summary}), which no Keras layer "
            f"has{KEPT}"
        )
        return Findings(notes=(Problem(scope, note),))
    dtypes = {entries[name].dtype for name in variables.values()}
    try:
        sizes = measure(
            shapes, {key: entries[name].shape for key, name in variables.items()}
        )
        steps = layout.steps(shapes, sizes)
    except IncompatibleError as error:
        return wrong(error)
    if dtypes not in ({"float32"}, {"float64"}):
        return wrong(f"dtypes {sorted(dtypes)}, expected float32 or float64")
    cell = Cell(
        scope=scope,
        layout=layout.name,
        input_dim=sizes["D"],
        units=sizes["H"],
        max_bn_steps=steps,
        dtype=dtypes.pop(),
        variables=MappingProxyType(variables),
        settings=MappingProxyType(_given_by(layout)),
        definition=layout.definition,
    )
    return Findings(cells=(cell,))


def _given_by(layout):
    """The settings that a definition says."""
    given = (layout.definition or {}).get("settings", {})
    return {name: Known(value, GIVEN) for name, value in given.items()}
