"""The sections of the page, one function each: facts in, elements out."""

from migrate.proof.page import charts
from migrate.proof.page.elements import items, joined, number, table, tag
from migrate.proof.page.facts import KINDS

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


def files(found, made_by, surroundings, command):
    """Files with checksums, versions, and the command that repeats it. ``made_by``:
    versions, empty if what was compared does not say them."""
    rows = [
        (
            tag("code", file.path),
            file.role,
            "yes" if file.compared else "no: another format of the same",
            f"{file.size:,}",
            tag("span", file.sha256, class_="hash"),
        )
        for file in found
    ]
    return tag(
        "section",
        tag("h2", "Files, versions, and the command"),
        table(
            ("file", "part of the", "compared", ">bytes", "SHA-256"),
            rows,
            "Files and checksums",
            "names",
        ),
        tag("h3", "The conversion was made with") if made_by else "",
        definitions(made_by),
        tag("h3", "It was verified with"),
        definitions(surroundings),
        tag("h3", "This repeats the proof"),
        tag("pre", tag("code", command)),
        id="files",
    )
