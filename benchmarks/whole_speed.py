"""How fast a whole model is: its Keras model against the same graph in sessions.

    python benchmarks/whole_speed.py --tf1 PYTHON [--quick] [--rounds N]

At SeqSleepNet's own size, 20 epochs of 29 frames of 129 frequencies, 32 filters, 64
units in both RNNs, a batch of 32: inference, and a training step (Adam). PYTHON has
TensorFlow 1.15.5: it writes the checkpoint with its graph (``whole_speed_graph.py``),
and runs it in its session. The others are a session of today's TensorFlow and what
``migrate.model`` makes. All take turns, in another order each round; each ratio is of
the medians over rounds, of the clock, and of the processor's time of all threads, which
depends less on what else the machine does.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

from speed import FOLDER, measure

SIZES = {"epochs": 20, "frames": 29, "frequencies": 129, "filters": 32, "units": 64}
SMALL = {"epochs": 4, "frames": 5, "frequencies": 9, "filters": 6, "units": 8}
TF1, TODAY, KERAS = "session of 1.15.5", "session of today", "Keras model"


def subject(checkpoint, sizes, batch, training):
    """What the workers' ``make`` takes."""
    names = ("epochs", "frames", "frequencies")
    return {
        "checkpoint": checkpoint,
        "sizes": [sizes[name] for name in names],
        "batch": batch,
        "training": training,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tf1", required=True, metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="a small model, 3 rounds")
    options = parser.parse_args()
    sizes, batch = (SMALL, 4) if options.quick else (SIZES, 32)
    rounds = 3 if options.quick else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        numbers = [str(size) for size in sizes.values()]
        script = str(FOLDER / "whole_speed_graph.py")
        subprocess.run([options.tf1, script, folder, *numbers], check=True)
        checkpoint = os.path.join(folder, "model.ckpt-0")
        for training in (False, True):
            given = subject(checkpoint, sizes, batch, training)
            hosts = [
                ("whole_speed_session", options.tf1, {TF1: given}),
                ("whole_speed_session", sys.executable, {TODAY: given}),
                ("whole_speed_keras", sys.executable, {KERAS: given}),
            ]
            processor = {}
            clock = measure(hosts, rounds, {}, processor)
            print("a training step" if training else "inference")
            for what, seconds in (("clock", clock), ("processor", processor)):
                middle = {n: statistics.median(times) for n, times in seconds.items()}
                for name, median in middle.items():
                    times = median / middle[KERAS]
                    ms = f"{1e3 * median:8.1f} ms"
                    print(f"  {what:9}  {name:18} {ms}  {times:5.2f}")


if __name__ == "__main__":
    main()
