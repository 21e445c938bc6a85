r"""Writes the model of ``whole_speed.py`` as a TensorFlow 1 script would: with 1.15.5.

    PYTHON benchmarks/whole_speed_graph.py FOLDER EPOCHS FRAMES FREQUENCIES FILTERS \
        UNITS

The shape of SeqSleepNet: a filter bank, a bidirectional BN-LSTM over frames,
attention, a bidirectional BN-LSTM over epochs, scores; Adam.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tensorflow.compat.v1 as tf

from speed_session import OriginalsWay

CLASSES, ATTENTION = 5, 64


def both_ways(inputs, units, steps, training, lengths, scope):
    """A bidirectional BN-LSTM; [B, T, 2 units]."""
    cells = [OriginalsWay(units, training, max_bn_steps=steps) for _ in range(2)]
    outputs, _ = tf.nn.bidirectional_dynamic_rnn(
        *cells, inputs, sequence_length=lengths, dtype=tf.float32, scope=scope
    )
    return tf.concat(outputs, 2)


def build(epochs, frames, frequencies, filters, units):
    """The graph with its training operation, ``train``."""
    x = tf.placeholder(tf.float32, [None, epochs, frames, frequencies], name="x")
    y = tf.placeholder(tf.float32, [None, epochs, CLASSES], name="y")
    frame_lengths = tf.placeholder(tf.int32, [None], name="frame_lengths")
    epoch_lengths = tf.placeholder(tf.int32, [None], name="epoch_lengths")
    training = tf.placeholder(tf.bool, [], name="is_training")
    keep = tf.placeholder(tf.float32, [], name="keep")

    def weight(name, *shape):
        scale = tf.random_normal_initializer(stddev=shape[0] ** -0.5)
        return tf.get_variable(name, shape, initializer=scale)

    bank = tf.sigmoid(weight("filterbank/W", frequencies, filters))
    z = tf.matmul(tf.reshape(x, [-1, frequencies]), bank)
    z = tf.nn.dropout(tf.reshape(z, [-1, frames, filters]), keep)
    z = both_ways(z, units, frames, training, frame_lengths, "frame_rnn")
    flat = tf.reshape(z, [-1, 2 * units])
    hidden = tf.tanh(tf.matmul(flat, weight("attention/W", 2 * units, ATTENTION)))
    score = tf.reduce_sum(hidden * weight("attention/u", ATTENTION), 1)
    share = tf.nn.softmax(tf.reshape(score, [-1, frames]))
    z = tf.reduce_sum(z * tf.expand_dims(share, -1), 1)
    z = tf.reshape(z, [-1, epochs, 2 * units])
    z = both_ways(z, units, epochs, training, epoch_lengths, "epoch_rnn")
    flat = tf.reshape(tf.nn.dropout(z, keep), [-1, 2 * units])
    bias = tf.get_variable("output/b", [CLASSES], initializer=tf.zeros_initializer())
    logits = tf.nn.xw_plus_b(flat, weight("output/W", 2 * units, CLASSES), bias)
    tf.reshape(logits, [-1, epochs, CLASSES], name="scores")
    loss = tf.nn.softmax_cross_entropy_with_logits(
        labels=tf.reshape(y, [-1, CLASSES]), logits=logits
    )
    loss = tf.reduce_mean(loss, name="loss")
    tf.train.AdamOptimizer(1e-4).minimize(loss, name="train")


if __name__ == "__main__":
    folder, *sizes = sys.argv[1:]
    build(*map(int, sizes))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, os.path.join(folder, "model.ckpt"), 0)
