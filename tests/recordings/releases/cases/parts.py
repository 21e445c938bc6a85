"""Cells of the user's own, and what runs them: for `stacks`."""

import numpy as np
import tensorflow as tf

EARLY = not hasattr(tf, "global_variables_initializer") or not hasattr(
    tf.contrib.rnn, "static_rnn"
)
NEW = ("1.15.5",)
FROM_1_0 = ("1.0.0", "1.15.5")
if EARLY:
    rnn_cell, static_rnn = tf.nn.rnn_cell, tf.nn.rnn
else:
    rnn_cell, static_rnn = tf.contrib.rnn, tf.contrib.rnn.static_rnn
LSTMStateTuple = rnn_cell.LSTMStateTuple
D, H, T = 3, 4, 3


def _data(width=D, steps=T):
    draw = np.random.RandomState(3).randn(2, steps, width)
    return tf.constant(draw.astype("float32"))


def _steps(width=D):
    data = _data(width)
    return [data[:, step, :] for step in range(T)]


def _joined(tensors):
    return tf.concat(1, tensors) if EARLY else tf.concat(tensors, 1)


def _run(cell, width=D, scope=None):
    return tf.nn.dynamic_rnn(cell, _data(width), dtype=tf.float32, scope=scope)[0]


def _both_ways(forward, backward, width):
    lengths = tf.constant([T, T - 1], tf.int64)
    data = _data(width)
    out, _ = tf.nn.bidirectional_dynamic_rnn(
        forward, backward, data, sequence_length=lengths, dtype=tf.float32
    )
    return list(out)


class _Own(rnn_cell.RNNCell):
    """As most batch-normalised cells of public code: get_variable within __call__."""

    def __init__(self, units, training=None, activation=tf.tanh):
        self.units = units
        self.training = training
        self.activation = activation
        self.scale = 1.0

    @property
    def state_size(self):
        return (self.units, self.units)

    @property
    def output_size(self):
        return self.units

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or type(self).__name__):
            c, h = state
            size = inputs.get_shape().as_list()[1]
            w = tf.get_variable("W_xh", [size, self.units])
            u = tf.get_variable("W_hh", [self.units, self.units])
            mean = tf.get_variable("pop_mean", [self.units], trainable=False)
            b = tf.get_variable("bias", [self.units])
            z = tf.matmul(inputs, w) + tf.matmul(h, u) + b
            if self.training is not None:
                z = tf.cond(self.training, lambda: z, lambda: z - mean)
            c = c * 0.5 + self.activation(z) * self.scale
            return tf.tanh(c), (c, tf.tanh(c))


class _OwnSum(_Own):
    """The same with one number as its state size."""

    state_size = property(lambda self: self.units)

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "sum"):
            size = inputs.get_shape().as_list()[1]
            w = tf.get_variable("w", [size + self.units, self.units])
            out = self.activation(tf.matmul(_joined([inputs, state]), w) * self.scale)
            return out, out


class _Scaled(rnn_cell.BasicLSTMCell):
    """Extends a cell of TensorFlow's, and calls it."""

    scale = 1.0

    def __call__(self, inputs, state, scope=None):
        outputs, state = super(_Scaled, self).__call__(inputs, state, scope)
        with tf.variable_scope("scaled"):
            gain = tf.get_variable("gain", [self.output_size])
        return outputs * gain * self.scale, state


class _Replaced(rnn_cell.LSTMCell):
    """Extends a cell of TensorFlow's, and replaces its step."""

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "replaced"):
            c, h = state
            size = inputs.get_shape().as_list()[1]
            w = tf.get_variable("w", [size + self.output_size, self.output_size])
            c = c + tf.tanh(tf.matmul(_joined([inputs, h]), w))
            return tf.tanh(c), LSTMStateTuple(c, tf.tanh(c))


class _Around(rnn_cell.RNNCell):
    """Holds a cell of TensorFlow's and calls it."""

    def __init__(self, cell, offset):
        self.inner, self.offset = cell, offset

    state_size = property(lambda self: self.inner.state_size)
    output_size = property(lambda self: self.inner.output_size)

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "around"):
            b = tf.get_variable("b", [self.output_size])
            outputs, state = self.inner(inputs, state)
            return outputs + b * self.offset, state


class _Plain(object):
    """A cell that extends nothing."""

    state_size = output_size = H

    def zero_state(self, batch_size, dtype):
        return tf.zeros([batch_size, H], dtype)

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "plain"):
            size = inputs.get_shape().as_list()[1]
            w = tf.get_variable("w", [size + H, H])
            out = tf.tanh(tf.matmul(_joined([inputs, state]), w))
            return out, out


class _Call(rnn_cell.RNNCell):
    """From 1.2 on: ``call`` makes its variables."""

    def __init__(self, units, gain=None):
        super(_Call, self).__init__()
        self.units, self.gain = units, gain

    state_size = property(lambda self: self.units)
    output_size = property(lambda self: self.units)

    def call(self, inputs, state):
        size = inputs.get_shape().as_list()[1]
        w = tf.get_variable("w", [size + self.units, self.units])
        out = tf.tanh(tf.matmul(_joined([inputs, state]), w))
        return (out if self.gain is None else out * self.gain), out


def _built_class():
    """From 1.3 on: a layer, with ``build``."""
    base = rnn_cell.LayerRNNCell if hasattr(rnn_cell, "LayerRNNCell") else object

    class Built(base):
        def __init__(self, units, **kwargs):
            super(Built, self).__init__(**kwargs)
            self.units = units

        state_size = property(lambda self: self.units)
        output_size = property(lambda self: self.units)

        def build(self, shape):
            size = int(shape[1]) + self.units
            self.w = self.add_variable("w", [size, self.units])
            self.built = True

        def call(self, inputs, state):
            out = tf.tanh(tf.matmul(_joined([inputs, state]), self.w))
            return out, out

    return Built
