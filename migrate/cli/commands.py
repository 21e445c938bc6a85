"""The commands: options -> call -> what is shown -> exit code.

TensorFlow is imported inside each, so that ``--help`` and wrong command lines answer at
once.
"""

import contextlib
import json
import os
import shlex
import tempfile

from migrate import start
from migrate.cli import show, show_whole
from migrate.errors import MigrateError


def inspect(options) -> int:
    """Lists what a source holds."""
    start.start_tensorflow()
    from migrate.verbs.inspect import inspect

    found = inspect(options.ckpt, graph=options.graph, layouts=dict(options.layout))
    if options.json:
        print(json.dumps(found.asdict(), indent=1))
    else:
        show.inspection(found)
    return 0


def convert(options) -> int:
    """Writes a conversion's folder."""
    start.start_tensorflow()
    formats = dict.fromkeys(name for names in options.format or () for name in names)
    given = {"formats": tuple(formats), "averages": options.averages}
    converted = _convert(
        options.ckpt,
        options.out,
        graph=options.graph,
        layouts=dict(options.layout),
        settings=_settings(options, max_bn_steps=options.max_bn_steps),
        force=options.force,
        **{name: value for name, value in given.items() if value},
    )
    show.conversion(converted)
    if options.max_bn_steps is not None:
        show.widening(converted, options.max_bn_steps)
    return 0


def _convert(source, out, **options):
    from migrate.verbs.convert import convert

    with show.progress("Converting") as update:
        return convert(source, out, progress=update, **options)


def _settings(options, **more):
    from migrate.cells.settings import Settings
    from migrate.models.build import activation_named

    for name in (options.activation, options.recurrent_activation):
        if name is not None:
            activation_named(name)
    return Settings(
        epsilon=options.epsilon,
        decay=options.decay,
        activation=options.activation,
        recurrent_activation=options.recurrent_activation,
        forget_bias=options.forget_bias,
        **more,
    )


def model(options) -> int:
    """Writes the Keras model of a whole graph."""
    start.start_tensorflow()
    from migrate.verbs.model import write_model

    made = write_model(
        options.ckpt,
        options.out,
        graph=options.graph,
        outputs=options.outputs,
        training=options.training,
        feeds=dict(options.feed),
        regularization=options.regularization,
    )
    show_whole.model(made, options.out)
    return 0


def verify(options) -> int:
    """Proves a conversion or a whole model; 1 if it differs, or lacks the graph that
    is required."""
    start.start_tensorflow()
    if options.report is not None:
        from migrate.proof.page.write import require_page

        require_page(options.report)
    return _verify(
        options.ckpt,
        options.out,
        options.tolerance,
        options.require_graph,
        options.report,
        shlex.join(("python", "-m", "migrate", *options.argv)),
        graph=options.graph,
        data=None if options.data is None else _read_data(options.data),
        training=options.training,
        feeds=dict(options.feed),
    )


def _verify(
    source,
    out,
    tolerance=None,
    require_graph=False,
    page=None,
    command=None,
    **options,
):
    from migrate.proof.whole.verdict import WholeProof
    from migrate.verbs.verify import verify

    with show.progress("Verifying") as update:
        proof = verify(source, out, progress=update, **options)
    if isinstance(proof, WholeProof):
        show_whole.verdict(proof, tolerance)
    else:
        show.verdict(proof, tolerance, require_graph)
    if page is not None:
        proof.report(
            page, tolerance=tolerance, require_graph=require_graph, command=command
        )
        show.lines(f"Wrote {page}")
    proved = proof.equal(tolerance) and (proof.by_graph or not require_graph)
    return 0 if proved else 1


def revert(options) -> int:
    """Writes a checkpoint."""
    start.start_tensorflow()
    from migrate.verbs.revert import revert

    with show.progress("Reverting") as update:
        made = revert(
            options.out,
            options.ckpt,
            source=options.source,
            graph=options.graph,
            kind=options.format,
            progress=update,
        )
    show.reverted(made, options.ckpt)
    return 0


def diff(options) -> int:
    """Compares; 1 if anything differs."""
    start.start_tensorflow()
    from migrate.verbs.diff import diff

    with show.progress("Comparing") as update:
        found = diff(options.a, options.b, progress=update)
    if options.json:
        print(json.dumps([item.asdict() for item in found], indent=1))
    else:
        show.differences(found)
    return int(bool(found))


def doctor(options) -> int:
    """Diagnoses statistics; 1 if there are faults."""
    start.start_tensorflow()
    from migrate.verbs.diagnose import diagnose
    from migrate.verbs.plot import plot

    found = diagnose(
        options.ckpt,
        graph=options.graph,
        layouts=dict(options.layout),
        settings=_settings(options),
        steps=options.steps,
        lengths=options.lengths,
        data=None if options.data is None else _read_data(options.data),
    )
    if options.plot is not None:
        plot(found.cases, options.plot)
    if options.json:
        print(json.dumps(found.asdict(), indent=1))
    else:
        show.diagnoses(found)
        if options.plot is not None:
            show.lines(f"Drew {options.plot}")
    return int(not found.healthy)


def _read_data(path):
    import zipfile

    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as e:
        raise MigrateError(f"cannot read {path} as a file of numpy.savez: {e}") from e


def demo(options) -> int:
    """Shows it all on two checkpoints; 1 if anything differs."""
    show.lines("Starting TensorFlow ...")
    start.start_tensorflow()
    from migrate.demo.demo import require_data

    require_data()
    with contextlib.ExitStack() as held:
        folder = options.keep
        if folder is None:
            folder = held.enter_context(tempfile.TemporaryDirectory())
        return _demonstrate(folder)


def _demonstrate(folder):
    """Two checkpoints, each inspected, converted and verified."""
    from migrate.demo import demo

    show.lines(
        "\n1. A checkpoint that TensorFlow 1.15.5 trained and saved: a bidirectional "
        "RNN, a stack above it, a dense head, Adam's slots."
    )
    out = os.path.join(folder, "converted")
    code = _carry_over(demo.CHECKPOINT, out)
    show.lines(
        "And against what TensorFlow 1.15.5 itself computed, when it saved this:"
    )
    for scope, difference in demo.differences(out).items():
        equal = difference <= demo.TOLERANCE
        code = code or int(not equal)
        show.lines(
            f"{scope}: largest relative difference {difference:.1e}: "
            f"{'equal' if equal else 'DIFFERENT'} (1.15.5 and 0.12.1 differ by up to "
            f"{demo.TOLERANCE:g})"
        )

    show.lines(
        "\n2. A script written for TensorFlow 0.12, run unchanged by `python -m "
        "legacy`: it reads scikit-learn's digits row by row, 8 steps of 8 pixels "
        "each.\n"
    )
    trained, out = os.path.join(folder, "digits"), os.path.join(folder, "digits-keras")
    prefix = demo.run_script(trained, lambda line: show.lines(f"   {line}"))
    code = _carry_over(prefix, out) or code
    old, new, apart = demo.accuracies(trained, out)
    show.accuracies(old, new, apart)
    return code or int(old != new)


def _carry_over(source, out):
    """Inspects, converts and verifies, showing what each does; the exit code."""
    from migrate.verbs.inspect import inspect

    show.lines("\nInspect: which cells and other variables are in it.\n")
    show.inspection(inspect(source))
    show.lines(
        "Convert: a Keras model for each RNN, every other variable in a file, and a "
        "report of where each tensor went.\n"
    )
    show.conversion(_convert(source, out))
    show.lines(
        "\nVerify: what the old cells compute against the new layers, on the same "
        "random input, in inference and training; also with random lengths and from "
        "random states, if the old cells take them.\n"
    )
    return _verify(source, out)
