"""TF 0.11: home-made cells without a call to the base constructor, shared by [cell] * n."""
# Recorded with TensorFlow 0.12.1: out.json
import sys
import numpy as np
import tensorflow as tf
from tensorflow.python.ops import rnn_cell
from tensorflow.python.ops.rnn_cell import RNNCell, LSTMStateTuple
import fixed

linear = rnn_cell._linear


class MinimalGate(RNNCell):
    def __init__(self, num_units, input_size=None, activation=tf.nn.tanh):
        self._num_units = num_units
        self._activation = activation

    @property
    def state_size(self):
        return self._num_units

    @property
    def output_size(self):
        return self._num_units

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or type(self).__name__):
            with tf.variable_scope("Gate"):
                f = tf.sigmoid(linear([inputs, state], self._num_units, True, 1.0))
            with tf.variable_scope("Candidate"):
                c = self._activation(linear([inputs, f * state], self._num_units, True))
            new = tf.select(tf.less(tf.abs(c), 10.0), (1 - f) * state + f * c, state)
        return new, new


class Peephole(RNNCell):
    def __init__(self, num_units):
        self._num_units = num_units

    state_size = property(lambda self: LSTMStateTuple(self._num_units, self._num_units))
    output_size = property(lambda self: self._num_units)

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or 'peephole_lstm'):
            c, h = state
            joined = tf.concat(1, [inputs, h])
            W = tf.get_variable('W', [joined.get_shape()[1].value, 4 * self._num_units])
            B = tf.get_variable('B', [4 * self._num_units],
                                initializer=tf.constant_initializer(0.0))
            i, j, f, o = tf.split(split_dim=1, num_split=4, value=tf.nn.bias_add(tf.matmul(joined, W), B))
            new_c = tf.mul(c, tf.sigmoid(f)) + tf.mul(tf.sigmoid(i), tf.tanh(j))
            new_h = tf.tanh(new_c) * tf.sigmoid(o)
            return new_h, LSTMStateTuple(new_c, new_h)


batch, steps, width, hidden = 4, 6, 5, 5
draw = np.random.RandomState(2)
data = draw.randn(batch, steps, width).astype('float32')
lengths = np.array([6, 3, 5, 1])
target = draw.randn(batch, hidden).astype('float32')
x = tf.placeholder(tf.float32, [None, steps, width])
n = tf.placeholder(tf.int32, [None])
with tf.variable_scope('gates'):
    gates = rnn_cell.MultiRNNCell([MinimalGate(hidden)] * 2)
    one, one_state = tf.nn.dynamic_rnn(gates, x, sequence_length=n, dtype=tf.float32)
with tf.variable_scope('peep'):
    pieces = [tf.squeeze(p, [1]) for p in tf.split(1, steps, x)]
    two, two_state = tf.nn.rnn(Peephole(hidden), pieces, dtype=tf.float32, sequence_length=n)
    two = tf.transpose(tf.pack(two), [1, 0, 2])
with tf.variable_scope('projected'):
    cell = rnn_cell.OutputProjectionWrapper(
        rnn_cell.InputProjectionWrapper(rnn_cell.GRUCell(4), 3), hidden)
    three, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, time_major=False)
with tf.variable_scope('embedded'):
    words = tf.constant([[0, 1, 2], [2, 1, 0]])
    cell = rnn_cell.EmbeddingWrapper(rnn_cell.BasicRNNCell(3), 4, 3)
    four, _ = tf.nn.rnn(cell, tf.unpack(words, axis=1), dtype=tf.float32)
last = tf.gather_nd(one, tf.transpose(tf.pack([tf.range(batch), n - 1])))
loss = tf.reduce_mean(tf.squared_difference(last + tf.reduce_mean(two, 1) + tf.reduce_sum(three, 1), target))
grads = tf.gradients(loss, tf.trainable_variables()[:7])
train = tf.train.AdagradOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.initialize_all_variables())
    fixed.weights(sess)
    feed = {x: data, n: lengths}
    recorded = sess.run({'one': one, 'two': two, 'three': three, 'four': four, 'last': last,
                         'states': [one_state[0], one_state[1], two_state.c, two_state.h]}, feed)
    gradients = sess.run(grads, feed)
    losses = [sess.run([loss, train], feed)[0] for _ in range(12)]
print('loss %.5f' % losses[-1])
fixed.save(sys.argv[1], exact={'variables': len(tf.trainable_variables())}, inference=recorded,
           gradients={'all': gradients}, losses={'adagrad': losses})
