"""Makes the demo's checkpoint. Runs under real TensorFlow 1.15.5 on Python 3.7:

    python migrate/demo/checkpoint/make.py

A small network on a made-up task (does the running sum of the first feature end above
zero?): a bidirectional batch-normalised LSTM, a stack of two more above it, a dense
head; 200 Adam steps. Beside the checkpoint goes ``recorded.npz``: inputs, and what this
TensorFlow computed from them with the trained network.
"""

import os
import sys

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", ".."))

from legacy.cell import BNLSTMCell  # noqa: E402

STEPS, FEATURES, UNITS, BATCH, UPDATES = 10, 4, 8, 32, 200


def main():
    np.random.seed(0)
    tf.set_random_seed(0)
    x = tf.placeholder(tf.float32, [None, STEPS, FEATURES], "x")
    labels = tf.placeholder(tf.float32, [None], "labels")
    is_training = tf.placeholder(tf.bool, [], "is_training")

    def cell(units):
        return BNLSTMCell(units, is_training, STEPS)

    both, _ = tf.nn.bidirectional_dynamic_rnn(
        cell(UNITS), cell(UNITS), x, dtype=tf.float32, scope="frames"
    )
    frames = tf.concat(both, axis=2)
    stack = tf.nn.rnn_cell.MultiRNNCell([cell(UNITS), cell(UNITS // 2)])
    epochs, _ = tf.nn.dynamic_rnn(stack, frames, dtype=tf.float32, scope="epochs")
    logits = tf.layers.dense(epochs[:, -1], 1, name="head")[:, 0]
    loss = tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    )
    step = tf.train.get_or_create_global_step()
    update = tf.train.AdamOptimizer(1e-2).minimize(loss, global_step=step)

    rng = np.random.RandomState(0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(UPDATES):
            batch = rng.randn(BATCH, STEPS, FEATURES).astype(np.float32)
            answers = (batch[:, :, 0].sum(axis=1) > 0).astype(np.float32)
            feed = {x: batch, labels: answers, is_training: True}
            session.run(update, feed)
        given = rng.randn(6, STEPS, FEATURES).astype(np.float32)
        got = session.run([frames, epochs], {x: given, is_training: False})
        tf.train.Saver().save(
            session, os.path.join(HERE, "model.ckpt"), write_meta_graph=False
        )
    os.remove(os.path.join(HERE, "checkpoint"))
    np.savez_compressed(
        os.path.join(HERE, "recorded.npz"),
        tensorflow=tf.__version__,
        x=given,
        frames=got[0],
        epochs=got[1],
    )


if __name__ == "__main__":
    main()
