"""Draws inside loops, conditions and the functions of a data set."""
import sys
import numpy as np
import tensorflow as tf
import seen

tf.set_random_seed(23)


class Echo(tf.nn.rnn_cell.RNNCell):
    """Gives its input back."""
    state_size, output_size = 1, 3

    def __call__(self, inputs, state, scope=None):
        return inputs, state


def drop(batch, steps, **kwargs):
    x = tf.placeholder_with_default(np.ones([2, steps, 3], np.float32), [batch, steps, 3])
    cell = tf.nn.rnn_cell.DropoutWrapper(Echo(), input_keep_prob=0.5)
    return tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, **kwargs)[0]


def grow(i, rows):
    return i + 1, tf.concat([rows, tf.random_uniform([1, 3])], 0)


def choose(i, total):
    noise = tf.cond(tf.equal(i % 2, 0), lambda: tf.random_normal([]), lambda: 0.5)
    return i + 1, total * 0.5 + noise


grown = tf.while_loop(lambda i, rows: i < 5, grow, [0, tf.zeros([1, 3])],
                      shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 3])])[1]
chosen = tf.while_loop(lambda i, total: i < 6, choose, [0, 1.0])[1]
mapped = tf.map_fn(lambda x: x + tf.random_uniform([]), tf.zeros([5]))
scanned = tf.scan(lambda total, x: 2 * total + x * tf.random_normal([]), tf.ones([5]))
data = tf.data.Dataset.range(6).map(lambda x: tf.random_uniform([]) + tf.to_float(x))
drawn = data.shuffle(4).make_one_shot_iterator().get_next()
weights = tf.to_float(tf.reshape(tf.range(24), [8, 3]))
measures = [
    tf.reduce_sum(drop(2, 8) * weights),
    tf.reduce_sum(drop(None, 8) * weights),
    tf.reduce_sum(drop(None, 8, sequence_length=[8, 8]) * weights),
    tf.reduce_sum(grown * tf.to_float(tf.reshape(tf.range(18), [6, 3]))),
    chosen, tf.reduce_sum(mapped * tf.to_float(tf.range(5))), tf.reduce_sum(scanned), drawn]

with tf.Session() as sess:
    values = [value for _ in range(3) for value in sess.run(measures)]
seen.save(sys.argv[1], {}, values)
