"""Where a call's time goes: its parts, the processor's time, page faults.

    python benchmarks/speed_profile.py [SHAPE ...] [--keep-memory]

For ``BNLSTM`` and ``keras.layers.LSTM``, compiled as a whole or not, in inference and
in training: milliseconds a call, of the clock and of the processor (in the program and
in the system), and page faults; beside it the matmuls alone, and the forward pass alone
of training. Subjects take turns; medians.
"""

import argparse
import resource
import statistics
import sys
import time

import keras
import tensorflow as tf

from bnlstm_compat import BNLSTM, keep_memory
from speed import SHAPES, subject
from speed_keras import make

ROUNDS, CALLS = 10, 4


def forward(shape, kind):
    """The forward pass of training alone, not compiled as a whole."""
    batch, steps, features, units = shape
    if kind == "lstm":
        layer = keras.layers.LSTM(units, return_sequences=True)
    else:
        layer = BNLSTM(units, steps, return_sequences=True)
    x = tf.random.stateless_normal((batch, steps, features), (0, 0))
    return tf.function(lambda: layer(x, training=True))


def subjects(shape):
    """Functions by name."""
    found = {}
    for training in (False, True):
        what = "training step" if training else "inference"
        found[f"matmuls alone, {what}"] = make(subject("matmuls", shape, training))
        for kind, name in (("lstm", "keras LSTM"), ("bnlstm", "BNLSTM auto")):
            for compiled in (False, True):
                made = subject(kind, shape, training, mode="auto", compiled=compiled)
                found[f"{name}{', jit' if compiled else ''}, {what}"] = make(made)
    for kind, name in (("lstm", "keras LSTM"), ("bnlstm", "BNLSTM auto")):
        found[f"{name}, forward in training"] = forward(shape, kind)
    return found


def profile(runs):
    """From name to ``(clock, user, system)`` [ms] and page faults, of a call."""
    measured = {name: [] for name in runs}
    for run in runs.values():
        run()
        run()
    for _ in range(ROUNDS):
        for name, run in runs.items():
            before, start = (
                resource.getrusage(resource.RUSAGE_SELF),
                time.perf_counter(),
            )
            for _ in range(CALLS):
                run()
            clock = time.perf_counter() - start
            after = resource.getrusage(resource.RUSAGE_SELF)
            row = [1e3 * clock]
            for field in ("ru_utime", "ru_stime"):
                row.append(1e3 * (getattr(after, field) - getattr(before, field)))
            row.append(after.ru_minflt - before.ru_minflt)
            measured[name].append([value / CALLS for value in row])
    return {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in measured.items()
    }


def main(argv):
    """Prints a table for each shape; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=", ".join(SHAPES))
    parser.add_argument("--keep-memory", action="store_true")
    options = parser.parse_args(argv)
    if options.keep_memory:
        assert keep_memory()
    for name in options.shapes or ["SeqSleepNet"]:
        print(f"**{name}** (B, T, D, H = {', '.join(map(str, SHAPES[name]))})\n")
        print("| a call of | ms | program, ms | system, ms | page faults |")
        print("| --- | --- | --- | --- | --- |")
        for what, row in profile(subjects(SHAPES[name])).items():
            times = " | ".join(f"{value:.3g}" for value in row[:3])
            print(f"| {what} | {times} | {row[3]:.0f} |")
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
