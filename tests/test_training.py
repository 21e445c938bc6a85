"""Training that TensorFlow 1.15.5 broke off goes on in Keras as it went on there.

Goldens: tests/training/generate.py.
"""

import keras
import numpy as np
import pytest

import golden as goldens
import migrate
from bnlstm_compat import BNLSTM

FOLDER = goldens.FOLDER.parent / "training" / "goldens"
MAP = {"rnn": "rnn", "top": "top", "head": "head"}
MORE = 5
#: By the name of a golden: steps taken, and the optimizer of its script.
optimizers = keras.optimizers
MAKE = {
    "sgd": lambda: optimizers.SGD(
        optimizers.schedules.ExponentialDecay(0.2, 5, 0.5, staircase=True)
    ),
    "momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "nesterov": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "adagrad": lambda: optimizers.Adagrad(0.1),
    "rmsprop": lambda: optimizers.RMSprop(0.01, epsilon=1e-10),
    "rmsprop_momentum": lambda: optimizers.RMSprop(0.01, momentum=0.5, epsilon=1e-10),
    "rmsprop_centered": lambda: optimizers.RMSprop(
        0.01, momentum=0.5, epsilon=1e-10, centered=True
    ),
    "adam": lambda: optimizers.Adam(0.01, epsilon=1e-8),
    "adam_long": lambda: optimizers.Adam(0.01, epsilon=1e-8),
}


def _model():
    return keras.Sequential(
        [
            keras.Input((4, 3)),
            BNLSTM(4, 4, padding="v1", return_sequences=True, name="rnn"),
            keras.layers.LSTM(3, name="top"),
            keras.layers.Dense(2, name="head"),
        ]
    )


def _losses(name, load=True):
    golden = np.load(FOLDER / "losses.npz")
    model, optimizer = _model(), MAKE[name]()
    migrate.load(model, FOLDER / name, map=MAP)
    if load:
        migrate.load_optimizer(optimizer, model, FOLDER / name, map=MAP)
    model.compile(optimizer, "mse", run_eagerly=True)
    steps = 1000 if name == "adam_long" else 7
    losses = []
    for number in range(steps, steps + MORE):
        batch = (golden[key][number % len(golden["x"])] for key in ("x", "target"))
        losses.append(model.train_on_batch(*batch))
        model.reset_metrics()
    return optimizer, np.array(losses), golden[name]


@pytest.mark.parametrize("name", MAKE)
def test_the_next_losses_are_those_of_tensorflow(name):
    optimizer, losses, expected = _losses(name)
    print(
        name,
        goldens.difference(losses, expected),
        np.abs(losses - expected) / expected,
        int(optimizer.iterations),
    )
    _, fresh, _ = _losses(name, load=False)
    print("fresh", goldens.difference(fresh, expected))
