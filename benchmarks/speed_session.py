"""Subjects of ``speed.py`` in a session: ``legacy``'s cell, and the published one.

Runs on TensorFlow 1.15.5 (Python 3.7) and on today's.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from legacy import BNLSTMCell

tf.disable_v2_behavior()
VERSIONS = {"tensorflow": tf.__version__}


class OriginalsWay(BNLSTMCell):
    """The cell as the old scripts had it, written from the equations.

    Moments are taken whether in training or not, and nothing orders the updates of the
    population statistics but the steps' own data.
    """

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "BNLSTMCell"):
            c, h, step = state
            row = tf.minimum(tf.cast(step, tf.int32)[0, 0], self._max_bn_steps - 1)
            gates = 4 * self._num_units
            zeros = tf.zeros_initializer()
            w_xh = self._variable("W_xh", [inputs.shape[1], gates], inputs, None)
            w_hh = self._variable("W_hh", [self._num_units, gates], inputs, None)
            hh = self._batch_norm(tf.matmul(h, w_hh), "hh", row, zeros)
            xh = self._batch_norm(tf.matmul(inputs, w_xh), "xh", row, None)
            f, i, o, j = tf.split(xh + hh, 4, axis=1)
            c = c * tf.sigmoid(f) + tf.sigmoid(i) * self._activation(j)
            bn_c = self._batch_norm(c, "c", row, zeros)
            h = self._activation(bn_c) * tf.sigmoid(o)
            return h, (c, h, step + 1)

    def _batch_norm(self, x, name, row, offset_init):
        size = int(x.shape[1])
        with tf.variable_scope(name):
            scale = self._variable("scale", [size], x, tf.constant_initializer(0.1))
            offset = None
            if offset_init is not None:
                offset = self._variable("offset", [size], x, offset_init)
            means, variances = (
                self._variable(
                    leaf, [self._max_bn_steps, size], x, tf.ones_initializer(), False
                )
                for leaf in ("pop_mean", "pop_var")
            )
            mean, variance = tf.nn.moments(x, [0])

            def normalised(mean, variance):
                return tf.nn.batch_normalization(
                    x, mean, variance, offset, scale, self.epsilon
                )

            def moved(table, moment):
                kept = tf.gather(table, row) * self._decay
                return tf.scatter_update(table, row, kept + moment * (1 - self._decay))

            def in_training():
                updates = [moved(means, mean), moved(variances, variance)]
                with tf.control_dependencies(updates):
                    return normalised(mean, variance)

            def in_inference():
                return normalised(tf.gather(means, row), tf.gather(variances, row))

            return tf.cond(self._training, in_training, in_inference)


CELLS = {"legacy": BNLSTMCell, "original": OriginalsWay}


def make(subject):
    """A function that runs ``subject`` once: see ``speed.subject``."""
    batch, steps, features, units = subject["shape"]
    rng = np.random.RandomState(0)
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, steps, features])
        target = tf.placeholder(tf.float32, [None, steps, units])
        is_training = tf.placeholder(tf.bool, [])
        cell = CELLS[subject["kind"]](units, is_training, max_bn_steps=steps)
        outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        loss = tf.reduce_mean(tf.square(outputs - target))
        wanted = outputs.op
        if subject["training"]:
            wanted = tf.train.AdamOptimizer(1e-3).minimize(loss)
        feed = {
            x: rng.standard_normal((batch, steps, features)),
            target: rng.standard_normal((batch, steps, units)),
        }
        feed = {key: value.astype(np.float32) for key, value in feed.items()}
        feed[is_training] = subject["training"]
        session = tf.Session()
        session.run(tf.global_variables_initializer())
    return lambda: session.run(wanted, feed)
