"""Measures and shows the study: population-statistics.* in docs/study/.

    python benchmarks/make_study.py            # everything
    python benchmarks/make_study.py --quick    # a rehearsal into a temporary folder
    python benchmarks/make_study.py --resume   # the parts that are missing
    python benchmarks/make_study.py --show     # tables and plots of what was measured

Needs the extras ``test`` and ``plot``: scikit-learn's digits, read pixel by pixel, and
``tests/recordings/cells``, where TensorFlow 1.15.5 left cells with faulty statistics.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "study"
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

import bnlstm_compat
import show_study
from bnlstm_compat import BNLSTM, spec

STEPS, UNITS, BATCH, TRAINING, SHORTEST, THREADS = 64, 32, 100, 1300, 24, 2
LEARNING_RATE, PADDED = 1e-2, -1.0
#: The arguments of each cell's BNLSTM; None: an LSTM.
CELLS = {
    "LSTM": None,
    "shared": {
        "max_bn_steps": 1,
        "padding": "v1",
        "momentum": 0.999,
        "epsilon": 1e-3,
    },
    "comment": {
        "max_bn_steps": 1,
        "padding": "v1",
        "momentum": 0.99,
        "epsilon": 1e-3,
        "gamma_initializer": "ones",
    },
    "seed": {"max_bn_steps": STEPS, "padding": "v1"},
    "ours": {"max_bn_steps": STEPS, "padding": "masked", "bias_correction": True},
}
#: Passes in which weights stand still and statistics move as in training: of what they
#: were, .95^104 is left, 0.5 %.
SETTLING = 104


def arguments(experiment, cell):
    """The arguments of a cell's BNLSTM in an experiment, or None."""
    if experiment != "beyond":
        return CELLS[cell]
    overflow = "keep" if cell == "ours" else "update"
    return {**CELLS[cell], "max_bn_steps": STEPS // 2, "overflow": overflow}


def digits(experiment, seed):
    """Training and test inputs [N,64,1] and targets [N]; split anew for each seed."""
    data = load_digits()
    x, y = (data.data / 16).astype("float32")[:, :, None], data.target
    if experiment == "permuted":
        x = x[:, np.random.default_rng(0).permutation(STEPS)]
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    x, y = x[order], y[order]
    if experiment == "lengths":  # uniform on 24 to 64, padded at the end
        lengths = rng.integers(SHORTEST, STEPS + 1, len(x))
        kept = np.arange(STEPS) < lengths[:, None]
        x = np.where(kept[:, :, None], x, PADDED).astype("float32")
    return (x[:TRAINING], y[:TRAINING]), (x[TRAINING:], y[TRAINING:])


def longest_first(data):
    """The longest sequence of each batch put at its beginning."""
    x, y = (array.copy() for array in data)
    lengths = (x[:, :, 0] != PADDED).sum(axis=1)
    for start in range(0, len(x), BATCH):
        longest = start + int(lengths[start : start + BATCH].argmax())
        for array in (x, y):
            array[[start, longest]] = array[[longest, start]]
    return x, y


def first_blanked(data):
    """The first pixel made blank in all digits; permuted, it is in all but 0.2 %."""
    x = data[0].copy()
    x[:, 0] = 0
    return x, data[1]


def build(options, masked):
    """A compiled classifier around one layer."""
    layer = keras.layers.LSTM(UNITS) if options is None else BNLSTM(UNITS, **options)
    front = [keras.layers.Masking(PADDED)] if masked else []
    model = keras.Sequential(
        [keras.Input((STEPS, 1)), *front, layer, keras.layers.Dense(10)]
    )
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=True,
    )
    return model


class Trial:
    """A cell trained from several seeds, in one model, so that it is compiled once."""

    def __init__(self, cell, options, masked):
        self.cell, self.options, self.masked = cell, options, masked
        self.model = build(options, masked)
        self._start = None
        self._copies, self._calls = {}, {}

    def train(self, seed, data, epochs):
        """Trains from the start that ``seed`` draws."""
        keras.utils.set_random_seed(seed)
        self.model.set_weights(build(self.options, self.masked).get_weights())
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        if self._start is None:
            self._start = [np.array(variable) for variable in optimizer.variables]
        for variable, value in zip(optimizer.variables, self._start, strict=True):
            variable.assign(value)
        self.model.fit(*data, batch_size=BATCH, epochs=epochs, verbose=0)
        if self.cell == "comment":  # whose update ops nothing runs
            tables = self.statistics()
            self.set_statistics(
                {n: np.full(t.shape, 1.0 * ("var" in n)) for n, t in tables.items()}
            )

    def accuracy(self, data, statistics="population", model=None):
        """On batches of the size of training."""
        model = model or self.model
        key = id(model), statistics
        if key not in self._calls:
            self._calls[key] = tf.function(
                lambda x: model(x, training=False), reduce_retracing=True
            )
        if statistics == "batch":
            _layer(model).cell.collector = lambda moments: None
        x, y = data
        right = 0
        for start in range(0, len(x), BATCH):
            logits = self._calls[key](tf.constant(x[start : start + BATCH]))
            right += int((np.argmax(logits, 1) == y[start : start + BATCH]).sum())
        if statistics == "batch":
            _layer(model).cell.collector = None
        return right / len(x)

    def statistics(self):
        """The tables, by name."""
        cell = _layer(self.model).cell
        return {name: np.array(getattr(cell, name)) for name in spec.STATISTICS}

    def set_statistics(self, tables):
        """Puts tables into the model."""
        for name, table in tables.items():
            getattr(_layer(self.model).cell, name).assign(table)

    def settle(self, data):
        """Passes of training that move the statistics and nothing else."""
        x = data[0][: len(data[0]) // BATCH * BATCH]
        run = tf.function(lambda batch: self.model(batch, training=True))
        for number in range(SETTLING):
            start = number * BATCH % len(x)
            run(tf.constant(x[start : start + BATCH]))

    def cured(self, data, **changed):
        """The model with statistics recalibrated on ``data``; a copy where arguments
        of its BNLSTM are changed."""
        model = self.model
        if changed:
            key = tuple(changed.items())
            if key not in self._copies:
                self._copies[key] = _copy(model, changed)
            model = self._copies[key]
            for new, old in zip(
                model.trainable_variables, self.model.trainable_variables, strict=True
            ):
                new.assign(old)
        return bnlstm_compat.recalibrate(model, data[0], batch_size=BATCH, verbose=0)


def _layer(model):
    return next(one for one in model.layers if isinstance(one, BNLSTM))


def _copy(model, changed):
    def clone(layer):
        config = layer.get_config()
        if isinstance(layer, BNLSTM):
            config |= changed
        return type(layer).from_config(config)

    return keras.models.clone_model(model, clone_function=clone)


def study_digits(results, seeds, epochs, say):
    """From experiment to cell to accuracies, one for each seed; yields after each."""
    trials = {}
    for experiment, cell in show_study.missing({"digits": results}):
        options, masked = arguments(experiment, cell), experiment == "lengths"
        key = cell, masked, str(options)
        if key not in trials:
            trials[key] = Trial(cell, options, masked)
        found = {}
        for seed in range(seeds):
            train, test = digits(experiment, seed)
            trials[key].train(seed, train, epochs)
            for name, value in _measure(trials[key], train, test, experiment):
                found.setdefault(name, []).append(value)
            last = {name: round(values[-1], 3) for name, values in found.items()}
            say(f"{experiment}, {cell}, seed {seed}: {last}")
        results.setdefault(experiment, {})[cell] = found
        yield


def _measure(trial, train, test, experiment):
    """Pairs of what was measured (``show_study.MEASURES``) and the accuracy."""
    if trial.options is None:
        yield "batch", trial.accuracy(test)
        return
    yield "batch", trial.accuracy(test, "batch")
    yield "population", trial.accuracy(test)
    if experiment == "lag":
        lagging = trial.statistics()
        trial.settle(train)
        yield "settled", trial.accuracy(test)
    yield "recalibrated", trial.accuracy(test, model=trial.cured(train))
    if experiment == "lag":
        yield from _partly_cured(trial, test, lagging, trial.statistics())
    if trial.options["max_bn_steps"] < STEPS:
        wide = trial.cured(train, max_bn_steps=STEPS)
        yield "widened", trial.accuracy(test, model=wide)
    elif experiment == "permuted":
        blank = first_blanked(test)
        yield "blank batch", trial.accuracy(blank, "batch")
        cured = trial.cured(first_blanked(train))
        yield "blank", trial.accuracy(blank, model=cured)
    if trial.masked and trial.options["padding"] == "v1":
        ordered = longest_first(test)
        yield "ordered batch", trial.accuracy(ordered, "batch")
        cured = trial.cured(longest_first(train))
        yield "ordered", trial.accuracy(ordered, model=cured)
        masked = trial.cured(train, padding="masked")
        yield "masked batch", trial.accuracy(test, "batch", model=masked)
        yield "masked", trial.accuracy(test, model=masked)


def _partly_cured(trial, test, lagging, cured):
    """Which part of the recalibrated statistics does it."""
    means = {name: (cured if "mean" in name else lagging)[name] for name in cured}
    trial.set_statistics(means)
    yield "means", trial.accuracy(test)
    # To constants, and to nothing else, recalibrate gives a variance of exactly 1.
    constant = np.zeros((STEPS, 1), bool)
    for name, table in cured.items():
        if "variance" in name:
            constant |= (table == 1).any(axis=1, keepdims=True)
    rows = {name: np.where(constant, lagging[name], cured[name]) for name in cured}
    trial.set_statistics(rows)
    yield "constants", trial.accuracy(test)


def study_aged(results, draws, batches, say):
    """The cells that TensorFlow 1.15.5 grew: gaps before and after, and the level."""
    from helpers import aged

    for name in aged.NAMES:
        if name in results:
            continue
        recording = aged.Aged(name)
        found = {"recorded": recording.gap, "before": [], "after": [], "level": []}
        for draw in range(draws):
            for key, value in aged.gaps(recording, draw, batches).items():
                found[key].append(value)
        results[name] = found
        medians = {key: round(float(np.median(v)), 3) for key, v in found.items()}
        say(f"{name}: {medians}")
        yield


def measure(numbers, quick, resume):
    """Writes the numbers, after each part."""
    warnings.simplefilter("ignore")
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    seeds, epochs, draws, batches = (1, 1, 1, 20) if quick else (5, 20, 5, 200)
    results = {"wall_seconds": 0, "cpu_seconds": 0, "aged": {}, "digits": {}}
    if resume and numbers.exists():
        results = json.loads(numbers.read_text(encoding="utf-8"))
    results["settings"] = {
        "seeds": seeds,
        "epochs": epochs,
        "learning_rate": LEARNING_RATE,
        "units": UNITS,
        "batch": BATCH,
        "threads": THREADS,
        "draws": draws,
        "batches": batches,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }
    start = time.time() - results["wall_seconds"]
    busy = time.process_time() - results["cpu_seconds"]

    def say(line):
        print(f"{time.time() - start:6.0f} s  {line}", flush=True)

    for part in (
        study_digits(results["digits"], seeds, epochs, say),
        study_aged(results["aged"], draws, batches, say),
    ):
        for _ in part:
            results["wall_seconds"] = round(time.time() - start)
            results["cpu_seconds"] = round(time.process_time() - busy)
            numbers.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return results


def main(argv):
    """Makes the study; 0 if all went well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a rehearsal")
    parser.add_argument(
        "--resume", action="store_true", help="keep the parts that are there"
    )
    parser.add_argument("--show", action="store_true", help="measure nothing")
    options = parser.parse_args(argv)
    out = DOCS
    if options.quick:
        out = Path(tempfile.mkdtemp())
        shutil.copy(DOCS / show_study.DOCUMENT, out)
    numbers = out / show_study.NUMBERS
    if not options.show:
        results = measure(numbers, options.quick, options.resume)
        print(f"{results['wall_seconds']} s, of a processor {results['cpu_seconds']} s")
    for path in show_study.show(out):
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
