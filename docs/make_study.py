"""Measures the numbers of the study: docs/population-statistics.json.

    python docs/make_study.py            # everything
    python docs/make_study.py --quick    # a rehearsal into a temporary folder
    python docs/make_study.py --resume   # the parts that are missing

Needs the extras ``test`` and ``plot``: scikit-learn's digits, read pixel by pixel, and
``tests/goldens``, where TensorFlow 1.15.5 left cells with faulty statistics.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

import bnlstm_compat
from bnlstm_compat import BNLSTM, spec

STEPS, UNITS, BATCH, TRAINING = 64, 32, 100, 1300
PADDED = -1.0
# What each cell differs in. The original's cell is BNLSTM with padding="v1"; with
# sequences of one length that is BNLSTM as it is, so both are one line there.
CELLS = {
    "ours": {"max_bn_steps": STEPS},
    "short table": {"max_bn_steps": STEPS // 2, "padding": "v1"},
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
    "lengths, v1": {"max_bn_steps": STEPS, "padding": "v1"},
    "lengths, masked": {"max_bn_steps": STEPS, "padding": "masked"},
    "LSTM": None,
}
RUNS = [(task, cell) for task in ("plain", "permuted") for cell in CELLS]
RUNS = [
    (task, cell)
    for task, cell in RUNS
    if task == "plain" or cell in ("ours", "shared", "comment", "LSTM")
]


def digits(task, seed):
    """Training and test inputs [N,64,1] and targets; another split for each seed."""
    data = load_digits()
    x, y = (data.data / 16).astype("float32")[:, :, None], data.target
    if task == "permuted":
        x = x[:, np.random.default_rng(0).permutation(STEPS)]
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order], y[order]
    return (x[:TRAINING], y[:TRAINING]), (x[TRAINING:], y[TRAINING:])


def cut(x, seed):
    """Sequences cut to lengths uniform on 24 to 64, padded at the end."""
    lengths = np.random.default_rng(seed + 100).integers(24, STEPS + 1, len(x))
    kept = np.arange(STEPS) < lengths[:, None]
    return np.where(kept[:, :, None], x, PADDED).astype("float32")


def build(cell):
    """A compiled classifier around one layer."""
    if CELLS[cell] is None:
        layer = keras.layers.LSTM(UNITS)
    else:
        layer = BNLSTM(UNITS, **CELLS[cell])
    front = [keras.layers.Masking(PADDED)] if cell.startswith("lengths") else []
    model = keras.Sequential(
        [keras.Input((STEPS, 1)), *front, layer, keras.layers.Dense(10)]
    )
    model.compile(
        keras.optimizers.Adam(1e-2, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=True,
    )
    return model


class Trial:
    """A cell trained from several seeds, in one model, so that it is compiled once."""

    def __init__(self, cell):
        self.cell, self.model = cell, build(cell)
        self._start = None
        self._copies, self._calls = {}, {}

    def train(self, seed, data, epochs):
        """Trains from the start that ``seed`` draws."""
        keras.utils.set_random_seed(seed)
        self.model.set_weights(build(self.cell).get_weights())
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        if self._start is None:
            self._start = [np.array(variable) for variable in optimizer.variables]
        for variable, value in zip(optimizer.variables, self._start, strict=True):
            variable.assign(value)
        self.model.fit(*data, batch_size=BATCH, epochs=epochs, verbose=0)
        if self.cell == "comment":  # whose statistics no one updates
            for kind, value in (("mean", 0.0), ("variance", 1.0)):
                for site in spec.SITES:
                    table = getattr(_layer(self.model).cell, f"{site}_moving_{kind}")
                    table.assign(np.full(table.shape, value))

    def accuracy(self, data, statistics="population", model=None):
        """On batches of the size of training."""
        model = model or self.model
        key = id(model), statistics
        if key not in self._calls:
            self._calls[key] = tf.function(lambda x: model(x, training=False))
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

    def cured(self, x, steps=None, padding=None):
        """The model with statistics recalibrated on ``x``; a copy with other rows or
        another padding where asked for."""
        model = self.model
        if steps is not None or padding is not None:
            key = steps, padding
            if key not in self._copies:
                self._copies[key] = _copy(model, steps, padding)
            model = self._copies[key]
            for new, old in zip(
                model.trainable_variables, self.model.trainable_variables, strict=True
            ):
                new.assign(old)
        return bnlstm_compat.recalibrate(model, x, batch_size=BATCH, verbose=0)


def _layer(model):
    return next(one for one in model.layers if isinstance(one, BNLSTM))


def _copy(model, steps, padding):
    def clone(layer):
        config = layer.get_config()
        if isinstance(layer, BNLSTM):
            config["max_bn_steps"] = steps or layer.max_bn_steps
            config["padding"] = padding or layer.padding
        return type(layer).from_config(config)

    return keras.models.clone_model(model, clone_function=clone)


def study_digits(results, seeds, epochs, say):
    """From "task: cell" to accuracies, one for each seed; yields after each."""
    for task, cell in RUNS:
        if f"{task}: {cell}" in results:
            continue
        trial, found = Trial(cell), {}
        for seed in range(seeds):
            train, test = digits(task, seed)
            if cell.startswith("lengths"):
                train = cut(train[0], seed), train[1]
                test = cut(test[0], seed + 1000), test[1]
            trial.train(seed, train, epochs)
            for name, value in _measure(trial, cell, train, test).items():
                found.setdefault(name, []).append(value)
            say(
                f"{task}, {cell}, seed {seed}: { {k: v[-1] for k, v in found.items()} }"
            )
        results[f"{task}: {cell}"] = found
        yield


def _measure(trial, cell, train, test):
    if cell == "LSTM":
        return {"accuracy": trial.accuracy(test)}
    found = {
        "batch": trial.accuracy(test, "batch"),
        "population": trial.accuracy(test),
        "recalibrated": trial.accuracy(test, model=trial.cured(train[0])),
    }
    if CELLS[cell]["max_bn_steps"] < STEPS:
        wide = trial.cured(train[0], steps=STEPS)
        found["widened, recalibrated"] = trial.accuracy(test, model=wide)
    if cell == "lengths, v1":
        masked = trial.cured(train[0], padding="masked")
        found["masked, recalibrated"] = trial.accuracy(test, model=masked)
        found["masked, batch"] = trial.accuracy(test, "batch", model=masked)
    return found


def study_aged(results, draws, batches, say):
    """The cells that TensorFlow 1.15.5 grew: gaps before and after, and the level."""
    import aged

    for name in aged.NAMES:
        if name in results:
            continue
        golden = aged.Aged(name)
        found = {"recorded": golden.gap, "before": [], "after": [], "level": []}
        for draw in range(draws):
            for key, value in aged.gaps(golden, draw, batches).items():
                found[key].append(value)
        results[name] = found
        medians = {key: round(float(np.median(v)), 3) for key, v in found.items()}
        say(f"{name}: {medians}")
        yield


def _make(numbers, quick, resume):
    """Writes the numbers, after each part."""
    warnings.simplefilter("ignore")
    seeds, epochs, draws, batches = (1, 1, 1, 20) if quick else (5, 12, 5, 200)
    results = {"aged": {}, "digits": {}, "seconds": 0}
    if resume and numbers.exists():
        results = json.loads(numbers.read_text(encoding="utf-8"))
    results["settings"] = {
        "seeds": seeds,
        "epochs": epochs,
        "draws": draws,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }
    start = time.time() - results["seconds"]

    def say(line):
        print(f"{time.time() - start:6.0f} s  {line}", flush=True)

    for part in (
        study_aged(results["aged"], draws, batches, say),
        study_digits(results["digits"], seeds, epochs, say),
    ):
        for _ in part:
            results["seconds"] = round(time.time() - start)
            numbers.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def main(argv):
    """Writes the study; 0 if all went well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a rehearsal")
    parser.add_argument(
        "--resume", action="store_true", help="keep the parts that are there"
    )
    options = parser.parse_args(argv)
    out = Path(tempfile.mkdtemp()) if options.quick else HERE
    numbers = out / "population-statistics.json"
    _make(numbers, options.quick, options.resume)
    print(f"wrote {out / 'population-statistics.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
