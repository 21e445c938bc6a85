"""Makes this folder with real TensorFlow 1.15.5: PYTHON make.py

Resource variables, a partitioned variable and a look-up table: words [B, T] -> table,
filled by an initializer -> embedding in two parts -> BN-LSTM with shared statistics
under DropoutWrapper in dynamic_rnn. Writes model.ckpt.meta and record.npz beside this
file; keys as in the README.md of the recorded graphs. The statistics after training are
a race in TensorFlow 1 and are not recorded.
"""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
B, T, D, H, DECAY, EPSILON = 6, 7, 4, 3, 0.9, 1e-3
WORDS = ["one", "two", "three", "four", "five"]


class Cell(tf.nn.rnn_cell.RNNCell):
    """BN-LSTM with one row of statistics for all steps; gates i, j, f, o."""

    state_size = property(lambda self: (H, H))
    output_size = property(lambda self: H)

    def __init__(self, training):
        self.training = training

    def norm(self, z, site, offset):
        size = z.shape[1].value
        get = tf.get_variable
        scale = get(site + "/scale", [size], initializer=tf.constant_initializer(0.2))
        shift = get(site + "/offset", [size]) if offset else None
        mean = get(site + "/pop_mean", [size], trainable=False)
        var = get(
            site + "/pop_var",
            [size],
            trainable=False,
            initializer=tf.random_uniform_initializer(0.5, 2.0),
        )
        batch_mean, batch_var = tf.nn.moments(z, [0])

        def train():
            moved = [
                mean.assign(mean * DECAY + batch_mean * (1 - DECAY)),
                var.assign(var * DECAY + batch_var * (1 - DECAY)),
            ]
            with tf.control_dependencies(moved):
                return tf.nn.batch_normalization(
                    z, batch_mean, batch_var, shift, scale, EPSILON
                )

        return tf.cond(
            self.training,
            train,
            lambda: tf.nn.batch_normalization(z, mean, var, shift, scale, EPSILON),
        )

    def __call__(self, x, state, scope=None):
        with tf.variable_scope(scope or "cell"):
            c, h = state
            W_xh = tf.get_variable("W_xh", [D, 4 * H])
            W_hh = tf.get_variable("W_hh", [H, 4 * H])
            z = self.norm(tf.matmul(x, W_xh), "xh", False)
            z += self.norm(tf.matmul(h, W_hh), "hh", True)
            i, j, f, o = tf.split(z, 4, 1)
            c = c * tf.sigmoid(f) + tf.sigmoid(i) * tf.tanh(j)
            h = tf.tanh(self.norm(c, "c", True)) * tf.sigmoid(o)
            return h, (c, h)


def build():
    words = tf.placeholder(tf.string, [None, None], name="words")
    lengths = tf.placeholder(tf.int32, [None], name="lengths")
    training = tf.placeholder(tf.bool, [], name="is_training")
    keep = tf.placeholder(tf.float32, [], name="keep")
    table = tf.contrib.lookup.index_table_from_tensor(tf.constant(WORDS))
    embedding = tf.get_variable(
        "embedding",
        [len(WORDS), D],
        partitioner=tf.fixed_size_partitioner(2),
        use_resource=False,
    )
    x = tf.nn.embedding_lookup(embedding, table.lookup(words), partition_strategy="div")
    x = tf.identity(x, name="x")
    cell = tf.nn.rnn_cell.DropoutWrapper(Cell(training), output_keep_prob=keep)
    outputs, _ = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32, scope="rnn")
    return tf.identity(outputs, name="outputs")


def main():
    random = np.random.RandomState(3)
    tf.set_random_seed(3)
    initializer = tf.random_normal_initializer(stddev=0.5)
    with tf.variable_scope("model", use_resource=True, initializer=initializer):
        build()
    feeds = {
        "words": random.choice(WORDS, (B, T)),
        "lengths": np.array([T, 3, 5, T, 2, 6], np.int32),
        "keep": np.float32(1.0),
    }
    record = {"feed|model/" + name: value for name, value in feeds.items()}
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        variables = tf.global_variables()
        saver = tf.train.Saver()
        saver.save(session, os.path.join(HERE, "model.ckpt"))
        reader = tf.train.load_checkpoint(os.path.join(HERE, "model.ckpt"))
        for name in reader.get_variable_to_shape_map():
            record["v|" + name] = reader.get_tensor(name)
        assert len(variables) == len(reader.get_variable_to_shape_map()) + 1
        fed = {f"model/{name}:0": value for name, value in feeds.items()}
        for kind, training in (("inference", False), ("train", True)):
            fed["model/is_training:0"] = training
            names = {n: n + ":0" for n in ("model/outputs", "model/x")}
            for name, value in session.run(names, fed).items():
                record[f"out|{kind}|{name}"] = value
    for name in ("model.ckpt.index", "model.ckpt.data-00000-of-00001", "checkpoint"):
        os.remove(os.path.join(HERE, name))
    record["meta"] = np.array(
        json.dumps(
            {"tf": tf.__version__, "decay": DECAY, "switch": ["model/is_training"]}
        )
    )
    record = {name.replace("/", "\\"): value for name, value in record.items()}
    np.savez_compressed(os.path.join(HERE, "record.npz"), **record)


main()
