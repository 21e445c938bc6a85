"""Shi et al. 2015: an LSTM whose maps are convolutions over 1, 2 or 3 axes."""

import tensorflow.compat.v1 as tf

from legacy.contrib.rnn.base import Cell, LSTMStateTuple, depth

__all__ = [
    "Conv1DLSTMCell",
    "Conv2DLSTMCell",
    "Conv3DLSTMCell",
    "ConvLSTMCell",
    "_conv",
]

_CONVOLUTIONS = {1: tf.nn.conv1d, 2: tf.nn.conv2d, 3: tf.nn.conv3d}


def _conv(args, filter_size, num_features, bias, bias_start=0.0):
    """The convolution of the joined `args` [B, *space, C], which scripts imported.

    Makes the variables `kernel` and, if `bias`, `biases`.
    """
    dtype, space = args[0].dtype, args[0].shape.ndims - 2
    width = sum(depth(arg) for arg in args)
    shape = [*filter_size, width, num_features]
    kernel = tf.get_variable("kernel", shape, dtype)
    joined = args[0] if len(args) == 1 else tf.concat(args, space + 1)
    strides = 1 if space == 1 else [1] * (space + 2)
    result = _CONVOLUTIONS[space](joined, kernel, strides, "SAME")
    if not bias:
        return result
    start = tf.constant_initializer(bias_start, dtype)
    return result + tf.get_variable("biases", [num_features], dtype, start)


class ConvLSTMCell(Cell):
    """Inputs [B, *space, C] to [B, *space, output_channels (+ C if skipping)].

    Variables kernel [*kernel_shape, C + channels, 4 channels] and biases; gates in the
    order i, j, f, o. With a skip connection the output includes the inputs; TensorFlow
    1.15 used that output as the next hidden state, too.
    """

    def __init__(
        self,
        conv_ndims,
        input_shape,
        output_channels,
        kernel_shape,
        use_bias=True,
        skip_connection=False,
        forget_bias=1.0,
        initializers=None,
        name="conv_lstm_cell",
    ):
        space = list(input_shape[:-1])
        if conv_ndims != len(space):
            raise ValueError(
                f"Expected an input_shape of {conv_ndims} axes and the channels. "
                f"Received: input_shape={input_shape}"
            )
        state = tf.TensorShape([*space, output_channels])
        extra = input_shape[-1] if skip_connection else 0
        output = tf.TensorShape([*space, output_channels + extra])
        super().__init__(LSTMStateTuple(state, state), output, name=name)
        self._conv_ndims, self._output_channels = conv_ndims, output_channels
        self._kernel_shape, self._use_bias = tuple(kernel_shape), use_bias
        self._skip_connection, self._forget_bias = skip_connection, forget_bias

    def call(self, inputs, state):
        c, h = state
        joined, width = tf.concat([inputs, h], -1), 4 * self._output_channels
        kernel = tf.get_variable(
            "kernel", [*self._kernel_shape, depth(joined), width], inputs.dtype
        )
        strides = 1 if self._conv_ndims == 1 else [1] * (self._conv_ndims + 2)
        gates = _CONVOLUTIONS[self._conv_ndims](joined, kernel, strides, "SAME")
        if self._use_bias:
            gates = gates + tf.get_variable(
                "biases", [width], inputs.dtype, tf.zeros_initializer()
            )
        i, j, f, o = tf.split(gates, 4, -1)
        c = tf.sigmoid(f + self._forget_bias) * c + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        if self._skip_connection:
            h = tf.concat([h, inputs], -1)
        return h, LSTMStateTuple(c, h)


class Conv1DLSTMCell(ConvLSTMCell):
    """`ConvLSTMCell` over one axis."""

    def __init__(self, name="conv_1d_lstm_cell", **kwargs):
        super().__init__(conv_ndims=1, name=name, **kwargs)


class Conv2DLSTMCell(ConvLSTMCell):
    """`ConvLSTMCell` over two axes."""

    def __init__(self, name="conv_2d_lstm_cell", **kwargs):
        super().__init__(conv_ndims=2, name=name, **kwargs)


class Conv3DLSTMCell(ConvLSTMCell):
    """`ConvLSTMCell` over three axes."""

    def __init__(self, name="conv_3d_lstm_cell", **kwargs):
        super().__init__(conv_ndims=3, name=name, **kwargs)
