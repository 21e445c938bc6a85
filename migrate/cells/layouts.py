"""The known layouts of cells, in the order in which they are tried."""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping

from migrate.cells import custom, known
from migrate.cells.base import Cell, Layout


def in_order(files: Iterable) -> tuple[Layout, ...]:
    """The layouts of all ``files``, modules as ``migrate.cells.known`` says.

    Raises:
      ValueError: two files claim one place.
    """
    by_place = {}
    for file in files:
        other = by_place.setdefault(file.PLACE, file)
        if other is not file:
            raise ValueError(
                f"{file.__name__} has the PLACE {file.PLACE}, which {other.__name__} "
                "has, too; choose another"
            )
    return tuple(
        layout for place in sorted(by_place) for layout in by_place[place].LAYOUTS
    )


def by_name(layouts: Iterable[Layout]) -> Mapping[str, Layout]:
    """From each name and earlier name to the layout.

    Raises:
      ValueError: two layouts claim one name.
    """
    found = {}
    for layout in layouts:
        for name in (layout.name, *layout.aliases):
            if name in found:
                raise ValueError(
                    f"two layouts are called {name}: {found[name].summary!r} and "
                    f"{layout.summary!r}; rename one"
                )
            found[name] = layout
    return found


LAYOUTS = in_order(
    importlib.import_module(f"{known.__name__}.{file.name}")
    for file in pkgutil.iter_modules(known.__path__)
)
BY_NAME = by_name(LAYOUTS)


def layout_of(cell: Cell) -> Layout:
    """The layout of a ``Cell``."""
    if cell.definition is not None:
        return custom.layout(cell.definition)
    return BY_NAME[cell.layout]
