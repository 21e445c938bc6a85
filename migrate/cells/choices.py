"""Which layout a person has chosen for a scope: a known one, or one of their own."""

import difflib
import os
from collections.abc import Mapping

from migrate.cells import custom, definitions
from migrate.cells.base import Layout
from migrate.cells.layouts import BY_NAME, LAYOUTS
from migrate.cells.search import PAGE, below
from migrate.errors import MigrateError


def choose(layouts: Mapping, entries) -> dict[str, Layout]:
    """From scope to layout.

    Args:
      layouts: from scopes of cells to the name of a known layout, the path of a layout
        file, or a definition as plain data.
      entries: of the source, whose names the layouts must fit.

    Raises:
      MigrateError: with all that is wrong, in every layout.
    """
    chosen, wrong = {}, []
    for scope, given in layouts.items():
        scope = scope.strip("/")
        if is_name(given):
            chosen[scope] = _known(scope, given)
            continue
        where, data = definitions.read(given)
        found = definitions.problems(data)
        if data.get("name") in BY_NAME:
            found.append(f"name: {data['name']} is a known layout; choose another")
        suffixes = below(scope, entries)
        if not suffixes:
            found.append(f"there are no variables under {scope}{_near(scope, entries)}")
        elif isinstance(data.get("variables"), Mapping):
            found += definitions.absent(data, suffixes)
        if found:
            wrong.append(f"{where}, for {scope or 'no scope'}: {'; '.join(found)}")
        else:
            chosen[scope] = custom.layout(data)
    if wrong:
        raise MigrateError(f"{'; '.join(wrong)}; see {PAGE}")
    return chosen


def is_name(given) -> bool:
    """Whether a choice is the name of a known layout, and no file or definition."""
    if not isinstance(given, str):
        return False
    return given in BY_NAME or not (
        given.endswith(".toml") or os.path.isfile(given) or os.sep in given
    )


def _known(scope, name):
    if name in BY_NAME:
        return BY_NAME[name]
    names = ", ".join(layout.name for layout in LAYOUTS if layout.lacking is None)
    raise MigrateError(
        f"expected one of the layouts {names}, or the path of a layout file "
        f"({PAGE}), for {scope}. Received: {name}"
    )


def _near(scope, entries):
    scopes = {name.rpartition("/")[0] for name in entries} - {""}
    close = difflib.get_close_matches(scope, sorted(scopes), 1, 0.5)
    return f" (did you mean {close[0]}?)" if close else ""
