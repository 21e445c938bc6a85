"""Recurrent cells inside layers and models that are called with ``training=``."""

import numpy as np
import tensorflow as tf
from harness import only

rnn = tf.contrib.rnn
H, D, T, B = 4, 4, 3, 2
NEW = ("1.15.5",)

CELLS = {
    "BasicLSTMCell": lambda: rnn.BasicLSTMCell(H),
    "BasicRNNCell": lambda: rnn.BasicRNNCell(H),
    "CoupledInputForgetGateLSTMCell": lambda: rnn.CoupledInputForgetGateLSTMCell(H),
    "CudnnCompatibleGRUCell": lambda: tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(H),
    "CudnnCompatibleLSTMCell": lambda: tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(H),
    "GLSTMCell": lambda: rnn.GLSTMCell(H, number_of_groups=2),
    "GRUBlockCell": lambda: rnn.GRUBlockCell(H),
    "GRUBlockCellV2": lambda: rnn.GRUBlockCellV2(H),
    "GRUCell": lambda: rnn.GRUCell(H),
    "GridLSTMCell": lambda: rnn.GridLSTMCell(
        H, feature_size=2, frequency_skip=2, num_frequency_blocks=[2]
    ),
    "IndRNNCell": lambda: rnn.IndRNNCell(H),
    "IndyGRUCell": lambda: rnn.IndyGRUCell(H),
    "IndyLSTMCell": lambda: rnn.IndyLSTMCell(H),
    "IntersectionRNNCell": lambda: rnn.IntersectionRNNCell(H),
    "LSTMBlockCell": lambda: rnn.LSTMBlockCell(H, use_peephole=True),
    "LSTMCell": lambda: rnn.LSTMCell(H, use_peepholes=True),
    "LayerNormBasicLSTMCell": lambda: rnn.LayerNormBasicLSTMCell(H),
    "NASCell": lambda: rnn.NASCell(H),
    "SRUCell": lambda: rnn.SRUCell(H),
    "TimeFreqLSTMCell": lambda: rnn.TimeFreqLSTMCell(
        H, feature_size=4, frequency_skip=4
    ),
    "UGRNNCell": lambda: rnn.UGRNNCell(H),
    "MultiRNNCell": lambda: rnn.MultiRNNCell([rnn.GRUCell(H), rnn.UGRNNCell(H)]),
    "HighwayWrapper": lambda: rnn.HighwayWrapper(rnn.GRUCell(H)),
    "ResidualWrapper": lambda: rnn.ResidualWrapper(rnn.LSTMBlockCell(H)),
    "DropoutWrapper": lambda: rnn.DropoutWrapper(rnn.NASCell(H), 1.0, 1.0),
    "OutputProjectionWrapper": lambda: rnn.OutputProjectionWrapper(rnn.GRUCell(H), 3),
    "InputProjectionWrapper": lambda: rnn.InputProjectionWrapper(rnn.GRUCell(H), 3),
    "AttentionCellWrapper": lambda: rnn.AttentionCellWrapper(
        rnn.GRUCell(H), 2, state_is_tuple=True
    ),
}


def _data():
    draw = np.random.RandomState(5).randn(B, T, D)
    return tf.constant(draw.astype("float32"))


class _Layer(tf.layers.Layer):
    """A layer of TensorFlow 1's own kind around a recurrent cell."""

    def __init__(self, cell, **kwargs):
        super(_Layer, self).__init__(**kwargs)
        self._cell = cell

    def call(self, inputs, training=None):
        return tf.nn.dynamic_rnn(self._cell, inputs, dtype=tf.float32)[0]


class _Model(tf.keras.Model):
    """A Keras model around a recurrent cell."""

    def __init__(self, cell):
        super(_Model, self).__init__()
        self.cell = cell

    def call(self, inputs, training=None):
        return tf.nn.dynamic_rnn(self.cell, inputs, dtype=tf.float32)[0]


def _outcome(build):
    """What ``build`` gives; or the class of its error."""
    try:
        return build()
    except Exception as error:
        return type(error).__name__


def _case(name):
    def in_a_layer():
        layer = _Layer(CELLS[name](), name="layer")
        return {
            "training": layer(_data(), training=True),
            "again": layer(_data(), training=tf.constant(False)),
            "unsaid": layer(_data()),
        }

    def in_a_model():
        return {"out": _outcome(lambda: _Model(CELLS[name]())(_data(), training=True))}

    in_a_layer.__name__ = "layer_" + name
    in_a_model.__name__ = "model_" + name
    # Real 1.15.5 cannot track a HighwayWrapper in a model; here it works.
    cases = (in_a_layer,) if name == "HighwayWrapper" else (in_a_layer, in_a_model)
    for case in cases:
        case.__module__ = __name__
        globals()[case.__name__] = only(*NEW)(case)


for _name in CELLS:
    _case(_name)


def _keras_rnn(cell, **call):
    layer = tf.keras.layers.RNN(cell, return_sequences=True)
    return layer(_data(), **call)


@only(*NEW)
def keras_rnn_of_contrib_cells():
    found = {}
    for name in ("BasicLSTMCell", "GRUCell", "BasicRNNCell", "LSTMCell", "NASCell"):
        found[name] = _outcome(lambda: _keras_rnn(CELLS[name]()))
        found[name + "_training"] = _outcome(
            lambda: _keras_rnn(CELLS[name](), training=True)
        )
    return found


@only(*NEW)
def phased_in_a_layer():
    class Layer(tf.layers.Layer):
        def call(self, inputs, training=None):
            time = tf.reshape(tf.range(B * T, dtype=tf.float32), [B, T, 1])
            cell = rnn.PhasedLSTMCell(H)
            return tf.nn.dynamic_rnn(cell, (time, inputs), dtype=tf.float32)[0]

    return {"out": Layer(name="phased")(_data(), training=True)}


@only(*NEW)
def convolution_in_a_layer():
    class Layer(tf.layers.Layer):
        def call(self, inputs, training=None):
            cell = rnn.Conv1DLSTMCell(
                input_shape=[D, 1], output_channels=2, kernel_shape=[3]
            )
            inputs = tf.expand_dims(inputs, 3)
            return tf.nn.dynamic_rnn(cell, inputs, dtype=tf.float32)[0]

    return {"out": Layer(name="conv")(_data(), training=True)}


@only(*NEW)
def fused_in_a_layer():
    class Layer(tf.layers.Layer):
        def call(self, inputs, training=None):
            cell = rnn.LSTMBlockFusedCell(H)
            inputs = tf.transpose(inputs, [1, 0, 2])
            return cell(inputs, dtype=tf.float32)[0]

    return {"out": Layer(name="fused")(_data(), training=True)}


@only(*NEW)
def seq2seq_in_a_layer():
    class Layer(tf.layers.Layer):
        def call(self, inputs, training=None):
            seq2seq = tf.contrib.seq2seq
            attention = seq2seq.LuongAttention(H, inputs)
            cell = seq2seq.AttentionWrapper(
                rnn.LSTMBlockCell(H), attention, attention_layer_size=3
            )
            helper = seq2seq.TrainingHelper(inputs, tf.constant([T, T - 1]))
            start = cell.zero_state(B, tf.float32)
            decoder = seq2seq.BasicDecoder(
                cell, helper, start, output_layer=tf.layers.Dense(2)
            )
            return seq2seq.dynamic_decode(decoder)[0].rnn_output

    return {"out": Layer(name="seq")(_data(), training=True)}
