"""What a person sees: tables and sentences, on stdout; progress, on stderr."""

import contextlib
import sys
from collections import Counter


def one_line(error):
    """Any text as one printable line."""
    text = " ".join(str(error).split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _shortened(text, longest=40):
    """The end of a long name, which is what tells it from others."""
    return text if len(text) <= longest else f"...{text[3 - longest :]}"


@contextlib.contextmanager
def progress(title):
    """A progress bar on stderr, where that is a terminal; yields its update."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    if not sys.stderr.isatty():  # rich takes FORCE_COLOR for a terminal
        yield lambda *_: None
        return
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def update(done, total, what):
            what = escape(_shortened(one_line(what)))
            bar.update(task, completed=done, total=total, description=f"{title} {what}")

        yield update


def new_table(*columns):
    """A table of columns: pairs of a title and where its text stands."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, justify in columns:
        table.add_column(name, justify=justify, overflow="fold")
    return table


def lines(*things):
    """Prints to stdout; wide enough that a pipe never folds a table."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=False)
    if not sys.stdout.isatty():
        console = Console(highlight=False, markup=False, width=10_000)
    for thing in things:
        console.print(thing)


def inspection(found):
    """An ``Inspection``."""
    from migrate.cells.search import PAGE

    source, inventory = found.source, found.inventory
    cells = new_table(
        ("RNN", "left"),
        ("kind", "left"),
        ("cell", "left"),
        ("layout", "left"),
        *((name, "right") for name in ("D", "H", "M", "dtype")),
    )
    for rnn in inventory.rnns:
        for number, cell in enumerate(rnn.cells):
            cells.add_row(
                *((rnn.scope, rnn.kind) if number == 0 else ("", "")),
                cell.scope,
                cell.layout,
                *map(str, (cell.input_dim, cell.units, cell.max_bn_steps or "-")),
                cell.dtype,
            )
    graph = "" if found.graph is None else f", graph {found.graph.label}"
    lines(f"{source.label}: {len(source)} variables{graph}")
    lines(cells if inventory.rnns else "No cell that can be converted.")
    _settings(found.asdict()["rnns"])
    for problem in inventory.problems:
        lines(f"{problem.kind}: {problem.text}")
    for note in inventory.notes:
        lines(f"Left as it is: {note.text}")
    for item in inventory.near:
        lines(f"Near a known cell: {item.text}")
    if inventory.near and found.graph is None:
        lines(
            "The model's graph shows what these variables are (--graph FILE.meta). "
            f"Without it, name them yourself (--layout SCOPE=FILE.toml, {PAGE})."
        )
    kinds = Counter(name.rpartition("/")[2] for name in inventory.slots)
    if kinds:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        lines(f"Optimizer slots: {len(inventory.slots)} ({counts})")
    if inventory.others:
        others = new_table(
            ("other variables", "left"), ("shape", "left"), ("dtype", "left")
        )
        for name in inventory.others:
            entry = source.entries[name]
            others.add_row(name, str(list(entry.shape)), entry.dtype)
        lines(others)


def widening(converted, rows):
    """Which tables were widened to ``rows`` rows."""
    made = converted.report
    wide = [rnn["scope"] for rnn in made["rnns"] if rnn["widened_to"]]
    if wide:
        lines(
            f"Widened to {rows} rows of statistics: {', '.join(wide)}. The new rows "
            "are copies of the last; bnlstm_compat.recalibrate(model, data) fills them."
        )
    else:
        lines(f"Nothing was widened: no table has fewer rows than {rows}.")


def conversion(converted):
    """A ``Converted``."""
    made = converted.report
    files = new_table(("file", "left"), ("holds", "left"))
    for rnn in made["rnns"]:
        sizes = ", ".join(
            f"D {c['input_dim']}, H {c['units']}"
            + (f", M {c['max_bn_steps']}" if c["max_bn_steps"] else "")
            for c in rnn["cells"][:1]
        )
        for file in rnn["files"].values():
            files.add_row(file, f"{rnn['scope']}: {rnn['kind']}, {sizes}")
    for file in made["others"]:
        count = sum(
            place["file"] == file for row in made["tensors"] for place in row["places"]
        )
        files.add_row(file, f"{count} other variables, as they were")
    files.add_row("report.json", f"where each of {len(made['tensors'])} tensors went")
    lines(f"Wrote {converted.out}", files)
    joined = [row["name"] for row in made["tensors"] if "parts" in row]
    if joined:
        lines(f"Joined from their partitions: {', '.join(joined)}")
    if made["moving_averages"]:
        lines(
            f"The cells have the {made['averages']} values of "
            f"{made['moving_averages']} variables with moving averages (--averages)"
        )
    _settings(made["rnns"])
    assumed = {
        f"{name} {item['value']} (--{name.replace('_', '-')})"
        for rnn in made["rnns"]
        for cell in rnn["cells"]
        for name, item in cell["settings"].items()
        if item["origin"] == "assumed"
    }
    if assumed:
        lines(
            "Assumed, for a checkpoint does not say: "
            f"{', '.join(sorted(assumed))}. Its graph, the .meta file, says it."
        )


def _settings(rnns):
    """A table of what is known of cells, the dicts of a report, and who says it."""
    cells = [cell for rnn in rnns for cell in rnn["cells"]]
    known, nodes = {}, {}
    for cell in cells:
        for name, item in {**cell["settings"], **cell["facts"]}.items():
            key = name, str(item["value"]), item["origin"]
            known.setdefault(key, []).append(cell["scope"])
            nodes.setdefault(key, item.get("node"))
    if all(origin == "assumed" for _, _, origin in known):
        return
    table = new_table(
        *((name, "left") for name in ("setting", "value", "from", "cells"))
    )
    for (name, value, origin), scopes in known.items():
        node = nodes[name, value, origin]
        which = "all" if len(scopes) == len(cells) else ", ".join(scopes)
        source = origin if node is None else f"graph, node {node}"
        label = "statistics move" if name == "moves" else name.replace("_", " ")
        table.add_row(label, value, source, which)
    lines(table)


def differences(found):
    """A list of ``Difference``."""
    if not found:
        lines("Equal: the same variables, to the bit.")
        return
    table = new_table(
        ("variable", "left"), ("how", "left"), ("largest difference", "right")
    )
    for item in found:
        largest = "" if item.largest is None else f"{item.largest:.1e}"
        table.add_row(one_line(item.name), one_line(item.how), largest)
    lines(table, f"Different: {len(found)} variable{'s' if len(found) > 1 else ''}.")


def verdict(proof, tolerance, require_graph=False):
    """A ``Proof``; ``tolerance`` is None for the measured level. ``require_graph``: say
    which cells were not compared with the user's graph, and what to do."""
    from migrate.proof.verdict import KINDS

    table = new_table(
        ("cell", "left"),
        ("weights", "left"),
        ("inference", "right"),
        ("training", "right"),
        ("states", "right"),
        ("statistics", "right"),
        ("", "left"),
    )
    for result in proof.cells:
        same = (
            "same bits, step by step" if result.reference == "legacy" else "same bits"
        )
        table.add_row(
            result.scope,
            f"{len(result.differing)} differ" if result.differing else same,
            *(_difference(result, kind) for kind in KINDS),
            "equal" if result.equal(tolerance) else "DIFFERENT",
        )
    lines(table)
    if tolerance is None:
        lines("In brackets: the level of this model's own rounding.")
    different = [result for result in proof.cells if not result.equal(tolerance)]
    for result in different:
        if result.differing:
            first = "; ".join(result.differing[:3])
            lines(f"{result.scope}: the bits differ in {first}")
        for sentence in result.contradictions:
            lines(f"{result.scope}: {sentence}")
    for result in proof.cells:
        if result.skipped:
            lines(
                f"{result.scope}: not compared: {', '.join(result.skipped)}; there "
                "TensorFlow 1 counted padding in the moments, and the layer does not"
            )
    if proof.variables:
        shown = ", ".join(proof.variables[:5])
        lines(f"{len(proof.variables)} other variables differ: {shown}")
    if require_graph and not proof.by_graph:
        lines(_without_graph(proof))
    lines(proof.sentence(tolerance, require_graph))


def _without_graph(proof):
    """Which cells --require-graph misses."""
    cells = [r.scope for r in proof.cells if r.reference != "graph"]
    shown = ", ".join(cells[:5]) + (", ..." if cells[5:] else "")
    if proof.graph is None:
        reason = "there is none: name its file by --graph FILE"
    else:
        reason = f"{proof.graph} does not compute them"
    return f"--require-graph: not compared with your graph: {shown}; {reason}"


def _difference(result, kind):
    if kind not in result.layer:
        return "-"
    return f"{result.layer[kind]:.1e} ({result.level[kind]:.0e})"


def _case(case):
    cell, found = case.cell, case.diagnosis
    sizes = f"D {cell.input_dim}, H {cell.units}, M {cell.max_bn_steps}"
    lines(f"{found.name} ({cell.layout}, {sizes}): {found.verdict}")
    if case.shown is not None:
        lines(f"  the graph shows: {'; '.join(case.shown.sentences())}")
    if found.updates is not None:
        lines(
            f"  row 0 was updated {found.updates} times, at a decay of "
            f"{case.settings['decay']}"
        )
    if found.gap is not None:
        lines(
            f"  gap between population and batch statistics: {found.gap:.2f} of the "
            "outputs"
        )
    if case.unused is not None:
        lines(f"  data not used: {case.unused}")
    for finding in found.findings:
        lines(str(finding))


def diagnoses(found):
    """A ``Diagnoses``."""
    for case in found.cases:
        _case(case)
    if found.questions:
        which = "A checkpoint does"
        if found.graph is not None:
            which = f"The checkpoint and its graph {found.graph} do"
        lines(f"{which} not say everything. To know more, give:")
        for question in found.questions:
            lines(f"  {question}")


def reverted(made, ckpt):
    """A ``Reverted``."""
    lines(f"Wrote {ckpt}: {len(made.names)} variables")
    if made.changed:
        shown = ", ".join(made.changed[:5]) + (", ..." if made.changed[5:] else "")
        lines(f"{len(made.changed)} have changed since the conversion: {shown}")
    else:
        lines("All have the bits of the checkpoint that was converted.")


def accuracies(old, new, apart):
    """The end of the demo."""
    table = new_table(("test accuracy", "left"), ("", "right"))
    table.add_row("the script, TensorFlow 1 graph", f"{old:.4f}")
    table.add_row("its conversion, Keras layer", f"{new:.4f}")
    lines(table, f"No digit's probabilities are more than {apart:.0e} apart.")
