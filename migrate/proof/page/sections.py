"""The sections of the page, one function each: facts in, elements out."""

from migrate.proof.page import charts
from migrate.proof.page.elements import items, joined, number, table, tag
from migrate.proof.page.facts import KINDS

_REFERENCES = {
    "graph": "the graph",
    "legacy": "the per-step cell, in a TensorFlow 1 session",
    "equations": "the equations in float64",
    None: "nothing",
}
# More cells than these are not drawn in one chart; those closest to the limit are.
_MOST_DRAWN = 40
_MOST_NAMES = 50


def heading(facts):
    """The verdict and what it is about."""
    word, *rest = facts.verdict.partition(":")
    about = [
        ("Checkpoint", tag("code", facts.checkpoint)),
        ("Conversion", tag("code", facts.conversion)),
        ("Reference", reference(facts)),
        ("Date", facts.date),
    ]
    colour = "good" if facts.good else "bad"
    sign = "✓ " if facts.good else "✗ "
    return tag(
        "header",
        tag("h1", "Proof of a conversion"),
        tag(
            "p",
            tag("strong", sign, word),
            tag("span", *rest),
            class_=f"verdict {colour}",
            id="verdict",
        ),
        definitions(about),
        tag(
            "p",
            "A checkpoint of TensorFlow 1 was converted into Keras models. This page "
            "says what was compared, and how far the two are from each other.",
        ),
    )


def definitions(pairs):
    """Names and what they stand for."""
    found = [joined([tag("dt", name), tag("dd", what)]) for name, what in pairs]
    return tag("dl", *found)


def reference(facts):
    """What the conversion was compared with, as a noun."""
    if facts.graph is not None:
        return joined(["the graph ", tag("code", facts.graph), " that was trained"])
    return f"{facts.reference} (no graph was used)"


def contents(facts):
    """Links to all sections."""
    cells = [
        tag("li", tag("a", cell.scope, href=f"#cell-{cell.number}"))
        for cell in facts.cells
    ]
    links = [
        tag("li", tag("a", text, href=f"#{anchor}"))
        for anchor, text in (
            ("compared", "What was compared with what"),
            ("results", "Results by cell"),
            ("settings", "Settings and their origin"),
            ("files", "Files, versions, and the command"),
        )
    ]
    return tag(
        "nav",
        tag("h2", "Contents"),
        tag("ul", *links),
        tag("p", "Cells:") if cells else "",
        tag("ol", *cells) if cells else "",
        aria_label="Contents",
    )


def problems(facts):
    """What differs, if anything does."""
    found = [
        joined([tag("a", cell.scope, href=f"#cell-{cell.number}"), f": {sentence}"])
        for cell in facts.cells
        if not cell.equal
        for sentence in reasons(cell, facts.tolerance)
    ]
    if facts.differing:
        found.append(f"Variables in no cell: {_named(facts.differing)} differ.")
    if facts.verdict.startswith("Not proved"):
        cells = [cell.scope for cell in facts.cells if cell.reference != "graph"]
        found.append(
            "A comparison with the graph was required, and these cells were compared "
            f"with something else: {_named(cells)}."
        )
    if not found:
        return ""
    title = tag("h2", "Why it is not proved")
    return tag("section", title, items(found), id="problems")


def reasons(cell, tolerance):
    """Sentences on why a cell is not equal."""
    found = list(cell.reasons)
    if cell.differing:
        found.append(f"the bits differ in {_named(cell.differing)}")
    allowed = "this model's own rounding allows" if tolerance is None else "allowed"
    found += [
        f"the {KINDS[one.kind]} are further apart than {allowed} (see the table)"
        for one in cell.measures
        if not one.share <= 1
    ]
    return found


def _named(names):
    rest = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {rest} more" if rest > 0 else shown


def compared(facts):
    """What was compared with what, on which input, within which limit."""
    with_what = ", ".join(
        dict.fromkeys(_REFERENCES[cell.reference] for cell in facts.cells)
    )
    shown = facts.graph is not None
    rows = [
        ("weights of the cells", "the checkpoint's variables", "bit for bit"),
        (
            f"other variables ({facts.others})",
            "the checkpoint's variables",
            "bit for bit",
        ),
        ("options of the Keras layers", "the report's settings", "value by value"),
        (
            "settings in the report",
            "the graph, node by node" if shown else "nothing: no graph was used",
            "value by value" if shown else "not compared",
        ),
        (
            KINDS["inference"],
            with_what,
            "the Keras model as it is run, and its layers one by one",
        ),
        *((KINDS[k], with_what, "the layers one by one") for k in list(KINDS)[1:]),
    ]
    if any(cell.reference == "legacy" for cell in facts.cells):
        rows.append(("these, step by step", _REFERENCES["legacy"], "bit for bit"))
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
    titles = ("case", ">input", "cells")
    yield table(titles, rows, "The cases")
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
            "A cell is equal if no distance is above its limit. The limit is the level "
            "with a margin for chance (8 times the level and some units of the dtype's "
            "precision), not a tolerance that somebody chose.",
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


def results(facts):
    """The chart and the table of all cells, and what was left as it is."""
    left = ""
    if facts.notes:
        left = joined([tag("h3", "Left as they are"), items(facts.notes)])
    if not facts.cells:
        none = tag("p", "The conversion has no cell.")
        return tag("section", tag("h2", "Results by cell"), none, left, id="results")
    rows = []
    for cell in facts.cells:
        found = {one.kind: one for one in cell.measures}
        rows.append(
            (
                str(cell.number),
                tag("a", cell.scope, href=f"#cell-{cell.number}"),
                outcome(cell),
                weights(cell),
                *(_beside(found.get(kind)) for kind in KINDS),
            )
        )
    titles = (">no.", "cell", "verdict", "weights", *(f">{kind}" for kind in KINDS))
    return tag(
        "section",
        tag("h2", "Results by cell"),
        _overview(facts),
        tag("p", "Each difference, and in brackets the level of rounding beside it:"),
        table(titles, rows, "Results by cell"),
        left,
        id="results",
    )


def _overview(facts):
    drawn = [cell for cell in facts.cells if cell.measures]
    closest = sorted(drawn, key=lambda cell: -max(one.share for one in cell.measures))
    shown = sorted(closest[:_MOST_DRAWN], key=lambda cell: cell.number)
    if not shown:
        return ""
    chart = charts.shares(
        [
            (cell.number, cell.scope, {m.kind: m.share for m in cell.measures})
            for cell in shown
        ]
    )
    what = (
        "Distance over its limit"
        if facts.tolerance is None
        else ("Difference over the tolerance")
    )
    most = f" Of {len(drawn)} cells the {len(shown)} closest to the limit are drawn."
    caption = f"{what}: equal up to 1.{most if len(shown) < len(drawn) else ''}"
    kinds = {one.kind for cell in shown for one in cell.measures}
    legend = [
        tag("span", charts.mark_swatch(kind), text)
        for kind, text in KINDS.items()
        if kind in kinds
    ]
    figure = tag("figure", chart, tag("figcaption", caption))
    return joined([figure, tag("p", *legend, class_="legend")])


def weights(cell):
    """What was found of a cell's weights."""
    if cell.differing:
        return f"{len(cell.differing)} differ"
    if cell.reference == "legacy":
        return "same bits, step by step"
    # Nothing is compared if the graph computes no such RNN.
    return "same bits" if cell.measures else "-"


def outcome(cell):
    """A cell's verdict, as a word."""
    if cell.equal:
        return tag("strong", "✓\N{NO-BREAK SPACE}equal", class_="good")
    return tag("strong", "✗\N{NO-BREAK SPACE}DIFFERENT", class_="bad")


def _beside(measure):
    if measure is None:
        return "-"
    level = tag("span", "(", number(measure.level), ")", class_="dim")
    return joined([number(measure.difference), tag("br"), level])


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


def files(facts):
    """Files with checksums, versions, and the command that repeats it."""
    rows = [
        (
            tag("code", file.path),
            file.role,
            "yes" if file.compared else "no: another format of the same",
            f"{file.size:,}",
            tag("span", file.sha256, class_="hash"),
        )
        for file in facts.files
    ]
    made = [(name, version) for name, version in facts.made_by]
    return tag(
        "section",
        tag("h2", "Files, versions, and the command"),
        table(
            ("file", "part of the", "compared", ">bytes", "SHA-256"),
            rows,
            "Files and checksums",
            "names",
        ),
        tag("h3", "The conversion was made with"),
        definitions(made),
        tag("h3", "It was verified with"),
        definitions(facts.surroundings),
        tag("h3", "This repeats the proof"),
        tag("pre", tag("code", facts.command)),
        id="files",
    )
