"""The command line: the only place that prints or chooses an exit code.

Exit codes: 0 done (or equal), 1 different, 2 unusable input.
"""

import argparse
import contextlib
import json
import math
import sys

from migrate.errors import MigrateError

_DESCRIPTION = """\
Carries batch-normalised LSTMs from TensorFlow 1 checkpoints into Keras 3, and proves
that nothing changed."""


def main(argv) -> int:
    """Runs one command; ``argv`` is without the program's name."""
    try:
        options = _parser().parse_args(argv)
        return options.run(options)
    except MigrateError as error:
        print(f"migrate: {_one_line(error)}", file=sys.stderr)
        return 2
    except Exception as error:
        if "--traceback" in argv:
            raise
        print(
            f"migrate: a fault of migrate itself, {type(error).__name__}: "
            f"{_one_line(error)}; please report it with what "
            "`python -m migrate --traceback ...` prints",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("migrate: stopped", file=sys.stderr)
        return 130


def _one_line(error):
    text = " ".join(str(error).split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _shortened(text, longest=40):
    """The end of a long name, which is what tells it from others."""
    return text if len(text) <= longest else f"...{text[3 - longest :]}"


class _Parser(argparse.ArgumentParser):
    def error(self, message):  # one line, as all errors; argparse would print its usage
        raise MigrateError(f"{message}; see python -m {self.prog} -h")


def _parser():
    parser = _Parser(prog="migrate", description=_DESCRIPTION)
    parser.add_argument(
        "--traceback", action="store_true", help="show where an unexpected fault arose"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, run, text):
        sub = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:]
        )
        sub.set_defaults(run=run)
        return sub

    def checkpoint(sub):
        sub.add_argument(
            "ckpt", metavar="CKPT", help="prefix such as model.ckpt-1000, or its folder"
        )

    def averages(sub):
        sub.add_argument(
            "--averages",
            choices=("raw", "averaged"),
            help="where variables have moving averages, which of the two become the "
            "cells' weights (default raw)",
        )

    def layouts(sub):
        sub.add_argument(
            "--layout",
            metavar="SCOPE=NAME",
            action="append",
            default=[],
            help="the layout of the cell under SCOPE, where that is ambiguous; may be "
            "given several times",
        )

    sub = command("inspect", _inspect, "list the cells and variables of a checkpoint")
    checkpoint(sub)
    sub.add_argument("--json", action="store_true", help="print JSON")
    layouts(sub)

    sub = command("convert", _convert, "write Keras models and the other variables")
    checkpoint(sub)
    sub.add_argument("out", metavar="OUT", help="folder to make")
    sub.add_argument("--force", action="store_true", help="replace an earlier OUT")
    sub.add_argument(
        "--format",
        action="append",
        type=_formats,
        metavar="NAME[,NAME...]",
        help=f"of the RNNs: {', '.join(_FORMATS)} (default keras); npz and safetensors "
        "also of the other variables",
    )
    averages(sub)
    assumed = "not in a checkpoint; default: what the cell's layout has"
    sub.add_argument("--epsilon", type=_number(0), help=assumed)
    sub.add_argument("--decay", type=_number(0, 1), help=assumed)
    sub.add_argument("--activation", help=f"a Keras name; {assumed}")
    sub.add_argument(
        "--forget-bias",
        type=_number(),
        help=f"of TensorFlow's own LSTM cells, added when they ran; {assumed}",
    )
    sub.add_argument(
        "--max-bn-steps",
        type=_whole,
        metavar="N",
        help="widen shorter tables of statistics to N rows, one a step, copies of the "
        "last until bnlstm_compat.recalibrate fills them",
    )
    layouts(sub)

    sub = command("verify", _verify, "prove that a conversion equals its checkpoint")
    checkpoint(sub)
    sub.add_argument("out", metavar="OUT", help="the folder that convert made")
    sub.add_argument(
        "--tolerance",
        type=_number(0),
        help="largest relative difference of the layer (default 1e-5)",
    )

    sub = command("revert", _revert, "write a conversion back as a v1 checkpoint")
    sub.add_argument("out", metavar="OUT", help="the folder that convert made")
    sub.add_argument("ckpt", metavar="CKPT", help="prefix of the checkpoint to write")
    sub.add_argument(
        "--format", choices=_FORMATS, help="which to read (default: the first there is)"
    )

    sub = command("diff", _diff, "compare two checkpoints or conversions")
    for which in ("a", "b"):
        sub.add_argument(which, metavar=which.upper(), help="checkpoint or conversion")
    sub.add_argument("--json", action="store_true", help="print JSON")

    sub = command(
        "doctor", _doctor, "find faults in population statistics, and their cures"
    )
    checkpoint(sub)
    sub.add_argument("--json", action="store_true", help="print JSON")
    sub.add_argument(
        "--plot", metavar="FILE", help="draw the statistics, as PNG, SVG or PDF"
    )
    sub.add_argument("--steps", type=_whole, metavar="T", help="steps of the sequences")
    sub.add_argument(
        "--lengths",
        type=_lengths,
        metavar="SHORTEST:LONGEST",
        help="lengths of sequences that were padded",
    )
    sub.add_argument(
        "--data", metavar="FILE.npz", help="inputs x [B,T,D], perhaps lengths [B]"
    )
    sub.add_argument("--epsilon", type=_number(0), help=assumed)
    sub.add_argument("--decay", type=_number(0, 1), help=assumed)
    sub.add_argument("--activation", help=f"a Keras name; {assumed}")
    layouts(sub)

    sub = command(
        "demo", _demo, "inspect, convert and verify a checkpoint of TF 1.15.5"
    )
    sub.add_argument("--keep", metavar="DIR", help="keep what was made, in this folder")
    return parser


# As in ``writers.MODELS``, which is not imported before it is needed.
_FORMATS = ("keras", "weights.h5", "tf", "safetensors", "npz")


def _formats(text):
    names = [name.strip().removeprefix(".") for name in text.split(",")]
    unknown = [name for name in names if name not in _FORMATS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"expected formats out of {', '.join(_FORMATS)}. Received: {unknown[0]!r}"
        )
    return names


def _number(smallest=-math.inf, below=math.inf):
    def parse(text):
        value = float(text)
        if not (math.isfinite(value) and smallest <= value < below):
            raise ValueError
        return value

    parse.__name__ = "number"
    if smallest > -math.inf:
        parse.__name__ += f" from {smallest}"
    if below < math.inf:
        parse.__name__ += f" to below {below}"
    return parse


def _whole(text):
    if not int(text) >= 1:
        raise ValueError
    return int(text)


_whole.__name__ = "whole number from 1"


def _lengths(text):
    shortest, longest = map(int, text.split(":"))
    if not 1 <= shortest <= longest:
        raise ValueError
    return shortest, longest


_lengths.__name__ = "SHORTEST:LONGEST, as in 2:10,"


@contextlib.contextmanager
def _progress(title):
    """A progress bar on stderr, where that is a terminal; yields its update."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda *_: None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def update(done, total, what):
            what = escape(_shortened(_one_line(what)))
            bar.update(task, completed=done, total=total, description=f"{title} {what}")

        yield update


def _open(ckpt, layouts=(), *, averages=None, whole=True):
    """The checkpoint and its survey; it has cells, if ``whole`` no half ones.

    ``layouts`` holds what ``--layout`` was given: SCOPE=NAME; ``averages`` what
    ``--averages`` was.
    """
    from migrate import start as quiet

    quiet.start_tensorflow()
    from migrate.cells import inventory as survey
    from migrate.cells.averages import RAW, survey_for
    from migrate.sources.checkpoint import Checkpoint

    checkpoint = Checkpoint(ckpt)
    for choice in layouts:
        if "=" not in choice:
            raise MigrateError(f"expected --layout SCOPE=NAME. Received: {choice}")
    chosen = dict(choice.rsplit("=", 1) for choice in layouts)
    found = survey_for(checkpoint.entries, chosen, averages or RAW)
    survey.require_cells(found, checkpoint.prefix, whole=whole)
    return checkpoint, found


def _table(*columns):
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, justify in columns:
        table.add_column(name, justify=justify, overflow="fold")
    return table


def _show(*things):
    """Prints to stdout; wide enough that a pipe never folds a table."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=10_000)
    for thing in things:
        console.print(thing)


def _inspect(options):
    checkpoint, found = _open(options.ckpt, options.layout, whole=False)
    from migrate.output import report

    if options.json:
        print(json.dumps(report.inspection(checkpoint, found), indent=1))
    else:
        _show_inspection(checkpoint, found)
    return 0


def _show_inspection(checkpoint, found):
    from collections import Counter

    cells = _table(
        ("RNN", "left"),
        ("kind", "left"),
        ("cell", "left"),
        ("layout", "left"),
        *((name, "right") for name in ("D", "H", "M", "dtype")),
    )
    for rnn in found.rnns:
        for number, cell in enumerate(rnn.cells):
            cells.add_row(
                *((rnn.scope, rnn.kind) if number == 0 else ("", "")),
                cell.scope,
                cell.layout,
                *map(str, (cell.input_dim, cell.units, cell.max_bn_steps or "-")),
                cell.dtype,
            )
    _show(f"{checkpoint.prefix}: {len(checkpoint.entries)} variables", cells)
    for problem in found.problems:
        _show(f"Half a cell: {problem}")
    for note in found.notes:
        _show(f"Left as it is: {note}")
    kinds = Counter(name.rpartition("/")[2] for name in found.slots)
    if kinds:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        _show(f"Optimizer slots: {len(found.slots)} ({counts})")
    if found.others:
        others = _table(
            ("other variables", "left"), ("shape", "left"), ("dtype", "left")
        )
        for name in found.others:
            entry = checkpoint.entries[name]
            others.add_row(name, str(list(entry.shape)), entry.dtype)
        _show(others)


def _convert(options):
    checkpoint, found = _open(options.ckpt, options.layout, averages=options.averages)
    formats = dict.fromkeys(name for names in options.format or () for name in names)
    made = _write(
        checkpoint,
        found,
        options.out,
        _settings(options),
        force=options.force,
        averages=options.averages,
        formats=tuple(formats),
    )
    _show_conversion(made, options.out)
    if options.max_bn_steps is not None:
        _show_rows(made, options.max_bn_steps)
    return 0


def _show_rows(made, rows):
    wide = [rnn["scope"] for rnn in made["rnns"] if rnn["widened_to"]]
    if wide:
        _show(
            f"Widened to {rows} rows of statistics: {', '.join(wide)}. The new rows "
            "are copies of the last; bnlstm_compat.recalibrate(model, data) fills them."
        )
    else:
        _show(f"Nothing was widened: no table has fewer rows than {rows}.")


def _settings(options):
    from migrate.models.build import Settings, activation_named

    if options.activation is not None:
        activation_named(options.activation)
    return Settings(
        options.epsilon,
        options.decay,
        options.activation,
        getattr(options, "forget_bias", None),
        getattr(options, "max_bn_steps", None),
    )


def _write(checkpoint, found, out, settings, **options):
    from migrate.output import write as writers

    given = {name: value for name, value in options.items() if value}
    with _progress("Converting") as update:
        return writers.write(out, checkpoint, found, settings, progress=update, **given)


def _show_conversion(made, out):
    files = _table(("file", "left"), ("holds", "left"))
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
    _show(f"Wrote {out}", files)
    joined = [row["name"] for row in made["tensors"] if "parts" in row]
    if joined:
        _show(f"Joined from their partitions: {', '.join(joined)}")
    if made["moving_averages"]:
        _show(
            f"The cells have the {made['averages']} values of "
            f"{made['moving_averages']} variables with moving averages (--averages)"
        )
    assumed = {
        f"{name} {item['value']} (--{name.replace('_', '-')})"
        for rnn in made["rnns"]
        for name, item in rnn["settings"].items()
        if item["assumed"]
    }
    if assumed:
        _show(f"Assumed, for a checkpoint does not say: {', '.join(sorted(assumed))}")


def _revert(options):
    from migrate import start as quiet

    quiet.start_tensorflow()
    from migrate.verbs import revert

    with _progress("Reverting") as update:
        made = revert.revert(
            options.out, options.ckpt, kind=options.format, progress=update
        )
    _show(f"Wrote {options.ckpt}: {len(made.names)} variables")
    if made.changed:
        shown = ", ".join(made.changed[:5]) + (", ..." if made.changed[5:] else "")
        _show(f"{len(made.changed)} have changed since the conversion: {shown}")
    else:
        _show("All have the bits of the checkpoint that was converted.")
    return 0


def _diff(options):
    from migrate import start as quiet

    quiet.start_tensorflow()
    from migrate.verbs import diff

    with _progress("Comparing") as update:
        found = diff.diff(options.a, options.b, progress=update)
    if options.json:
        print(json.dumps([item._asdict() for item in found], indent=1))
    else:
        _show_differences(found)
    return int(bool(found))


def _show_differences(found):
    if not found:
        _show("Equal: the same variables, to the bit.")
        return
    table = _table(("variable", "left"), ("", "left"), ("largest difference", "right"))
    for item in found:
        largest = "" if item.largest is None else f"{item.largest:.1e}"
        table.add_row(_one_line(item.name), _one_line(item.how), largest)
    _show(table, f"Different: {len(found)} variables.")


def _verify(options):
    from migrate import start as quiet

    quiet.start_tensorflow()
    from migrate.proof import verify

    tolerance = verify.TOLERANCE if options.tolerance is None else options.tolerance
    with _progress("Verifying") as update:
        proof = verify.verify(options.ckpt, options.out, progress=update)
    return _show_verdict(proof, tolerance)


def _show_verdict(proof, tolerance):
    results = proof.cells
    table = _table(
        ("cell", "left"),
        ("step path", "left"),
        ("layer: inference", "right"),
        ("training", "right"),
        ("statistics", "right"),
        ("", "left"),
    )
    for result in results:
        same = "same bits" if result.steps else "weights: same bits"
        table.add_row(
            result.scope,
            f"{len(result.differing)} results differ" if result.differing else same,
            *(f"{difference:.1e}" for difference in result.layer.values()),
            "equal" if result.equal(tolerance) else "DIFFERENT",
        )
    _show(table)
    different = [result for result in results if not result.equal(tolerance)]
    for result in different:
        if result.differing:
            first = "; ".join(result.differing[:3])
            _show(f"{result.scope}: the bits differ in {first}")
    for result in results:
        if result.skipped:
            _show(
                f"{result.scope}: not compared: {', '.join(result.skipped)}; there "
                "TensorFlow 1 counted padding in the moments, and the layer does not"
            )
    if proof.variables:
        shown = ", ".join(proof.variables[:5])
        _show(f"{len(proof.variables)} other variables differ: {shown}")
    verdict = "Equal" if proof.equal(tolerance) else "Different"
    bits = "the bits of the TensorFlow 1 graph step by step, and its values"
    if not all(result.steps for result in results):
        bits = "the values of the TensorFlow 1 graph, or of its equations in float64,"
    _show(
        f"{verdict}: {len(results) - len(different)} of {len(results)} cells give "
        f"{bits} within {tolerance:g} as a layer."
    )
    return 0 if proof.equal(tolerance) else 1


def _doctor(options):
    """Exit code 0: no fault found; 1: faults."""
    checkpoint, found = _open(options.ckpt, options.layout, whole=False)
    from migrate.verbs import doctor

    settings = _settings(options)
    data = None if options.data is None else _read_data(options.data)
    cases = doctor.examine(
        checkpoint, found, settings, options.steps, options.lengths, data
    )
    asked = doctor.asks(cases, options.steps, options.lengths, data)
    if options.plot is not None:
        doctor.plot(cases, options.plot)
    if options.json:
        print(json.dumps(doctor.report(checkpoint, cases, asked), indent=1))
    else:
        for case in cases:
            _show_case(case)
        if asked:
            _show("A checkpoint does not tell; give, to know more:")
            for line in asked:
                _show(f"  {line}")
        if options.plot is not None:
            _show(f"Drew {options.plot}")
    return int(any(case.diagnosis.findings for case in cases))


def _read_data(path):
    import zipfile

    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as e:
        raise MigrateError(f"cannot read {path} as a file of numpy.savez: {e}") from e


def _show_case(case):
    from bnlstm_compat.diagnosis import row_ranges

    cell, found = case.cell, case.diagnosis
    sizes = f"D {cell.input_dim}, H {cell.units}, M {cell.max_bn_steps}"
    faults = len(found.findings)
    verdict = f"{faults} fault{'s' if faults > 1 else ''}" if faults else "no fault"
    _show(f"{found.name} ({cell.layout}, {sizes}): {verdict} found")
    if found.updates is not None:
        _show(
            f"  row 0 was updated {found.updates} times, at a decay of "
            f"{case.settings['decay']}"
        )
    if found.gap is not None:
        _show(
            f"  gap between population and batch statistics: {found.gap:.2f} of the "
            "outputs"
        )
    if case.unused is not None:
        _show(f"  data not used: {case.unused}")
    for one in found.findings:
        rows = f"row{'s' if len(one.rows) > 1 else ''} {row_ranges(one.rows)}"
        _show(
            f"  {one.fault}, {rows}: {one.seen}",
            f"     effect: {one.effect}",
            f"     cure:   {one.cure}",
        )


def _demo(options):
    import tempfile

    from migrate import start as quiet

    _show("Starting TensorFlow ...")
    quiet.start_tensorflow()
    if options.keep is not None:
        return _tell(options.keep)
    with tempfile.TemporaryDirectory() as folder:
        return _tell(folder)


def _tell(folder):
    """The demo's story: two checkpoints, each inspected, converted and verified."""
    import os

    from migrate.demo import demo

    _show(
        "\n1. A checkpoint that TensorFlow 1.15.5 trained and saved: a bidirectional "
        "RNN, a stack above it, a dense head, Adam's slots."
    )
    out = os.path.join(folder, "converted")
    verdict = _carry_over(demo.CHECKPOINT, out)
    _show("And against what TensorFlow 1.15.5 itself computed, when it saved this:")
    for scope, difference in demo.differences(out).items():
        equal = difference <= demo.TOLERANCE
        verdict = verdict or int(not equal)
        _show(
            f"{scope}: largest relative difference {difference:.1e}: "
            f"{'equal' if equal else 'DIFFERENT'} (1.15.5 and 0.12.1 differ by up to "
            f"{demo.TOLERANCE:g})"
        )

    _show(
        "\n2. A script written for TensorFlow 0.12, run unchanged by `python -m "
        "legacy`: it reads scikit-learn's digits pixel by pixel, 64 steps each.\n"
    )
    trained, out = os.path.join(folder, "digits"), os.path.join(folder, "digits-keras")
    prefix = demo.run_script(trained, lambda line: _show(f"   {line}"))
    verdict = _carry_over(prefix, out) or verdict
    old, new, apart = demo.accuracies(trained, out)
    table = _table(("test accuracy", "left"), ("", "right"))
    table.add_row("the script, TensorFlow 1 graph", f"{old:.4f}")
    table.add_row("its conversion, Keras layer", f"{new:.4f}")
    _show(table, f"No digit's probabilities are more than {apart:.0e} apart.")
    return verdict or int(old != new)


def _carry_over(ckpt, out):
    """Inspects, converts and verifies, telling what each does; the exit code."""
    from migrate.models.build import Settings
    from migrate.proof import verify

    _show("\nInspect: which cells and other variables are in it.\n")
    checkpoint, found = _open(ckpt)
    _show_inspection(checkpoint, found)
    _show(
        "Convert: a Keras model for each RNN, every other variable in a file, and a "
        "report of where each tensor went.\n"
    )
    _show_conversion(_write(checkpoint, found, out, Settings()), out)
    _show(
        "\nVerify: the old graph on the checkpoint against the new layers, on the same "
        "random input, in inference and training, with full and random lengths.\n"
    )
    with _progress("Verifying") as update:
        proof = verify.verify(ckpt, out, progress=update)
    return _show_verdict(proof, verify.TOLERANCE)
