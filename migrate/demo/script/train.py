"""Reads handwritten digits row by row with a batch-normalized LSTM.

An old-style script, in the idiom of TensorFlow 0.12; "python -m migrate demo" runs it,
unchanged, under "python -m legacy". Data: the 1797 digits of 8 x 8 pixels that come
with scikit-learn, as sequences of 8 rows; a fifth of them is kept for the test.

Writes into --out: model.ckpt-STEPS (with checkpoint and .meta), summaries under logs/,
and test.npz: x [N,8,8], labels [N], and probabilities [N,10] as the trained model gave
them with population statistics. Prints the test accuracy last.
"""

import os
import time

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

from bnlstm import BNLSTMCell

flags = tf.app.flags
flags.DEFINE_string("out", "digits", "folder for the checkpoint and the summaries")
flags.DEFINE_integer("hidden", 48, "units of the cell")
flags.DEFINE_integer("batch", 100, "digits in a batch")
flags.DEFINE_integer("steps", 500, "training steps")
flags.DEFINE_float("rate", 0.02, "learning rate at the start")
FLAGS = flags.FLAGS


def read_digits():
    digits = load_digits()
    x = (digits.images / 16.0).astype(np.float32)
    order = np.random.RandomState(0).permutation(len(x))
    x, labels = x[order], digits.target[order]
    test = len(x) // 5
    return (x[test:], labels[test:]), (x[:test], labels[:test])


def model(x, is_training):
    cell = BNLSTMCell(FLAGS.hidden, is_training, x.get_shape()[1].value)
    _, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    _, last, _ = state
    W = tf.get_variable(
        "W", [FLAGS.hidden, 10], initializer=tf.random_normal_initializer(stddev=0.1)
    )
    b = tf.get_variable("b", [10], initializer=tf.zeros_initializer)
    return tf.matmul(last, W) + b


def main(_):
    (train_x, train_labels), (test_x, test_labels) = read_digits()
    np.random.seed(1)
    tf.set_random_seed(1)
    x = tf.placeholder(tf.float32, [None, 8, 8], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    is_training = tf.placeholder(tf.bool, [], name="is_training")
    logits = model(x, is_training)
    probabilities = tf.nn.softmax(logits)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, y))
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))
    global_step = tf.Variable(0, name="global_step", trainable=False)
    rate = tf.train.exponential_decay(FLAGS.rate, global_step, 100, 0.5)
    optimizer = tf.train.AdamOptimizer(rate)
    gradients = optimizer.compute_gradients(loss)
    clipped = [
        (tf.clip_by_value(gradient, -1.0, 1.0), variable)
        for gradient, variable in gradients
    ]
    train_op = optimizer.apply_gradients(clipped, global_step=global_step)
    tf.scalar_summary("loss", loss)
    tf.scalar_summary("accuracy", accuracy)
    summaries = tf.merge_all_summaries()
    saver = tf.train.Saver()
    if not os.path.isdir(FLAGS.out):
        os.makedirs(FLAGS.out)
    begun = time.time()
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        writer = tf.train.SummaryWriter(os.path.join(FLAGS.out, "logs"), sess.graph)
        for step in range(1, FLAGS.steps + 1):
            rows = np.random.choice(len(train_x), FLAGS.batch, replace=False)
            feed = {x: train_x[rows], y: train_labels[rows], is_training: True}
            summary, now, _ = sess.run([summaries, loss, train_op], feed)
            writer.add_summary(summary, step)
            if step % 50 == 0 or step == FLAGS.steps:
                print(
                    "step %d of %d, loss %.3f, %.0f s"
                    % (step, FLAGS.steps, now, time.time() - begun)
                )
        writer.close()
        saver.save(sess, os.path.join(FLAGS.out, "model.ckpt"), global_step=global_step)
        feed = {x: test_x, y: test_labels, is_training: False}
        given, right = sess.run([probabilities, accuracy], feed)
    np.savez(
        os.path.join(FLAGS.out, "test.npz"),
        x=test_x,
        labels=test_labels,
        probabilities=given,
    )
    print("test accuracy %.4f" % right)


if __name__ == "__main__":
    tf.app.run()
