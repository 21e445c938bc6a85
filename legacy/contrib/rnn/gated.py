"""Cells of one or two gates, and the "independently recurrent" ones."""

import tensorflow.compat.v1 as tf

from legacy.contrib.rnn.base import (
    BuiltCell,
    Cell,
    LSTMStateTuple,
    dense,
    depth,
    state_of,
)

__all__ = [
    "IndRNNCell",
    "IndyGRUCell",
    "IndyLSTMCell",
    "IntersectionRNNCell",
    "SRUCell",
    "UGRNNCell",
]


class UGRNNCell(Cell):
    """Collins et al. 2016, update gate RNN: h' = g h + (1 - g) c; kernel [D+H, 2H]."""

    def __init__(
        self,
        num_units,
        initializer=None,
        forget_bias=1.0,
        activation=tf.tanh,
        reuse=None,
    ):
        super().__init__(num_units, num_units, reuse)
        self._num_units, self._initializer = num_units, initializer
        self._forget_bias, self._activation = forget_bias, activation

    def call(self, inputs, state):
        with tf.variable_scope(tf.get_variable_scope(), initializer=self._initializer):
            gate, new = tf.split(dense([inputs, state], 2 * self._num_units), 2, 1)
        gate = tf.sigmoid(gate + self._forget_bias)
        state = gate * state + (1.0 - gate) * self._activation(new)
        return state, state


class IntersectionRNNCell(Cell):
    """Collins et al. 2016, +RNN: one gate for the output y, one for the next state h.

    Variables kernel [2H, 4H], bias [4H]; in_projection/ if the input has another width
    than H.
    """

    def __init__(
        self,
        num_units,
        num_in_proj=None,
        initializer=None,
        forget_bias=1.0,
        y_activation=tf.nn.relu,
        reuse=None,
    ):
        super().__init__(num_units, num_units, reuse)
        self._num_units, self._projects = num_units, num_in_proj
        self._initializer, self._forget_bias = initializer, forget_bias
        self._y_activation = y_activation

    def call(self, inputs, state):
        with tf.variable_scope(tf.get_variable_scope(), initializer=self._initializer):
            if depth(inputs) != self._num_units:
                if not self._projects:
                    raise ValueError(
                        f"Expected inputs as wide as the cell ({self._num_units}), or "
                        "num_in_proj=num_units to project them. "
                        f"Received: width {depth(inputs)}"
                    )
                with tf.variable_scope("in_projection"):
                    inputs = dense(inputs, self._num_units)
            parts = tf.split(dense([inputs, state], 4 * self._num_units), 4, 1)
        gate_h, h, gate_y, y = parts
        gate_h = tf.sigmoid(gate_h + self._forget_bias)
        gate_y = tf.sigmoid(gate_y + self._forget_bias)
        output = gate_y * inputs + (1.0 - gate_y) * self._y_activation(y)
        return output, gate_h * state + (1.0 - gate_h) * tf.tanh(h)


class SRUCell(BuiltCell):
    """Lei et al. 2017, eq. 3-7: no matrix on the state. kernel [D, 4H], bias [2H]."""

    def __init__(self, num_units, activation=None, reuse=None, name=None, **layer):
        super().__init__(num_units, num_units, reuse, name=name, **layer)
        self._num_units, self._activation = num_units, activation or tf.tanh

    def build(self, inputs_shape):
        size = int(inputs_shape[-1])
        self._kernel = self.add_weight("kernel", [size, 4 * self._num_units])
        self._bias = self.add_weight(
            "bias", [2 * self._num_units], initializer=tf.zeros_initializer
        )
        self.built = True

    def call(self, inputs, state):
        new, f, r, highway = tf.split(tf.matmul(inputs, self._kernel), 4, 1)
        gates = tf.sigmoid(tf.nn.bias_add(tf.concat([f, r], 1), self._bias))
        f, r = tf.split(gates, 2, 1)
        state = f * state + (1.0 - f) * new
        return r * self._activation(state) + (1.0 - r) * highway, state


class _Independent(BuiltCell):
    """Li et al. 2018, IndRNN: each unit sees only its own past, u * h."""

    def __init__(
        self,
        state,
        units,
        activation,
        reuse,
        name,
        dtype,
        kernel_initializer=None,
        bias_initializer=None,
    ):
        super().__init__(state, units, reuse, name=name, dtype=dtype)
        self._num_units, self._activation = units, activation or tf.tanh
        self._initializers = kernel_initializer, bias_initializer

    def _affine(self, inputs_shape, times, w, u, bias, start=0.0):
        """Makes W [D, times*H], u [1, times*H], b; gives (x, h) -> x W + h u + b."""
        kernel_initializer, bias_initializer = self._initializers
        width = times * self._num_units
        w = self.add_weight(
            w, [int(inputs_shape[-1]), width], initializer=kernel_initializer
        )
        u = self.add_weight(
            u, [1, width], initializer=tf.random_uniform_initializer(-1, 1)
        )
        bias = self.add_weight(
            bias,
            [width],
            initializer=bias_initializer or tf.constant_initializer(start),
        )
        return lambda x, h: tf.nn.bias_add(
            tf.matmul(x, w) + tf.tile(h, [1, times]) * u, bias
        )


class IndRNNCell(_Independent):
    """act(W x + u * h + b): kernel_w [D, H], kernel_u [1, H], bias [H]."""

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None):
        super().__init__(num_units, num_units, activation, reuse, name, dtype)

    def build(self, inputs_shape):
        self._map = self._affine(inputs_shape, 1, "kernel_w", "kernel_u", "bias")
        self.built = True

    def call(self, inputs, state):
        state = self._activation(self._map(inputs, state))
        return state, state


class IndyGRUCell(_Independent):
    """A GRU with IndRNN's recurrence: gates/{kernel_w,kernel_u,bias} and
    candidate/{kernel,kernel_u,bias} (so the original names them)."""

    def __init__(
        self,
        num_units,
        activation=None,
        reuse=None,
        kernel_initializer=None,
        bias_initializer=None,
        name=None,
        dtype=None,
    ):
        super().__init__(
            num_units,
            num_units,
            activation,
            reuse,
            name,
            dtype,
            kernel_initializer,
            bias_initializer,
        )

    def build(self, inputs_shape):
        self._gates = self._affine(
            inputs_shape, 2, "gates/kernel_w", "gates/kernel_u", "gates/bias", 1.0
        )
        self._candidate = self._affine(
            inputs_shape, 1, "candidate/kernel", "candidate/kernel_u", "candidate/bias"
        )
        self.built = True

    def call(self, inputs, state):
        r, u = tf.split(tf.sigmoid(self._gates(inputs, state)), 2, 1)
        candidate = self._activation(self._candidate(inputs, r * state))
        state = u * state + (1 - u) * candidate
        return state, state


class IndyLSTMCell(_Independent):
    """Gonnet & Deselaers 2019: an LSTM with IndRNN's recurrence; gates i, j, f, o."""

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        activation=None,
        reuse=None,
        kernel_initializer=None,
        bias_initializer=None,
        name=None,
        dtype=None,
    ):
        super().__init__(
            state_of(num_units),
            num_units,
            activation,
            reuse,
            name,
            dtype,
            kernel_initializer,
            bias_initializer,
        )
        self._forget_bias = forget_bias

    def build(self, inputs_shape):
        self._map = self._affine(inputs_shape, 4, "kernel_w", "kernel_u", "bias")
        self.built = True

    def call(self, inputs, state):
        c, h = state
        i, j, f, o = tf.split(self._map(inputs, h), 4, 1)
        c = c * tf.sigmoid(f + self._forget_bias)
        c = c + tf.sigmoid(i) * self._activation(j)
        h = self._activation(c) * tf.sigmoid(o)
        return h, LSTMStateTuple(c, h)
