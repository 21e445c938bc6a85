"""How it was compared: what with what, on which input, within which limit, and with
which settings."""

from migrate.proof.page.elements import joined, table, tag
from migrate.proof.page.facts import KINDS

_REFERENCES = {
    "graph": "the graph",
    "legacy": "the per-step cell, in a TensorFlow 1 session",
    "equations": "the equations in float64",
}


def compared(facts):
    """What was compared with what, on which input, within which limit."""
    others = f"other variables ({facts.others})"
    rows = [(others, "the checkpoint's variables", "bit for bit")]
    references = dict.fromkeys(cell.reference for cell in facts.cells)
    if set(references) - {None}:
        rows = [*_of_cells(facts, references), *rows]
    missing = [cell.number for cell in facts.cells if cell.reference is None]
    if missing:
        rows.append((f"cells: {_numbers(facts, missing)}", "nothing", "see above"))
    return tag(
        "section",
        tag("h2", "What was compared with what"),
        table(("of the conversion", "compared with", "how"), rows, "What was compared"),
        tag("h3", "On which input"),
        *_input(facts),
        tag("h3", "How far apart the numbers may be"),
        *_limit(facts),
        *_condition(facts),
        id="compared",
    )


def _of_cells(facts, references):
    """The rows of what was compared of cells."""
    with_what = ", ".join(_REFERENCES[kind] for kind in references if kind is not None)
    yield "weights of the cells", "the checkpoint's variables", "bit for bit"
    yield "options of the Keras layers", "the report's settings", "value by value"
    if facts.graph is None:
        yield "settings in the report", "nothing: no graph was used", "not compared"
    else:
        yield "settings in the report", "the graph, node by node", "value by value"
    first, *rest = KINDS.values()
    yield first, with_what, "the Keras model as it is run, and its layers one by one"
    yield from ((text, with_what, "the layers one by one") for text in rest)
    if "legacy" in references:
        yield "these, step by step", _REFERENCES["legacy"], "bit for bit"


def _input(facts):
    cases, skipped = {}, {}
    for cell in facts.cells:
        for name, shape in cell.compared:
            cases.setdefault((name, shape), []).append(cell.number)
        for name in cell.skipped:
            skipped.setdefault(name, []).append(cell.number)
    yield tag(
        "p",
        "Random input is standard normal, from the seed ",
        tag("code", facts.seed),
        ": sequences x steps x features. If the reference takes it, there is one step "
        "more than the table of statistics has rows.",
    )
    rows = [
        (name, " x ".join(map(str, shape)), _numbers(facts, cells))
        for (name, shape), cells in cases.items()
    ]
    if rows:
        yield table(("case", ">input", "cells"), rows, "The cases")
    else:
        yield tag("p", "No case was run.")
    for name, cells in skipped.items():
        yield tag(
            "p",
            f"Not compared: {name} ({_numbers(facts, cells)}). There TensorFlow 1 "
            "counted padding in the moments, and the layer does not.",
        )
    if facts.data:
        yield tag("p", "The user's data went through the whole graph:")
        columns = ("placeholder", "shape", "dtype", "SHA-256")
        rows = [
            (tag("code", name), shape, dtype, tag("span", digest, class_="hash"))
            for name, shape, dtype, digest in facts.data
        ]
        yield table(columns, rows, "The user's data")


def _numbers(facts, cells):
    cells = sorted(set(cells))
    if len(cells) == len(facts.cells):
        return "all"
    return ", ".join(map(str, cells))


def _limit(facts):
    yield tag(
        "p",
        "A difference is the largest |a - b| over the largest |b|. The level is how "
        "far this model's own rounding goes on this input: the layers run in float64, "
        "which stands for the truth, and twice more in float64 with every input and "
        "weight off by up to one rounding. The distance is that of the reference, or "
        "of the layer if it is further, from the layer in float64.",
    )
    if facts.tolerance is None:
        yield tag(
            "p",
            "A cell is equal if no distance is above its limit. The limit is a fixed "
            "multiple of the level, and some units of the dtype's precision. So it is "
            "measured, not a tolerance that somebody chose.",
        )
    else:
        yield tag(
            "p",
            "A cell is equal if no difference is above the tolerance that was given, ",
            tag("code", f"{facts.tolerance:g}"),
            ".",
        )


def _condition(facts):
    if not facts.assumed:
        return
    yield tag("h3", "On which condition")
    yield tag(
        "p",
        "A checkpoint does not hold these settings, no graph showed them, and nobody "
        f"gave them. So they are assumed: {', '.join(facts.assumed)}. If the training "
        "script used other values, this page does not prove that the conversion "
        "computes what the script computed.",
    )


def settings(facts):
    """Every setting with who says it, cells with the same in one row."""
    known = {}
    for cell in facts.cells:
        for one in cell.settings:
            key = one.name, one.value, one.origin
            known.setdefault(key, []).append((cell.number, one.node))
    rows = [
        (
            name.replace("_", " "),
            tag("code", value),
            origin,
            _numbers(facts, [number for number, _ in cells]),
            _nodes(cells),
        )
        for (name, value, origin), cells in sorted(known.items())
    ]
    return tag(
        "section",
        tag("h2", "Settings and their origin"),
        tag(
            "p",
            "A checkpoint holds no settings. Each was given by the person who "
            "converted, read from a node of the graph, or assumed, as is usual for the "
            "layout. Cells are those of the table above.",
        ),
        table(
            ("setting", "value", "origin", "cells", "node of the graph, by cell"),
            rows,
            "Settings and their origin",
        )
        if rows
        else tag("p", "None of the cells has settings."),
        id="settings",
    )


def _nodes(cells):
    """A line for each cell whose setting a node shows."""
    found = [
        tag("div", f"{number}: ", tag("code", node))
        for number, node in cells
        if node is not None
    ]
    return joined(found) if found else "-"
