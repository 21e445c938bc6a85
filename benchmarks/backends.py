"""Time of a step of ``BNLSTM`` beside ``keras.layers.LSTM``, on Keras's backends.

    python benchmarks/backends.py [--backend NAME] [--rounds N] [--small]

Without ``--backend``, each that is installed, one process after the other. Both layers
stand in the same model (the layer and a dense one); they take turns in one process, so
that what else the machine does meets both. Ratios of medians, which is what to compare;
the load of the machine before the run is printed with them.
"""

import argparse
import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

BACKENDS = ("tensorflow", "jax", "torch")
#: Name: B, T, D, H; as in ``speed.py``, without what takes minutes on torch.
SHAPES = {
    "SeqSleepNet": (640, 29, 32, 64),
    "small": (32, 20, 128, 64),
    "middle": (128, 50, 64, 256),
}
#: Largest ratio that a training step should have on JAX and torch.
TARGET = 1.5


def models(batch, steps, features, units):
    """``BNLSTM`` and ``LSTM``, each with a dense layer, compiled, and data."""
    import keras
    import numpy as np

    from bnlstm_compat import BNLSTM

    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, steps, features)).astype("float32")
    y = rng.integers(0, 5, batch)
    found = {}
    for name, layer in (
        ("BNLSTM", BNLSTM(units, steps)),
        ("LSTM", keras.layers.LSTM(units)),
    ):
        model = keras.Sequential(
            [keras.Input((steps, features)), layer, keras.layers.Dense(5)]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", loss)
        found[name] = model
    return found, x, y


def measure(shape, rounds):
    """Medians of seconds by (what, layer)."""
    found, x, y = models(*shape)
    times = {}
    for number in range(rounds + 2):
        for name, model in found.items():
            for what, run in (
                ("training", lambda model=model: model.train_on_batch(x, y)),
                ("inference", lambda model=model: model.predict_on_batch(x)),
            ):
                start = time.perf_counter()
                run()
                if number >= 2:  # the first ones compile
                    taken = time.perf_counter() - start
                    times.setdefault((what, name), []).append(taken)
    return {key: statistics.median(values) for key, values in times.items()}


def report(backend, shapes, rounds):
    """Measures in this process, whose backend it is, and prints a table."""
    load = os.getloadavg()[0]
    print(f"{backend}: {platform.processor() or platform.machine()}, load {load:.1f}")
    print("| B, T, D, H | training step | to LSTM | inference | to LSTM |")
    print("| --- | --- | --- | --- | --- |")
    for name, shape in shapes.items():
        times = measure(shape, rounds)
        cells = [f"{name} {shape}"]
        for what in ("training", "inference"):
            own, other = times[what, "BNLSTM"], times[what, "LSTM"]
            cells += [f"{own * 1e3:.1f} ms", f"{own / other:.2f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


def main(argv=None):
    """Runs the backends asked for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--small", action="store_true", help="the small shape only")
    given = parser.parse_args(argv)
    if given.backend:
        sys.path.insert(0, str(Path(__file__).parent.parent))
        chosen = {"small": SHAPES["small"]} if given.small else SHAPES
        report(given.backend, chosen, given.rounds)
        return 0
    arguments = ["--rounds", str(given.rounds), *["--small"] * given.small]
    failed = 0
    for backend in BACKENDS:
        if importlib.util.find_spec(backend) is None:
            print(f"{backend} is not installed: pip install -e '.[{backend}]'")
            continue
        command = [sys.executable, __file__, "--backend", backend, *arguments]
        environment = {**os.environ, "KERAS_BACKEND": backend}
        failed |= subprocess.run(command, check=False, env=environment).returncode
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
