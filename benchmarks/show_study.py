"""The tables and plots of docs/study/population-statistics.md, from its JSON.

In the document a table stands between ``<!-- table NAME -->`` and ``<!-- end -->``.
"""

import json
import re
from pathlib import Path

import numpy as np

DOCUMENT = "population-statistics.md"
NUMBERS = "population-statistics.json"
#: What is measured, as it is called and drawn. In inference with the statistics of ...
MEASURES = {
    "batch": ("the batch", "black"),
    "population": ("the population", "tab:red"),
    "settled": ("the population, 104 passes after training", "tab:orange"),
    "means": ("only the means recalibrated", "tab:brown"),
    "constants": ("all but rows of constants recalibrated", "tab:pink"),
    "recalibrated": ("the population, recalibrated", "tab:blue"),
    "widened": ("the same, one row a step", "tab:green"),
    "ordered batch": ("the batch, longest first", "dimgrey"),
    "ordered": ("recalibrated, longest first", "tab:cyan"),
    "blank batch": ("the batch, first pixel blank", "dimgrey"),
    "blank": ("recalibrated, first pixel blank", "tab:cyan"),
    "masked batch": ("the batch, padding='masked'", "darkgrey"),
    "masked": ("recalibrated, padding='masked'", "tab:purple"),
}
#: The batch statistics that each is held against.
AGAINST = {
    "ordered": "ordered batch",
    "blank": "blank batch",
    "masked": "masked batch",
}
CELLS = {
    "LSTM": "plain LSTM",
    "shared": "shared statistics",
    "comment": "unrolled cell, dynamic_rnn",
    "seed": "per-step, as in TensorFlow 1",
    "ours": "ours",
}
#: From experiment to its title and cells.
EXPERIMENTS = {
    "plain": ("Digits, pixel by pixel", tuple(CELLS)),
    "permuted": ("Digits, pixels permuted", tuple(CELLS)),
    "beyond": ("64 steps, max_bn_steps 32", ("seed", "ours")),
    "lengths": ("Lengths of 24 to 64", ("LSTM", "seed", "ours")),
    "lag": ("Weights that stand still", ("seed",)),
}
_TABLE = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def verdict(values, batch) -> str:
    """Where the median of accuracies is, against the range of those by batch."""
    median = np.median(values)
    if median < min(batch):
        return "below"
    return "above" if median > max(batch) else "within"


def missing(results) -> list[tuple[str, str]]:
    """Pairs of an experiment and a cell that have not been measured."""
    return [
        (name, cell)
        for name, (_, cells) in EXPERIMENTS.items()
        for cell in cells
        if cell not in results["digits"].get(name, {})
    ]


def accuracies(cells, expected) -> str:
    """The table of an experiment: median, least and largest over the seeds."""
    lines = ["| cell | statistics | median | range | against batch statistics |"]
    lines.append("|---|---|---|---|---|")
    for cell, found in cells.items():
        for measure, values in found.items():
            if cell == "LSTM":
                what = judged = "none"
            else:
                what, against = MEASURES[measure][0], AGAINST.get(measure, "batch")
                judged = verdict(values, found[against])
                judged = "" if "batch" in measure else judged
            lines.append(
                f"| {CELLS[cell]} | {what} | {np.median(values):.3f} | "
                f"{min(values):.3f} to {max(values):.3f} | {judged} |"
            )
    for cell in expected:
        if cell not in cells:
            lines.append(f"| {CELLS[cell]} | not measured yet | | | |")
    return "\n".join(lines) + "\n"


def _shown(name):
    """A recording's name, in today's words."""
    return name.replace("olavhn", "shared")


def gaps(cells) -> str:
    """The table of the cells that TensorFlow 1.15.5 grew: medians over the draws."""
    lines = ["| cell | recorded | before | after | level | after / level |"]
    lines.append("|---|---|---|---|---|---|")
    for name, found in cells.items():
        medians = [np.median(found[key]) for key in ("before", "after", "level")]
        shown = [found["recorded"], *medians, medians[1] / medians[2]]
        lines.append(
            f"| {_shown(name)} | " + " | ".join(f"{x:.2f}" for x in shown) + " |"
        )
    return "\n".join(lines) + "\n"


def settings(results) -> str:
    """What the numbers were measured with, and how long it took."""
    chosen = results["settings"]
    return (
        f"TensorFlow {chosen['tensorflow']}, Keras {chosen['keras']}, "
        f"{chosen['threads']} threads: {results['wall_seconds'] / 60:.0f} minutes, "
        f"{results['cpu_seconds'] / 60:.0f} of processor time. "
        f"{chosen['units']} units, batches of {chosen['batch']}, {chosen['epochs']} "
        f"epochs of Adam at {chosen['learning_rate']:g}; seeds: {chosen['seeds']}.\n"
    )


def tables(results) -> dict[str, str]:
    """Every table of the document, by its name."""
    made = {
        name: accuracies(results["digits"].get(name, {}), cells)
        for name, (_, cells) in EXPERIMENTS.items()
    }
    return {**made, "aged": gaps(results["aged"]), "settings": settings(results)}


def filled(text, results) -> str:
    """The document with its tables as the numbers are."""
    made = tables(results)
    return _TABLE.sub(lambda found: found[1] + made[found[2]] + found[3], text)


def show(folder) -> list[Path]:
    """Fills the document's tables and draws the plots; gives the files written."""
    import matplotlib

    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "study"}
    folder = Path(folder)
    results = json.loads((folder / NUMBERS).read_text(encoding="utf-8"))
    document = folder / DOCUMENT
    text = filled(document.read_text(encoding="utf-8"), results)
    document.write_text(text, encoding="utf-8")
    written = [document]
    for name, (title, _) in EXPERIMENTS.items():
        cells = results["digits"].get(name)
        if not cells:
            continue
        rows = [
            (CELLS[cell], MEASURES["batch"] if cell == "LSTM" else MEASURES[key], value)
            for cell, found in cells.items()
            for key, value in found.items()
        ]
        written.append(folder / f"population-statistics-{name}.svg")
        _draw(written[-1], rows, title, "test accuracy", (0, 1))
    rows = [
        (_shown(name), style, found[key])
        for name, found in results["aged"].items()
        for key, style in (
            ("before", MEASURES["population"]),
            ("after", ("the population, recalibrated", "tab:blue")),
            ("level", ("the batch: two batches apart", "black")),
        )
    ]
    written.append(folder / "population-statistics-aged.svg")
    grown = "Cells that TensorFlow 1.15.5 grew"
    _draw(written[-1], rows, grown, "outputs off by, relative", (0, None))
    return written


def _draw(path, rows, title, label, limits):
    """Dots for seeds or draws, bars for medians; a line for each (group, style)."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(8, 1.4 + 0.27 * len(rows)), layout="constrained")
    axes = figure.subplots()
    places, place, before = {}, 0.0, None
    for group, (_, colour), values in rows:
        place += 1.0 if group == before else 1.6
        before = group
        places.setdefault(group, []).append(place)
        axes.plot(values, np.full(len(values), place), ".", color=colour, alpha=0.6)
        axes.plot(np.median(values), place, "|", color=colour, ms=13, mew=2.5)
    axes.set_yticks([np.mean(where) for where in places.values()], places)
    axes.set_xlim(*limits)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_title(title)
    axes.set_xlabel(label)
    styles = dict.fromkeys(style for _, style, _ in rows)
    figure.legend(
        [Line2D([], [], marker="|", ms=10, mew=2.5, ls="", color=c) for _, c in styles],
        [name for name, _ in styles],
        loc="outside lower center",
        ncols=2,
        fontsize=9,
    )
    figure.savefig(path, metadata={"Date": None})
