"""``tf.keras`` of 1.15: names of variables, default arguments, activations, files."""

import os
import tempfile

import numpy as np
import tensorflow as tf
from harness import only

keras, layers = tf.keras, tf.keras.layers
B, T, D, H = 2, 3, 4, 3
NEW = ("1.15.5",)


def _data(*shape):
    draw = np.random.RandomState(6).randn(*(shape or (B, T, D)))
    return tf.constant(draw.astype("float32"))


def _case(name, build, *shape, **marks):
    """A case that applies the layer of ``build()`` to data, with its settings."""

    def case():
        layer = build()
        output = layer(_data(*shape))
        return {
            "out": output,
            "weights": str([weight.name for weight in layer.weights]),
            "trainable": len(layer.trainable_weights),
            "config": _settings(layer.get_config()),
        }

    case.__name__, case.__module__ = name, __name__
    globals()[name] = only(*NEW, **marks)(case)


def _settings(config):
    """The settings that decide what a layer computes."""
    wanted = ("activation", "recurrent_activation", "reset_after", "implementation")
    wanted += ("momentum", "epsilon", "unroll", "time_major", "unit_forget_bias")
    return str([(key, config[key]) for key in wanted if key in config])


_case("lstm", lambda: layers.LSTM(H))
_case("lstm_named", lambda: layers.LSTM(H, name="mine", return_sequences=True))
_case("lstm_hard", lambda: layers.LSTM(H, recurrent_activation="hard_sigmoid"))
_case("lstm_sigmoid", lambda: layers.LSTM(H, recurrent_activation="sigmoid"))
_case("lstm_second", lambda: layers.LSTM(H, implementation=2, unroll=True))
_case("gru", lambda: layers.GRU(H))
_case("gru_after", lambda: layers.GRU(H, reset_after=True))
_case("simple", lambda: layers.SimpleRNN(H, go_backwards=True))
_case("rnn_of_cell", lambda: layers.RNN(layers.LSTMCell(H)))
_case("rnn_of_gru_cell", lambda: layers.RNN(layers.GRUCell(H)))
_case("rnn_of_named_cell", lambda: layers.RNN(layers.SimpleRNNCell(H, name="mine")))
_case("rnn_of_cells", lambda: layers.RNN([layers.LSTMCell(H), layers.GRUCell(H)]))
_case("rnn_of_stack", lambda: layers.RNN(layers.StackedRNNCells([layers.GRUCell(H)])))
_case("bidirectional", lambda: layers.Bidirectional(layers.LSTM(H)))
_case("bidirectional_gru", lambda: layers.Bidirectional(layers.GRU(H, name="g")))
_case("bidirectional_sum", lambda: layers.Bidirectional(layers.LSTM(H), "sum"))
_case("distributed", lambda: layers.TimeDistributed(layers.Dense(H)))
_case("distributed_rnn", lambda: layers.TimeDistributed(layers.LSTM(H)), B, 2, T, D)
_case("conv_lstm", lambda: layers.ConvLSTM2D(2, 2), 1, 2, 4, 4, 1)
_case("dense", lambda: layers.Dense(H, activation="hard_sigmoid"))
_case("batch_norm", lambda: layers.BatchNormalization(), B, D, fill=False)
_case("layer_norm", lambda: layers.LayerNormalization(), B, D, fill=False)
_case("conv", lambda: layers.Conv1D(H, 2, activation="relu"))
_case("separable", lambda: layers.SeparableConv1D(H, 2))
_case("embedding", lambda: layers.Embedding(9, H, name="words"), B)
_case("prelu", lambda: layers.PReLU())
_case("leaky", lambda: layers.LeakyReLU())
_case("activations_hard", lambda: layers.Activation("hard_sigmoid"))


class VGG16Net2D(layers.Layer):
    """A layer of the user's own, whose name has digits."""

    def call(self, inputs):
        return inputs


class _Own(tf.layers.Layer):
    """The same of the other kind."""

    def call(self, inputs):
        return inputs


@only(*NEW)
def names_of_own_layers():
    return {
        "names": str([VGG16Net2D().name, _Own().name, layers.ConvLSTM2D(1, 2).name])
    }


@only(*NEW)
def hard_sigmoid_values():
    points = tf.constant(np.linspace(-4, 4, 41).astype("float32"))
    return {"of_layer": keras.activations.hard_sigmoid(points)}


@only(*NEW)
def backend_functions():
    x = _data(B, D)
    back = keras.backend
    return {
        "hard": back.hard_sigmoid(x),
        "softplus": back.softplus(x),
        "elu": back.elu(x),
        "l2": back.l2_normalize(x, 1),
        "epsilon": back.epsilon(),
    }


@only(*NEW)
def sequential():
    model = keras.Sequential(
        [
            layers.LSTM(H, return_sequences=True, input_shape=(T, D)),
            layers.Bidirectional(layers.LSTM(H)),
            layers.Dense(1),
        ]
    )
    return {"out": model(_data()), "names": str([w.name for w in model.weights])}


@only(*NEW)
def functional():
    start = layers.Input((T, D))
    hidden = layers.GRU(H, return_sequences=True)(start)
    hidden = layers.RNN(layers.LSTMCell(H))(hidden)
    model = keras.Model(start, layers.Dense(1)(hidden))
    return {"out": model(_data()), "names": str([w.name for w in model.weights])}


@only(*NEW)
def subclassed():
    class Model(keras.Model):
        def __init__(self):
            super(Model, self).__init__()
            self.encoder = layers.Bidirectional(layers.LSTM(H))
            self.top = layers.Dense(1)

        def call(self, inputs, training=None):
            return self.top(self.encoder(inputs))

    model = Model()
    return {"out": model(_data()), "names": str([w.name for w in model.weights])}


@only(*NEW)
def twice_in_one_graph():
    found = []
    for _ in range(2):
        layer = layers.LSTM(H)
        layer(_data())
        found += [weight.name for weight in layer.weights]
    return {"names": str(found)}


@only(*NEW)
def in_a_variable_scope():
    with tf.variable_scope("scope"):
        layer = layers.LSTM(H)
        layer(_data())
    with tf.name_scope("other"):
        second = layers.GRU(H)
        second(_data())
    return {"names": str([w.name for w in layer.weights + second.weights])}


@only(*NEW)
def names_in_a_weights_file():
    import h5py

    model = keras.Sequential(
        [layers.Bidirectional(layers.LSTM(H), input_shape=(T, D)), layers.GRU(H)][:1]
    )
    path = os.path.join(tempfile.mkdtemp(), "weights.h5")
    with tf.keras.backend.get_session().as_default():
        model.save_weights(path)
    found = []
    with h5py.File(path, "r") as file:
        file.visit(found.append)
    # Later Keras writes one more group, which is empty here.
    found = [name for name in found if name != "top_level_model_weights"]
    return {"names": str(sorted(found))}


@only(*NEW)
def names_in_a_checkpoint():
    model = keras.Sequential([layers.LSTM(H, input_shape=(T, D)), layers.Dense(2)])
    saver = tf.train.Saver()
    return {
        "saved": str(sorted(variable.op.name for variable in tf.global_variables())),
        "count": len(model.weights) if saver else 0,
    }


@only(*NEW)
def optimizer_names():
    model = keras.Sequential([layers.LSTM(H, input_shape=(T, D)), layers.Dense(1)])
    model.compile("adam", "mse")
    model._make_train_function()
    return {"names": str(sorted(v.op.name for v in tf.global_variables()))}


@only(*NEW)
def other_paths_are_the_same_keras():
    from tensorflow.python.keras import backend
    from tensorflow.python.keras.engine.base_layer import Layer
    from tensorflow.python.keras.layers import LSTM, Dense
    from tensorflow.python.keras.layers.recurrent import LSTMCell
    from tensorflow.python.keras.models import Sequential
    from tensorflow.python.keras.optimizers import Adam
    from tensorflow.python.keras.preprocessing.sequence import pad_sequences
    from tensorflow.python.keras.utils import to_categorical
    from tensorflow.python.keras.utils.np_utils import to_categorical as again
    from tensorflow.python.layers import base
    from tensorflow.python.layers.convolutional import Conv1D
    from tensorflow.python.layers.core import Dense as OldDense
    from tensorflow.python.layers.core import dense

    layer = LSTM(H)
    contributed = tf.contrib.keras.layers.LSTM(H)
    return {
        "out": [layer(_data()), contributed(_data())],
        "names": str([w.name for w in layer.weights + contributed.weights]),
        "kernels": dense(_data(), 2, name="d"),
        "same": str(
            [
                LSTM is layers.LSTM,
                LSTMCell is layers.LSTMCell,
                issubclass(Dense, Layer),
                Layer is layers.Layer,
                Sequential is keras.Sequential,
                backend.epsilon() == keras.backend.epsilon(),
                issubclass(OldDense, tf.layers.Dense),
                issubclass(Conv1D, tf.layers.Conv1D),
                issubclass(OldDense, base.Layer),
                hasattr(base, "InputSpec"),
                callable(Adam),
            ]
        ),
        "padded": pad_sequences([[1], [2, 3]]).tolist(),
        "categories": [to_categorical([1, 0]).tolist(), again([1]).tolist()],
    }
