"""`tf.contrib.cudnn_rnn` in its portable form: the same models on any device.

The layers keep the variables of their cells, under the names that cuDNN's savables
wrote to checkpoints (`cudnn_lstm/stack_bidirectional_rnn/cell_0/...`), so that either
side restores the other's. Opaque parameter buffers, and the converters and savables
for them, exist only with the kernels and are not here.
"""

import tensorflow.compat.v1 as tf

from legacy.contrib.rnn.base import BuiltCell, Plain
from legacy.contrib.rnn.block import LSTMBlockCell
from legacy.contrib.rnn.standard_cells import BasicRNNCell

CUDNN_RNN_UNIDIRECTION, CUDNN_RNN_BIDIRECTION = "unidirectional", "bidirectional"
CUDNN_INPUT_LINEAR_MODE = "linear_input"
CUDNN_LSTM, CUDNN_GRU = "lstm", "gru"
CUDNN_RNN_RELU, CUDNN_RNN_TANH = "rnn_relu", "rnn_tanh"
# Weights and biases of one layer in one direction.
CUDNN_LSTM_PARAMS_PER_LAYER, CUDNN_GRU_PARAMS_PER_LAYER = 8, 6
CUDNN_RNN_RELU_PARAMS_PER_LAYER = CUDNN_RNN_TANH_PARAMS_PER_LAYER = 2


class CudnnCompatibleLSTMCell(LSTMBlockCell):
    """cuDNN's LSTM: no forget bias, no peepholes; kernel [D+H, 4H], bias [4H]."""

    def __init__(self, num_units, reuse=None):
        super().__init__(
            num_units, forget_bias=0, reuse=reuse, name="cudnn_compatible_lstm_cell"
        )


class CudnnCompatibleGRUCell(BuiltCell):
    """cuDNN's GRU: the reset gate acts after the matrix, tanh(W x + b + r (U h + c)).

    Variables gates/{kernel [D+H, 2H], bias}, candidate/{input,hidden}_projection/
    {kernel, bias}.
    """

    def __init__(self, num_units, reuse=None, kernel_initializer=None):
        super().__init__(num_units, num_units, reuse, name="cudnn_compatible_gru_cell")
        self._units, self._initializer = num_units, kernel_initializer

    def _affine(self, start, **maps):
        """{name: x W + b}; all matrices are made before the biases."""
        kernels = [
            self.add_weight(f"{name}/kernel", shape, initializer=self._initializer)
            for name, shape in maps.items()
        ]
        biases = [
            self.add_weight(
                f"{name}/bias", shape[1:], initializer=tf.constant_initializer(start)
            )
            for name, shape in maps.items()
        ]
        return [
            lambda x, kernel=kernel, bias=bias: tf.nn.bias_add(
                tf.matmul(x, kernel), bias
            )
            for kernel, bias in zip(kernels, biases, strict=True)
        ]

    def build(self, inputs_shape):
        depth, units = int(inputs_shape[-1]), self._units
        [self._gates] = self._affine(1.0, gates=[depth + units, 2 * units])
        self._new, self._old = self._affine(
            0.0,
            **{
                "candidate/input_projection": [depth, units],
                "candidate/hidden_projection": [units, units],
            },
        )
        self.built = True

    def call(self, inputs, state):
        gates = tf.sigmoid(self._gates(tf.concat([inputs, state], 1)))
        r, u = tf.split(gates, 2, 1)
        candidate = tf.tanh(self._new(inputs) + r * self._old(state))
        state = (1 - u) * candidate + u * state
        return state, state


class _CudnnRNN(Plain, tf.layers.Layer):
    """Layers of one cell over [T, B, D]: (outputs [T, B, H dirs], final states).

    States are (h,), or (h, c) for an LSTM, each [layers dirs, B, H]: forward, then
    backward of each layer. `dropout` acts between the layers, in training only.
    """

    def __init__(
        self,
        num_layers,
        num_units,
        input_mode=CUDNN_INPUT_LINEAR_MODE,
        direction=CUDNN_RNN_UNIDIRECTION,
        dropout=0.0,
        seed=None,
        dtype=tf.float32,
        kernel_initializer=None,
        bias_initializer=None,
        name=None,
    ):
        super().__init__(dtype=dtype, name=name)
        if direction not in (CUDNN_RNN_UNIDIRECTION, CUDNN_RNN_BIDIRECTION):
            raise ValueError(
                "Expected direction 'unidirectional' or 'bidirectional'. Received: "
                f"{direction!r}"
            )
        if input_mode != CUDNN_INPUT_LINEAR_MODE:
            raise ValueError(
                f"Only input_mode 'linear_input' is emulated. Received: {input_mode!r}"
            )
        self._layers_count, self._units = num_layers, num_units
        self._both = direction == CUDNN_RNN_BIDIRECTION
        self._dropout, self._seed = dropout, seed
        self._starts = kernel_initializer, bias_initializer

    num_layers = property(lambda self: self._layers_count)
    num_units = property(lambda self: self._units)
    num_dirs = property(lambda self: 2 if self._both else 1)

    def _cell(self):
        raise NotImplementedError

    def _packed(self, state):
        return (state,)

    def _unpacked(self, parts):
        return parts[0]

    def state_shape(self, batch_size):
        shape = [self.num_layers * self.num_dirs, batch_size, self.num_units]
        return (shape,)

    def build(self, input_shape):
        self.built = True

    def call(
        self,
        inputs,
        initial_state=None,
        sequence_lengths=None,
        time_major=True,
        training=True,
    ):
        kernel, _ = self._starts
        if not time_major:
            inputs = tf.transpose(inputs, [1, 0, 2])
        starts = [None] * self.num_layers * self.num_dirs
        if initial_state is not None:
            parts = [tf.unstack(part) for part in initial_state]
            starts = [self._unpacked(part) for part in zip(*parts, strict=True)]
        finals = []
        with tf.variable_scope(tf.get_variable_scope(), initializer=kernel):
            for layer in range(self.num_layers):
                if layer and self._dropout and training:
                    inputs = tf.nn.dropout(inputs, rate=self._dropout, seed=self._seed)
                inputs, states = self._run(inputs, layer, starts, sequence_lengths)
                finals += states
        packed = zip(*(self._packed(state) for state in finals), strict=True)
        if not time_major:
            inputs = tf.transpose(inputs, [1, 0, 2])
        return inputs, tuple(tf.stack(part) for part in packed)

    def _run(self, inputs, layer, starts, lengths):
        common = {
            "dtype": inputs.dtype,
            "sequence_length": lengths,
            "time_major": True,
        }
        if not self._both:
            outputs, state = tf.nn.dynamic_rnn(
                self._cell(),
                inputs,
                initial_state=starts[layer],
                scope=f"rnn/multi_rnn_cell/cell_{layer}",
                **common,
            )
            return outputs, [state]
        outputs, states = tf.nn.bidirectional_dynamic_rnn(
            self._cell(),
            self._cell(),
            inputs,
            initial_state_fw=starts[2 * layer],
            initial_state_bw=starts[2 * layer + 1],
            scope=f"stack_bidirectional_rnn/cell_{layer}/bidirectional_rnn",
            **common,
        )
        return tf.concat(outputs, 2), list(states)


class CudnnLSTM(_CudnnRNN):
    """Layers of `CudnnCompatibleLSTMCell`; states (h, c)."""

    def _cell(self):
        return CudnnCompatibleLSTMCell(self.num_units)

    def _packed(self, state):
        return state.h, state.c

    def _unpacked(self, parts):
        return tf.nn.rnn_cell.LSTMStateTuple(c=parts[1], h=parts[0])

    def state_shape(self, batch_size):
        return super().state_shape(batch_size) * 2


class CudnnGRU(_CudnnRNN):
    """Layers of `CudnnCompatibleGRUCell`."""

    def _cell(self):
        return CudnnCompatibleGRUCell(self.num_units)


class CudnnRNNTanh(_CudnnRNN):
    """Layers of tanh(W x + U h + b)."""

    _squash = staticmethod(tf.tanh)

    def _cell(self):
        return BasicRNNCell(
            self.num_units, activation=self._squash, name="cudnn_compatible_rnn_cell"
        )


class CudnnRNNRelu(CudnnRNNTanh):
    """Layers of relu(W x + U h + b)."""

    _squash = staticmethod(tf.nn.relu)


_PUBLIC = """CUDNN_GRU CUDNN_GRU_PARAMS_PER_LAYER CUDNN_LSTM
CUDNN_LSTM_PARAMS_PER_LAYER CUDNN_RNN_RELU CUDNN_RNN_RELU_PARAMS_PER_LAYER
CUDNN_RNN_TANH CUDNN_RNN_TANH_PARAMS_PER_LAYER CUDNN_INPUT_LINEAR_MODE
CUDNN_RNN_BIDIRECTION CUDNN_RNN_UNIDIRECTION
CudnnCompatibleGRUCell CudnnCompatibleLSTMCell CudnnGRU CudnnLSTM CudnnRNNRelu
CudnnRNNTanh"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}
