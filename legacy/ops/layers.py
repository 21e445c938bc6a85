"""Keras layers, and those of ``tf.layers`` and contrib above them, as in 1.15."""

import functools

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import nn_ops
from tf_keras import backend
from tf_keras.src.utils import conv_utils

from legacy.ops.replace import around, stands_for

# The Keras of tf.layers and tf.keras, and that inside TensorFlow, of contrib.
_KERAS, _INNER = "tf_keras.src.layers.", "tensorflow.python.keras.layers."


@around(
    _KERAS + "convolutional.base_conv:Conv.build", _INNER + "convolutional:Conv.build"
)
def build_convolution(original, self, input_shape):
    """Also makes the convolution as an object; its dilation goes into the graph."""
    original(self, input_shape)
    if self.groups == 1:
        self._convolution_of_1_15 = _convolution(self, input_shape)
        if hasattr(self, "_convolution_op"):
            self._convolution_op = functools.partial(_convolved, self)


@around(_KERAS + "convolutional.base_conv:Conv.convolution_op")
def convolution_op(original, self, inputs, kernel):
    if not hasattr(self, "_convolution_of_1_15"):
        return original(self, inputs, kernel)
    return _convolved(self, inputs, kernel)


def _convolved(layer, inputs, kernel):
    """Runs the object, and makes a new one if the input's static shape does not fit."""
    if not inputs.shape.is_compatible_with(layer._convolution_of_1_15.input_shape):
        layer._convolution_of_1_15 = _convolution(layer, inputs.shape)
    return layer._convolution_of_1_15(inputs, kernel)


def _convolution(layer, input_shape):
    # Causal padding is added to the input before the convolution.
    padding = "valid" if layer.padding == "causal" else layer.padding
    return nn_ops.Convolution(
        tf.TensorShape(input_shape),
        filter_shape=layer.kernel.shape,
        dilation_rate=layer.dilation_rate,
        strides=layer.strides,
        padding=padding.upper(),
        data_format=layer._tf_data_format,
    )


@stands_for(
    _KERAS + "convolutional.conv2d_transpose:Conv2DTranspose.call",
    _INNER + "convolutional:Conv2DTranspose.call",
)
def transposed_convolution(self, inputs):
    """Works out the height and width of the result in the graph."""
    shape = tf.shape(inputs)
    first = self.data_format == "channels_first"
    batch = shape[0]
    lengths = (shape[2], shape[3]) if first else (shape[1], shape[2])
    sides = zip(
        lengths,
        self.kernel_size,
        self.strides,
        self.output_padding or (None, None),
        self.dilation_rate,
        strict=True,
    )
    lengths = [
        conv_utils.deconv_output_length(
            length,
            kernel,
            padding=self.padding,
            output_padding=extra,
            stride=stride,
            dilation=dilation,
        )
        for length, kernel, stride, extra, dilation in sides
    ]
    wanted = (
        (batch, self.filters, *lengths) if first else (batch, *lengths, self.filters)
    )
    outputs = backend.conv2d_transpose(
        inputs,
        self.kernel,
        tf.stack(wanted),
        strides=self.strides,
        padding=self.padding,
        data_format=self.data_format,
        dilation_rate=self.dilation_rate,
    )
    outputs.set_shape(self.compute_output_shape(inputs.shape))
    if self.use_bias:
        data_format = conv_utils.convert_data_format(self.data_format, ndim=4)
        outputs = tf.nn.bias_add(outputs, self.bias, data_format=data_format)
    return outputs if self.activation is None else self.activation(outputs)


@stands_for(_KERAS + "reshaping.flatten:Flatten.call", _INNER + "core:Flatten.call")
def flatten(self, inputs):
    """Reshapes to the batch size and -1, even if more of the shape is known."""
    if self.data_format == "channels_first" and (inputs.shape.rank or 0) > 1:
        axes = [0, *range(2, inputs.shape.rank), 1]
        inputs = tf.transpose(inputs, perm=axes)
    batch = tf.dimension_value(inputs.shape[0]) or tf.shape(inputs)[0]
    outputs = tf.reshape(inputs, (batch, -1))
    outputs.set_shape(self.compute_output_shape(inputs.shape))
    return outputs
