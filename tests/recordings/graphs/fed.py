"""Writes graphs that feed a batch-normalised LSTM, or move its statistics, in ways of
their own; no training.

usage: PYTHON fed.py OUT        PYTHON has TensorFlow 1.15.5

OUT/NAME.meta for each; sizes are those of the recorded results ``aged_*``, so that the
statistics of these fit. Names of variables are those of ``variants.BNCell``.
"""

import os
import sys

import variants

variants.T, variants.D, variants.H = T, D, H = 10, 4, 8
tf = variants.tf
GRAPHS = {}


def graph(function):
    GRAPHS[function.__name__] = function
    return function


def run(x, lengths=None, **options):
    switch = tf.placeholder(tf.bool, [], name="on")
    cell = variants.BNCell(H, switch, steps=T, **options)
    tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32)


@graph
def open_steps():
    run(tf.placeholder(tf.float32, [None, None, D], name="x"))


@graph
def fed_lengths():
    x = tf.placeholder(tf.float32, [None, T, D], name="x")
    run(x, tf.placeholder(tf.int32, [None], name="n"))


@graph
def full_lengths():
    x = tf.placeholder(tf.float32, [None, T, D], name="x")
    run(x, tf.fill(tf.shape(x)[:1], T))


@graph
def constant_start():
    x = tf.placeholder(tf.float32, [None, T - 3, D], name="x")
    zeros = tf.zeros([tf.shape(x)[0], 3, D])
    run(tf.concat([zeros, x], axis=1))


@graph
def shared_always():
    x = tf.placeholder(tf.float32, [None, T, D], name="x")
    run(x, per_step=False, twist="always moves", xoffset=True)


@graph
def shared_in_training():
    x = tf.placeholder(tf.float32, [None, T, D], name="x")
    run(x, per_step=False, xoffset=True)


class Layers(variants.rnn_cell.RNNCell):
    """Normalises by tf.layers, whose updates a loop keeps inside."""

    state_size, output_size = (H, H), H

    def __init__(self, training):
        super().__init__()
        self.training = training

    def call(self, x, state):
        c, h = state
        size = x.get_shape().as_list()[1]
        draw = tf.random_normal_initializer()
        matrices = [
            tf.get_variable(name, [rows, 4 * H], initializer=draw)
            for name, rows in (("W_XH", size), ("W_HH", H))
        ]
        bias = tf.get_variable("bias", [4 * H], initializer=tf.zeros_initializer())
        z = bias
        for name, taken, matrix in zip(("bn_xWXH0", "bn_hWHH0"), (x, h), matrices):
            z += tf.layers.batch_normalization(
                tf.matmul(taken, matrix), training=self.training, name=name
            )
        f, i, o, j = tf.split(z, 4, 1)
        c = c * tf.sigmoid(f) + tf.sigmoid(i) * tf.tanh(j)
        normal = tf.layers.batch_normalization(
            c, training=self.training, name="bn_next_cell_state0"
        )
        h = tf.sigmoid(o) * tf.tanh(normal)
        return h, (c, h)


@graph
def updates_in_the_loop():
    x = tf.placeholder(tf.float32, [None, T, D], name="x")
    switch = tf.placeholder(tf.bool, [], name="on")
    tf.nn.dynamic_rnn(Layers(switch), x, dtype=tf.float32)


if __name__ == "__main__":
    for name, build in sorted(GRAPHS.items()):
        tf.reset_default_graph()
        build()
        tf.train.export_meta_graph(
            os.path.join(sys.argv[1], name + ".meta"), clear_devices=False
        )
