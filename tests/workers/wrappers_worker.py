"""``legacy.BNLSTMCell`` inside TensorFlow 1's wrappers, in a process of its own.

Prints JSON: for each way of wrapping, the variables' names, and the largest difference
of the outputs from the bare cell's, in inference and in training.
"""

import json
import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import tensorflow.compat.v1 as tf

from legacy import BNLSTMCell

H, M, D = 5, 6, 3


def dropout(cell):
    """DropoutWrapper with nothing dropped, but all its ops in the graph."""
    keep = tf.placeholder_with_default(1.0, [])
    wrapper = tf.nn.rnn_cell.DropoutWrapper
    return wrapper(cell, input_keep_prob=keep, output_keep_prob=keep)


def multi(cell):
    """MultiRNNCell of one."""
    return tf.nn.rnn_cell.MultiRNNCell([cell])


def run(wrap, bidirectional):
    """Names of the variables, and outputs in inference and training."""
    np.random.seed(0)
    x = np.random.default_rng(1).standard_normal((4, 6, D)).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        training = tf.placeholder(tf.bool, [])
        cells = [wrap(BNLSTMCell(H, training, M)) for _ in range(1 + bidirectional)]
        if bidirectional:
            outputs, _ = tf.nn.bidirectional_dynamic_rnn(*cells, x, dtype=tf.float32)
            outputs = tf.concat(outputs, 2)
        else:
            outputs, _ = tf.nn.dynamic_rnn(*cells, x, dtype=tf.float32)
        session.run(tf.global_variables_initializer())
        names = [v.op.name for v in tf.global_variables()]
        # 1 and 0 for a bool, as old scripts feed them.
        return names, [session.run(outputs, {training: mode}) for mode in (0, 1)]


def main():
    """Runs every way of wrapping."""
    tf.disable_v2_behavior()
    found = {}
    for bidirectional in (False, True):
        _, bare = run(lambda cell: cell, bidirectional)
        for name, wrap in {
            "dropout": dropout,
            "multi": multi,
            "dropout of multi": lambda cell: dropout(multi(cell)),
            "multi of dropout": lambda cell: multi(dropout(cell)),
        }.items():
            names, wrapped = run(wrap, bidirectional)
            found[f"{name}, {'bidirectional' if bidirectional else 'one way'}"] = {
                "names": names,
                "differences": [
                    float(np.abs(a - b).max())
                    for a, b in zip(bare, wrapped, strict=True)
                ],
            }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
