"""Writes recorded/NAME.*: a training that real TensorFlow 1.15.5 broke off, and went
on.

    PYTHON_OF_1.15.5 tests/recordings/training/generate.py

NAME is an optimizer: its checkpoint after `STEPS` steps on batches 0, 1, ... (again
from the first one when they are used up). The model is the batch-normalised cell
(`legacy.BNLSTMCell`, in `rnn`), a BasicLSTMCell above (in `top`), a dense layer on its
last output (`head`), mean squared error; for `words_...` a `table` of word vectors,
summed up, and that dense layer. `losses.npz`: `x` [N,B,T,D], `words` [N,B,T] and
`target` [N,B,2], the batches; NAME: the losses of the five steps that followed, each
before its update.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(HERE))))

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from legacy.cell import BNLSTMCell  # noqa: E402

N, B, T, D, H, M, WORDS = 12, 6, 4, 3, 4, 4, 40
STEPS, LONG, MORE = 7, 1000, 5
train = tf.train
OPTIMIZERS = {
    "sgd": lambda step: train.GradientDescentOptimizer(
        # Falls in the midst of the five steps.
        train.exponential_decay(0.2, step, 5, 0.5, staircase=True)
    ),
    "momentum": lambda step: train.MomentumOptimizer(0.05, 0.9),
    "nesterov": lambda step: train.MomentumOptimizer(0.05, 0.9, use_nesterov=True),
    "adagrad": lambda step: train.AdagradOptimizer(0.1),
    "rmsprop": lambda step: train.RMSPropOptimizer(0.01),
    "rmsprop_momentum": lambda step: train.RMSPropOptimizer(0.01, momentum=0.5),
    "rmsprop_centered": lambda step: train.RMSPropOptimizer(
        0.01, momentum=0.5, centered=True
    ),
    "adam": lambda step: train.AdamOptimizer(0.01),
    # By then, beta1_power is 0.
    "adam_long": lambda step: train.AdamOptimizer(0.01),
}
SPARSE = ("momentum", "adagrad", "rmsprop", "adam")


def model(x, target):
    """The loss."""
    cell = BNLSTMCell(H, tf.constant(True), M)
    outputs = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, scope="rnn")[0]
    cell = tf.nn.rnn_cell.BasicLSTMCell(3)
    outputs = tf.nn.dynamic_rnn(cell, outputs, dtype=tf.float32, scope="top")[0]
    outputs = tf.layers.dense(outputs[:, -1], 2, name="head")
    return tf.reduce_mean(tf.square(outputs - target))


def model_of_words(words, target):
    """The loss."""
    table = tf.get_variable("table", [WORDS, D])
    summed = tf.reduce_sum(tf.nn.embedding_lookup(table, words), 1)
    outputs = tf.layers.dense(summed, 2, name="head")
    return tf.reduce_mean(tf.square(outputs - target))


def run(name, batches):
    """Trains, saves, trains on; gives the losses after the save."""
    of_words, optimizer = name.startswith("words_"), name.replace("words_", "")
    np.random.seed(1)  # of the cell's initialiser
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        target = tf.placeholder(tf.float32, [None, 2])
        if of_words:
            x = tf.placeholder(tf.int32, [None, T])
            loss = model_of_words(x, target)
        else:
            x = tf.placeholder(tf.float32, [None, T, D])
            loss = model(x, target)
        # Adam's own counter suffices.
        step = None if name == "adam" else train.get_or_create_global_step()
        update = OPTIMIZERS[optimizer](step).minimize(loss, global_step=step)
        session.run(tf.global_variables_initializer())
        losses, steps = [], LONG if name == "adam_long" else STEPS
        for number in range(steps + MORE):
            if number == steps:
                prefix = os.path.join(HERE, "recorded", name)
                train.Saver().save(session, prefix, write_meta_graph=False)
            batch = [part[number % N] for part in batches]
            feed = dict(zip((x, target), batch))
            losses.append(session.run([loss, update], feed)[0])
    print(name, losses[0], losses[steps:])
    return np.array(losses[steps:])


def main():
    """Writes all of them."""
    rng = np.random.RandomState(2)
    x = rng.randn(N, B, T, D).astype(np.float32)
    target = np.stack([x.sum((2, 3)), x.max((2, 3))], 2).astype(np.float32)
    words = rng.randint(0, WORDS, (N, B, T)).astype(np.int32)
    losses = {name: run(name, (x, target)) for name in OPTIMIZERS}
    for name in SPARSE:
        losses["words_" + name] = run("words_" + name, (words, target))
    folder = os.path.join(HERE, "recorded")
    os.remove(os.path.join(folder, "checkpoint"))
    np.savez_compressed(
        os.path.join(folder, "losses.npz"), x=x, words=words, target=target, **losses
    )


if __name__ == "__main__":
    main()
