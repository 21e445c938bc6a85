"""Cells around a cell: embedding, projections, attention over the past, highway."""

import math

import tensorflow.compat.v1 as tf
from tensorflow.python.framework import op_def_registry

from legacy.contrib.rnn.base import Wrapper, dense, depth

__all__ = [
    "AttentionCellWrapper",
    "CompiledWrapper",
    "EmbeddingWrapper",
    "HighwayWrapper",
    "InputProjectionWrapper",
    "OutputProjectionWrapper",
]


class EmbeddingWrapper(Wrapper):
    """Integer inputs [B] or [B, 1] as rows of `embedding` [classes, size]."""

    def __init__(
        self,
        cell,
        embedding_classes,
        embedding_size,
        initializer=None,
        reuse=None,
    ):
        super().__init__(cell, _reuse=reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(
                "Expected positive sizes. Received: embedding_classes="
                f"{embedding_classes}, embedding_size={embedding_size}"
            )
        self._shape = embedding_classes, embedding_size
        self._initializer = initializer

    def call(self, inputs, state):
        limit = math.sqrt(3)  # a uniform draw of variance one
        start = (
            self._initializer
            or tf.get_variable_scope().initializer
            or tf.random_uniform_initializer(-limit, limit)
        )
        first = state[0] if isinstance(state, tuple) else state
        with tf.device("/cpu:0"):
            table = tf.get_variable(
                "embedding", list(self._shape), first.dtype, initializer=start
            )
            embedded = tf.nn.embedding_lookup(table, tf.reshape(inputs, [-1]))
            return self._cell(embedded, state)


class InputProjectionWrapper(Wrapper):
    """cell(act(x kernel + bias)): kernel [D, num_proj].

    Releases up to 1.1 had `input_size` third: a number or None, not a function.
    """

    def __init__(self, cell, num_proj, activation=None, input_size=None, reuse=None):
        super().__init__(cell, _reuse=reuse)
        self._units = num_proj
        self._activation = activation if callable(activation) else None

    def call(self, inputs, state):
        inputs = dense(inputs, self._units)
        if self._activation:
            inputs = self._activation(inputs)
        return self._cell(inputs, state)


class OutputProjectionWrapper(Wrapper):
    """act(h kernel + bias) of a cell's output h: kernel [H, output_size]."""

    def __init__(self, cell, output_size, activation=None, reuse=None):
        super().__init__(cell, _reuse=reuse)
        if output_size < 1:
            raise ValueError(
                f"Expected output_size of at least 1. Received: {output_size}"
            )
        self._units, self._activation = output_size, activation

    @property
    def output_size(self):
        return self._units

    def call(self, inputs, state):
        output, state = self._cell(inputs, state)
        output = dense(output, self._units)
        return (self._activation(output) if self._activation else output), state


class HighwayWrapper(Wrapper):
    """Srivastava et al. 2015: x * carry + cell(x) * transform.

    Variables carry_w [D, D], carry_b [D] (and transform_w, transform_b unless
    transform = 1 - carry), in the scope that calls the cell.
    """

    def __init__(self, cell, couple_carry_transform_gates=True, carry_bias_init=1.0):
        super().__init__(cell)
        self._coupled, self._bias = couple_carry_transform_gates, carry_bias_init

    def _gate(self, name, inputs, bias):
        size = depth(inputs)
        w = tf.get_variable(name + "_w", [size, size])
        b = tf.get_variable(
            name + "_b", [size], initializer=tf.constant_initializer(bias)
        )
        return tf.sigmoid(tf.nn.xw_plus_b(inputs, w, b))

    def _mix(self, inputs, outputs):
        inputs.shape.assert_is_compatible_with(outputs.shape)
        carry = self._gate("carry", inputs, self._bias)
        if self._coupled:
            transform = 1 - carry
        else:
            transform = self._gate("transform", inputs, -self._bias)
        return inputs * carry + outputs * transform

    def __call__(self, inputs, state, scope=None):
        outputs, state = self._cell(inputs, state, scope=scope)
        tf.nest.assert_same_structure(inputs, outputs)
        return tf.nest.map_structure(self._mix, inputs, outputs), state


class CompiledWrapper(Wrapper):
    """A cell inside an XLA scope (`tf.xla.experimental.jit_scope`)."""

    def __init__(self, cell, compile_stateful=False):
        super().__init__(cell)
        self._stateful = compile_stateful

    def __call__(self, inputs, state, scope=None):
        with tf.xla.experimental.jit_scope(compile_ops=self._stateful or _is_stateless):
            return self._cell(inputs, state, scope=scope)


def _is_stateless(node_def):
    return not op_def_registry.get(node_def.op).is_stateful


class AttentionCellWrapper(Wrapper):
    """Bahdanau et al. 2014's attention over the last `attn_length` outputs.

    State: (the cell's, attention [B, A], the outputs [B, attn_length A]), or all of
    them concatenated. Variables kernel, bias (input and attention -> input width),
    attention/{attn_w, attn_v, kernel, bias}, attn_output_projection/{kernel, bias}.
    """

    def __init__(
        self,
        cell,
        attn_length,
        attn_size=None,
        attn_vec_size=None,
        input_size=None,
        state_is_tuple=True,
        reuse=None,
    ):
        super().__init__(cell, _reuse=reuse)
        if tf.nest.is_nested(cell.state_size) and not state_is_tuple:
            raise ValueError(
                "Expected state_is_tuple=True for a cell with a tuple as its state. "
                f"Received: state_is_tuple=False, state_size={cell.state_size}"
            )
        if attn_length <= 0:
            raise ValueError(f"Expected attn_length > 0. Received: {attn_length}")
        self._attn_length, self._size = attn_length, attn_size or cell.output_size
        self._query_size = attn_vec_size or self._size
        self._input_size, self._state_is_tuple = input_size, state_is_tuple

    @property
    def state_size(self):
        sizes = self._cell.state_size, self._size, self._size * self._attn_length
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self):
        return self._size

    zero_state = tf.nn.rnn_cell.RNNCell.zero_state

    def call(self, inputs, state):
        if not self._state_is_tuple:
            sizes = self._cell.state_size, self._size, self._size * self._attn_length
            state = tf.split(state, sizes, 1)
        inner, attention, past = state
        past = tf.reshape(past, [-1, self._attn_length, self._size])
        inputs = dense([inputs, attention], self._input_size or depth(inputs))
        output, inner = self._cell(inputs, inner)
        query = tf.concat(tf.nest.flatten(inner), 1) if self._state_is_tuple else inner
        with tf.variable_scope("attention"):
            attention = self._attend(query, past)
        with tf.variable_scope("attn_output_projection"):
            output = dense([output, attention], self._size)
        past = tf.concat([past[:, 1:], output[:, tf.newaxis]], 1)
        past = tf.reshape(past, [-1, self._attn_length * self._size])
        state = inner, attention, past
        return output, state if self._state_is_tuple else tf.concat(state, 1)

    def _attend(self, query, past):
        w = tf.get_variable("attn_w", [1, 1, self._size, self._query_size])
        v = tf.get_variable("attn_v", [self._query_size])
        keys = tf.tensordot(past, w[0, 0], 1)
        query = dense(query, self._query_size)[:, tf.newaxis]
        scores = tf.reduce_sum(v * tf.tanh(keys + query), 2)
        return tf.reduce_sum(tf.nn.softmax(scores)[:, :, tf.newaxis] * past, 1)
