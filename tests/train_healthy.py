"""Trains small recurrent models that nothing is wrong with, by real TensorFlow 1.15.5.

    PYTHON tests/train_healthy.py OUT [--first N] [--count N]

PYTHON has TensorFlow 1.15.5. Draw N becomes ``OUT/NNN-RECIPE/``: ``model.ckpt`` with
its ``.meta``, and ``truth.json`` with the recipe, sizes and settings. A draw's number
fixes all of them. The recipes are those of the recorded ``aged_*`` results: statistics
grown from 0 and 1 on data that drift along time, a dense head on top that follows the
running sum of the first feature, mean squared error, Adam 5e-3, up to 300 passes.
"""

import argparse
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import tensorflow as tf

rnn_cell = tf.nn.rnn_cell
ACTIVATIONS = {"tanh": tf.tanh, "relu": tf.nn.relu, "softsign": tf.nn.softsign}
SITES = ("xh", "hh", "c")
#: From a recipe's name to what it changes of a draw. A name that occurs twice is drawn
#: twice as often: that is the recipe with which a fixed tolerance raised alarms.
RECIPES = (
    ("healthy", {"passes": 300}),
    ("lengths", {"lengths": True}),
    ("young", {"passes": 8}),
    ("long_table", {"extra_rows": 3}),
    ("healthy", {"passes": 300}),
    ("beyond", {"extra_rows": -2}),
    ("constant", {"constant": 3}),
    ("shared", {"shared": True}),
    ("settings", {"free": True}),
    ("both_directions", {"directions": 2, "lengths": True}),
    ("stack", {"layers": 2, "passes": 100}),
    ("both_stacks", {"directions": 2, "layers": 2, "lengths": True, "passes": 40}),
    ("healthy", {"passes": 300, "large": True}),
    ("lstm", {"cell": "lstm"}),
    ("gru", {"cell": "gru"}),
)


class BNLSTMCell(rnn_cell.RNNCell):
    """The batch-normalised LSTM of a draw, with the per-step cell's names."""

    def __init__(self, draw, training):
        super().__init__()
        self._draw, self._training = draw, training

    @property
    def state_size(self):
        units = self._draw["units"]
        return (units, units, 1)

    @property
    def output_size(self):
        return self._draw["units"]

    def _norm(self, z, site, row, offset=None):
        draw, size = self._draw, int(z.shape[1])
        shape = [size] if draw["shared"] else [draw["rows"], size]
        with tf.variable_scope(site):
            scale = tf.get_variable(
                "scale", [size], initializer=tf.constant_initializer(0.1)
            )
            if offset is not None:
                offset = tf.get_variable("offset", [size], initializer=offset)
            tables = [
                tf.get_variable(
                    name, shape, trainable=False, initializer=tf.constant_initializer(v)
                )
                for name, v in (("pop_mean", 0.0), ("pop_var", 1.0))
            ]
        held = tables if draw["shared"] else [table[row] for table in tables]
        moments = tf.nn.moments(z, [0])
        keep = draw["decay"]

        def train():
            moves = [
                old.assign(old * keep + new * (1 - keep))
                for old, new in zip(held, moments)
            ]
            with tf.control_dependencies(moves):
                return tf.nn.batch_normalization(
                    z, *moments, offset, scale, draw["epsilon"]
                )

        def infer():
            return tf.nn.batch_normalization(z, *held, offset, scale, draw["epsilon"])

        return tf.cond(self._training, train, infer)

    @tf.autograph.experimental.do_not_convert
    def call(self, x, state):
        draw, (c, h, step) = self._draw, state
        units, act = draw["units"], ACTIVATIONS[draw["activation"]]
        row = tf.minimum(tf.cast(step[0, 0], tf.int32), draw["rows"] - 1)
        draw_weights = tf.orthogonal_initializer()
        W_xh = tf.get_variable(
            "W_xh", [int(x.shape[1]), 4 * units], initializer=draw_weights
        )
        W_hh = tf.get_variable("W_hh", [units, 4 * units], initializer=draw_weights)
        first = np.repeat([float(gate == "f") for gate in draw["gates"]], units)
        of_h = self._norm(tf.matmul(h, W_hh), "hh", row, tf.constant_initializer(first))
        gates = self._norm(tf.matmul(x, W_xh), "xh", row) + of_h
        part = dict(zip(draw["gates"], tf.split(gates, 4, 1)))
        forget = part["f"]
        if draw["forget_bias"]:
            forget = forget + draw["forget_bias"]
        c = c * tf.sigmoid(forget) + tf.sigmoid(part["i"]) * act(part["j"])
        top = self._norm(c, "c", row, tf.zeros_initializer())
        h = act(top) * tf.sigmoid(part["o"])
        return h, (c, h, step + 1)


def drawn(number):
    """What a draw is: its recipe, sizes, settings."""
    rng = np.random.RandomState(number)
    recipe, changes = RECIPES[number % len(RECIPES)]
    draw = dict(
        recipe=recipe,
        cell="bn",
        steps=int(rng.randint(5, 13)),
        features=int(rng.randint(2, 7)),
        units=int(rng.randint(4, 13)),
        batch=int(rng.choice([16, 32])),
        passes=int(rng.randint(40, 160)),
        layers=1,
        directions=1,
        lengths=False,
        shared=False,
        constant=0,
        epsilon=1e-5,
        decay=0.95,
        activation="tanh",
        forget_bias=0.0,
        gates="fioj",
    )
    if changes.get("free"):
        draw.update(
            epsilon=float(rng.choice([1e-3, 1e-4, 1e-6])),
            decay=float(rng.choice([0.9, 0.99, 0.8])),
            activation=str(rng.choice(["relu", "softsign", "tanh"])),
            forget_bias=float(rng.choice([0.0, 1.0, 0.5])),
            gates="".join(rng.permutation(list("fioj"))),
        )
    if changes.get("large"):
        draw.update(units=int(rng.randint(24, 49)), features=int(rng.randint(8, 17)))
    draw.update({k: v for k, v in changes.items() if k in draw})
    if draw["layers"] > 1:  # so that layers could be taken for each other
        draw["features"] = draw["units"]
    draw["rows"] = draw["steps"] + changes.get("extra_rows", 0)
    return draw


def batch(draw, rng):
    """x [B,T,D] that drifts along time, and lengths [B]."""
    steps = draw["steps"]
    drift = np.linspace(-1, 1, steps)[:, None]
    x = rng.normal(size=(draw["batch"], steps, draw["features"]))
    x = x * (1 + drift / 2) + drift
    x[:, : draw["constant"]] = 0
    lengths = np.full(draw["batch"], steps)
    if draw["lengths"]:
        lengths = rng.randint(2, steps + 1, draw["batch"])
        x *= (np.arange(steps) < lengths[:, None])[:, :, None]
    return x.astype("f"), lengths


def stack(draw, training):
    """The cells of one direction."""
    make = {
        "bn": lambda: BNLSTMCell(draw, training),
        "lstm": lambda: rnn_cell.LSTMCell(draw["units"], forget_bias=1.0),
        "gru": lambda: rnn_cell.GRUCell(draw["units"]),
    }[draw["cell"]]
    cells = [make() for _ in range(draw["layers"])]
    return cells[0] if len(cells) == 1 else rnn_cell.MultiRNNCell(cells)


def train(draw, seed, folder):
    """Trains one draw and saves it with its graph."""
    rng = np.random.RandomState(seed)
    tf.reset_default_graph()
    tf.set_random_seed(seed)
    x = tf.placeholder(tf.float32, [None, None, draw["features"]], "x")
    n = tf.placeholder(tf.int32, [None], "lengths")
    training = tf.placeholder(tf.bool, [], "is_training")
    cells = [stack(draw, training) for _ in range(draw["directions"])]
    given = dict(sequence_length=n if draw["lengths"] else None, dtype=tf.float32)
    if draw["directions"] == 2:
        sides, _ = tf.nn.bidirectional_dynamic_rnn(*cells, inputs=x, **given)
        y = tf.concat(sides, 2)
    else:
        y, _ = tf.nn.dynamic_rnn(cells[0], x, **given)
    target = tf.cumsum(x[:, :, :1], axis=1)
    loss = tf.reduce_mean(tf.square(tf.layers.dense(y, 1, name="head") - target))
    step = tf.train.AdamOptimizer(5e-3).minimize(loss)
    one = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    with tf.Session(config=one) as session:
        session.run(tf.global_variables_initializer())
        for _ in range(draw["passes"]):
            data, lengths = batch(draw, rng)
            _, last = session.run([step, loss], {x: data, n: lengths, training: True})
        os.makedirs(folder, exist_ok=True)
        tf.train.Saver().save(session, os.path.join(folder, "model.ckpt"))
    assert np.isfinite(last), (folder, last)
    with open(os.path.join(folder, "truth.json"), "w") as stream:
        json.dump(dict(draw, loss=float(last), tf=tf.__version__), stream, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=180)
    parser.add_argument("--every", type=int, default=1, help="of several processes")
    given = parser.parse_args()
    for number in range(given.first, given.first + given.count, given.every):
        draw = drawn(number)
        folder = os.path.join(given.out, "{:03d}-{}".format(number, draw["recipe"]))
        if not os.path.exists(os.path.join(folder, "truth.json")):
            train(draw, number, folder)
            print(folder, flush=True)


if __name__ == "__main__":
    main()
