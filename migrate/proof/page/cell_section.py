"""The section of one cell: its differences, by step, and its statistics."""

import numpy as np

from migrate.proof.page import charts
from migrate.proof.page.elements import items, joined, number, short, table, tag
from migrate.proof.page.facts import KINDS
from migrate.proof.page.heat_maps import heat_map
from migrate.proof.page.sections import definitions, outcome, reasons, weights

# Rows of a table by step; of more steps, several make one row.
_MOST_ROWS, _FEWEST_ROWS = 40, 8
_ROWS_OF_ALL = 1200


def cell_section(cell, facts, limits):
    """All of one cell. ``limits``: of the heat maps, see ``fitting_limits``."""
    sizes = ", ".join(f"{name} {size}" for name, size in cell.sizes.items())
    about = [
        ("Verdict", outcome(cell)),
        ("RNN", joined([tag("code", cell.rnn), f" ({cell.kind})"])),
        ("Layout", f"{cell.layout}; {sizes}; {cell.dtype}"),
        ("File", tag("code", cell.file)),
        ("Weights", weights(cell)),
    ]
    found = [] if cell.equal else reasons(cell, facts.tolerance)
    return tag(
        "section",
        tag("h2", f"Cell {cell.number}: {cell.scope}"),
        definitions(about),
        items(found) if found else "",
        *_differences(cell, facts),
        *_by_step(cell, facts),
        *_statistics(cell, limits),
        class_="cell",
        id=f"cell-{cell.number}",
    )


def _differences(cell, facts):
    if not cell.measures:
        return
    last = ">distance / limit" if facts.tolerance is None else ">difference / tolerance"
    titles = ("of", ">difference", ">level", ">distance", ">limit", last)
    rows = [
        (
            KINDS[one.kind],
            number(one.difference),
            number(one.level),
            number(one.distance),
            number(one.limit),
            tag("data", _share(one.share), value=repr(float(one.share))),
        )
        for one in cell.measures
    ]
    yield tag("h3", "Differences")
    yield table(titles, rows, f"Differences of {cell.scope}")


def _share(value):
    return f"{value:.2f}" if 0.01 <= value < 1000 else short(value)


def _by_step(cell, facts):
    stepped = [one for one in cell.measures if one.by_step is not None]
    if not stepped:
        return
    yield tag("h3", "By step")
    decides = "distance" if facts.tolerance is None else "layer"
    drawn = [one for one in stepped if len(one.by_step[decides]) > 1]
    if drawn:
        words = {"distance": "distance", "level": "level", "limit": "limit"}
        if facts.tolerance is not None:
            words |= {"distance": "difference", "limit": "tolerance"}
        yield tag(
            "p",
            *(tag("span", charts.swatch(key), text) for key, text in words.items()),
            class_="legend",
        )
        yield tag("div", *(_chart(one, decides) for one in drawn), class_="charts")
    yield _step_table(cell, facts, stepped)


def _chart(measure, decides):
    title = KINDS[measure.kind]
    what = "row of the table" if measure.kind == "statistics" else "step"
    chart = charts.by_step(
        f"{title[0].upper()}{title[1:]} by {what}",
        what,
        measure.by_step[decides],
        measure.by_step["level"],
        measure.limit,
    )
    return tag("figure", chart, tag("figcaption", title))


def _step_table(cell, facts, stepped):
    """Difference and level of each step; of many steps the largest of a few."""
    most = min(max(_ROWS_OF_ALL // len(facts.cells), _FEWEST_ROWS), _MOST_ROWS)
    steps = max(len(one.by_step["layer"]) for one in stepped)
    every = -(-steps // most)
    columns = []
    for one in stepped:
        for name in ("layer", "level"):
            values = np.full(every * -(-steps // every), np.nan)
            known = one.by_step[name]
            values[: len(known)] = known
            columns.append(np.fmax.reduce(values.reshape(-1, every), axis=1))
    starts = range(0, steps, every)
    rows = [
        (_range(start, min(start + every, steps) - 1), *map(short, numbers))
        for start, *numbers in zip(starts, *columns, strict=True)
    ]
    titles = [f">{part}" for one in stepped for part in (one.kind, "level")]
    made = table((">step", *titles), rows, f"By step, {cell.scope}", "steps")
    if every == 1:
        return made
    return joined([made, tag("p", f"Each row: the largest of {every} steps.")])


def _range(first, last):
    return str(first) if first == last else f"{first}-{last}"


def _statistics(cell, limits):
    if not cell.statistics:
        return
    yield tag("h3", "Population statistics of the checkpoint")
    yield tag(
        "p",
        "Steps run downwards, units across. Dark is low, pale is high, magenta is no "
        "number; the strip below gives the ends, which leave out 1 % on either side. "
        "Variances are on a logarithmic scale; one of 0 is drawn at its low end.",
        class_="dim",
    )
    figures = []
    for (site, kind), array in cell.statistics.items():
        map_ = heat_map(site, kind, array, cell.sizes["H"], limits)
        broken = int(np.sum(~np.isfinite(array) | ((kind == "variance") & (array < 0))))
        said = f"; {broken} are no {kind}" if broken else ""
        figures.append(
            tag("figure", map_, tag("figcaption", f"{_SITES[site]}: {kind}{said}"))
        )
    yield tag("div", *figures, class_="charts")


_SITES = {
    "recurrent": "of the recurrent part, h W",
    "input": "of the input, x W",
    "cell": "of the cell state, c",
}
