"""Writes recorded/NAME-VERSION.*: what a real TensorFlow computed with cells and layers
of its own, and the checkpoint that it saved.

    PYTHON_OF_THE_RELEASE tests/recordings/neighbours/generate.py [NAME ...]

Needs only NumPy and that TensorFlow; run once for each of 1.15.5, 1.0.0 and 0.12.1. All
variables are drawn at random before. `neighbours`: a key is the scope of a network, its
value the outputs; `in|x` [B,T,D], `in|lengths` [B], `in|image` [B,8,8,3], `in|words`
[B,T]. `transposed` (1.15.5): convolutions that go up, and separable ones; `in|image`
[2,5,5,3]. The others (1.15.5) are networks of cells that scripts wrote, NETWORKS. To
add one, write a function as `deep`, and add it there.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
HERE = os.path.dirname(os.path.abspath(__file__))

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

VERSION = tf.__version__
B, T, D, H, M = 4, 6, 3, 5, 6
NEWEST = VERSION.startswith("1.15")
cells = tf.nn.rnn_cell if not VERSION.startswith("1.0") else tf.contrib.rnn


def draw(rng, variable):
    """Random values; positive where a variance or a scale stands."""
    shape = variable.get_shape().as_list()
    name = variable.op.name
    if "variance" in name or "pop_var" in name:
        return rng.uniform(0.5, 1.5, shape)
    if name.endswith(("gamma", "scale")):
        return rng.uniform(0.5, 1.5, shape)
    return 0.6 * rng.standard_normal(shape) if NEWEST else 0.6 * rng.randn(*shape)


def run(name, build, feed, seed):
    """Builds, draws, saves, computes and writes one recording."""
    with tf.Graph().as_default(), tf.Session() as session:
        outputs = build()
        rng = np.random.default_rng(seed) if NEWEST else np.random.RandomState(seed)
        for variable in tf.global_variables():
            value = draw(rng, variable).astype(variable.dtype.as_numpy_dtype)
            variable.load(value, session) if NEWEST else session.run(
                variable.assign(value)
            )
        folder = os.path.join(HERE, "recorded")
        prefix = os.path.join(folder, "%s-%s" % (name, VERSION))
        saver = tf.train.Saver(write_version=tf.train.SaverDef.V2)
        saver.save(session, prefix, write_meta_graph=False)
        os.remove(os.path.join(folder, "checkpoint"))
        feeds = {key + ":0": value for key, value in feed.items()}
        results = session.run(outputs, feeds)
        arrays = {"in|" + key: value for key, value in feed.items()}
        arrays.update(results)
        np.savez_compressed(prefix + ".npz", **arrays)
        print("%s: %s" % (name, ", ".join(sorted(results))))


def recurrent(x, lengths):
    """Networks of this release's own cells, by scope."""

    def one(scope, cell):
        return tf.nn.dynamic_rnn(
            cell, x, sequence_length=lengths, dtype=tf.float32, scope=scope
        )[0]

    made = {
        "basic": one("basic", cells.BasicLSTMCell(H)),
        "bare": one("bare", cells.BasicLSTMCell(H, forget_bias=0.0)),
        "long": one("long", cells.LSTMCell(H)),
        "gated": one("gated", cells.GRUCell(H)),
        "stack": one(
            "stack",
            cells.MultiRNNCell([cells.BasicLSTMCell(H), cells.BasicLSTMCell(H)]),
        ),
        "wide": one("wide", cells.LSTMCell(H, num_proj=2, use_peepholes=True)),
    }
    made["both"] = tf.concat(
        *(
            (made_both(x, lengths), 2)
            if not VERSION.startswith("0.")
            else (2, made_both(x, lengths))
        )
    )
    return made


def made_both(x, lengths):
    """A bidirectional RNN's outputs."""
    return list(
        tf.nn.bidirectional_dynamic_rnn(
            cells.GRUCell(H),
            cells.GRUCell(H),
            x,
            sequence_length=lengths,
            dtype=tf.float32,
            scope="both",
        )[0]
    )


def layers(x, image, words):
    """The other layers of real scripts, of 1.15.5."""
    contrib = tf.contrib.layers
    made = {}
    with tf.variable_scope("tower"):
        made["dense"] = tf.layers.dense(x, 4, name="dense")
        made["bare_dense"] = tf.layers.dense(x, 4, use_bias=False, name="bare_dense")
        made["conv1d"] = tf.layers.conv1d(x, 4, 3, name="conv1d")
        made["conv2d"] = tf.layers.conv2d(image, 4, 3, name="conv2d")
        made["norm"] = tf.layers.batch_normalization(image, name="norm")
        made["old_dense"] = contrib.fully_connected(
            x, 4, activation_fn=None, scope="old_dense"
        )
        made["old_conv2d"] = contrib.conv2d(
            image, 4, 3, padding="VALID", activation_fn=None, scope="old_conv2d"
        )
        made["old_norm"] = contrib.batch_norm(
            image, is_training=False, scope="old_norm"
        )
        made["old_norm_scaled"] = contrib.batch_norm(
            image, scale=True, center=False, is_training=False, scope="old_norm_scaled"
        )
        table = tf.get_variable("table", [7, D])
        made["table"] = tf.nn.embedding_lookup(table, words)
        made["old_table"] = contrib.embed_sequence(words, 7, D, scope="old_table")
    return {"tower/" + key: value for key, value in made.items()}


def transposed(image):
    """Convolutions that go up, and separable ones, of 1.15.5."""
    contrib = tf.contrib.layers
    made = {}
    with tf.variable_scope("up"):
        made["conv2d"] = tf.layers.conv2d_transpose(image, 4, 3, 2, name="conv2d")
        made["old_conv2d"] = contrib.conv2d_transpose(
            image, 4, 3, 2, activation_fn=None, scope="old_conv2d"
        )
        made["separable"] = tf.layers.separable_conv2d(
            image, 4, 3, depth_multiplier=2, name="separable"
        )
        made["old_separable"] = contrib.separable_conv2d(
            image, 4, 3, 2, padding="VALID", activation_fn=None, scope="old_separable"
        )
    return {"up/" + key: value for key, value in made.items()}


def cudnn(x, lengths):
    """Cells that hold what CudnnLSTM and CudnnGRU save, and the block cell."""
    from tensorflow.contrib.cudnn_rnn.python.ops import cudnn_rnn_ops as ops

    def one(scope, cell):
        return tf.nn.dynamic_rnn(
            cell, x, sequence_length=lengths, dtype=tf.float32, scope=scope
        )[0]

    lstm, gru = ops.CudnnCompatibleLSTMCell, ops.CudnnCompatibleGRUCell
    return {
        "cudnn/rnn": one("cudnn/rnn", tf.nn.rnn_cell.MultiRNNCell([lstm(H), lstm(H)])),
        "cudnn_gru/rnn": one("cudnn_gru/rnn", tf.nn.rnn_cell.MultiRNNCell([gru(H)])),
        "block": one("block", tf.contrib.rnn.LSTMBlockCell(H)),
    }


def placeholders(data):
    """One for each array."""
    return [
        tf.placeholder(value.dtype.name, value.shape, name=key)
        for key, value in sorted(data.items())
    ]


def deep(x, lengths):
    """The batch-normalised cell in MultiRNNCell in a bidirectional RNN."""
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(HERE))))
    from legacy.cell import BNLSTMCell

    def stack():
        return tf.nn.rnn_cell.MultiRNNCell(
            [BNLSTMCell(H, tf.constant(False), M) for _ in range(2)]
        )

    outputs = tf.nn.bidirectional_dynamic_rnn(
        stack(), stack(), x, sequence_length=lengths, dtype=tf.float32, scope="deep"
    )[0]
    return {"deep": tf.concat(outputs, 2)}


#: Name -> a function of x and lengths that gives outputs by scope; a number to draw by.
NETWORKS = {
    "deep": (deep, 4),
}


def main(names):
    """Writes this release's recordings: those of ``names``, or all."""
    rng = np.random.RandomState(1)
    x = rng.randn(B, T, D).astype(np.float32)
    sequences = {"x": x, "lengths": np.array([3, 6, 1, 5], np.int32)}
    more = dict(
        sequences,
        image=rng.randn(B, 8, 8, 3).astype(np.float32),
        words=rng.randint(0, 7, (B, T)).astype(np.int32),
    )

    def old():
        lengths, given = placeholders(sequences)
        return recurrent(given, lengths)

    def new():
        image, lengths, words, given = placeholders(more)
        made = recurrent(given, lengths)
        made.update(cudnn(given, lengths))
        made.update(layers(given, image, words))
        return made

    def network(function):
        def build():
            lengths, given = placeholders(sequences)
            return function(given, lengths)

        return build

    def up():
        (image,) = placeholders(small)
        return transposed(image)

    small = {"image": more["image"][:2, :5, :5]}
    made = {
        "neighbours": (new if NEWEST else old, more if NEWEST else sequences, 3),
    }
    if NEWEST:
        made["transposed"] = (up, small, 5)
        for name, (function, seed) in NETWORKS.items():
            made[name] = (network(function), sequences, seed)
    for name in names or sorted(made):
        run(name, *made[name])


if __name__ == "__main__":
    main(sys.argv[1:])
