"""Whole models: the layers that they become, loops' gradients, and uses.

What is compared with was recorded by real TensorFlow 1.15.5
(``recordings/graphs/wholes.py``).
"""

import os
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

import migrate
from helpers import legacy_process
from helpers.fresh import fresh
from helpers.recorded_graphs import Record, folder
from migrate.cli.main import main
from migrate.errors import MigrateError
from migrate.graph.functional import functional
from migrate.graph.lists import WithoutGradientError

# Measured: 3.0e-7 in inference, 4.8e-7 in training, 5.1e-7 in gradients, 1.1e-7 in
# statistics.
INFERENCE, TRAINING, GRADIENTS, STATISTICS = 6e-7, 3e-6, 3e-6, 3e-7


def checkpoint(name):
    return str(folder("wholes") / name / "model.ckpt-1")


def made(name, **options):
    record = Record(folder("wholes") / name / "record.npz")
    return migrate.model(checkpoint(name), **options), record


def given(whole, record, training=False):
    return {n: a for n, a in record.feeds(training).items() if n in whole.input}


def kinds(whole):
    """The layers of a model that have weights, and their kinds."""
    return {
        layer.name: type(layer).__mro__[0].__name__
        for layer in whole.layers
        if layer.weights
    }


def differences(found, expected):
    error = np.abs(np.asarray(found) - expected) / np.maximum(1, np.abs(expected))
    return error.max()


def gradients_of(whole, record):
    """The loss with what the model adds to it, and its gradients by old names."""
    with tf.GradientTape() as tape:
        loss = whole(given(whole, record, True), training=True)["loss"]
        loss = tf.add_n([loss, *whole.losses])
    found = tape.gradient(loss, whole.trainable_weights)
    assert None not in found
    paths = [weight.path for weight in whole.trainable_weights]
    found = [tf.convert_to_tensor(g).numpy() for g in found]
    return float(loss), dict(zip(paths, found, strict=True))


def test_layers_are_keras_own_and_compute_what_was_recorded():
    whole, record = made("layers", outputs=["logits", "loss"], regularization=True)
    assert kinds(whole) == {
        "table": "Embedding",
        "conv_words": "Conv1D",
        "norm_words": "BatchNormalization",
        "each_word": "Dense",
        "conv_image": "Conv2D",
        "norm_image": "BatchNormalization",
        "conv_plain": "Conv2D",
        "conv_plain_BatchNorm": "BatchNormalization",
        "hidden": "Dense",
        "norm_hidden": "BatchNormalization",
        "softmax_w": "Dense",
    }
    for name, kind in kinds(whole).items():
        assert isinstance(whole.get_layer(name), getattr(keras.layers, kind))
    expected = record.outputs(False)["logits"]
    found = whole(given(whole, record), training=False)["logits"]
    assert np.abs(found - expected).max() <= INFERENCE
    loss, gradients = gradients_of(whole, record)
    assert abs(loss - record.outputs(True)["full_loss"]) <= TRAINING
    expected = record._below("grad|")
    assert set(gradients) == set(expected)
    for variable, value in expected.items():
        assert np.abs(gradients[variable] - value).max() <= GRADIENTS, variable
    moved = {w.path: w.numpy() for w in whole.non_trainable_weights}
    assert set(moved) == set(record.statistics)
    for variable, value in record.statistics.items():
        assert differences(moved[variable], value) <= STATISTICS, variable


def test_a_decoder_with_a_cond_and_a_loop_in_its_loop_has_gradients():
    whole, record = made("decoder", outputs=["sequence", "logits", "loss"])
    found = whole(given(whole, record), training=False)
    for name in ("sequence", "logits"):
        error = np.abs(found[name] - record.outputs(False)[name]).max()
        assert error <= INFERENCE, name
    loss, gradients = gradients_of(whole, record)
    assert abs(loss - record.outputs(True)["full_loss"]) <= TRAINING
    for variable, value in record._below("grad|").items():
        assert np.abs(gradients[variable] - value).max() <= GRADIENTS, variable


def test_an_rnn_whose_weights_are_regularised_is_a_layer(tmp_path):
    whole, record = made("regularised", outputs=["loss"], regularization=True)
    scope = "encoder_rnn_basic_lstm_cell"
    assert kinds(whole) == {scope: "LSTM", "top_head": "Dense"}
    loss, gradients = gradients_of(whole, record)
    assert abs(loss - record.outputs(True)["full_loss"]) <= TRAINING
    expected = record._below("grad|")
    # BasicLSTMCell has the gates i j f o, Keras i f j o.
    i, j, f, o = np.split(expected["encoder/rnn/basic_lstm_cell/kernel"], 4, axis=1)
    joined = [gradients[f"{scope}/lstm_cell/{n}kernel"] for n in ("", "recurrent_")]
    error = np.abs(np.concatenate(joined) - np.concatenate([i, f, j, o], axis=1))
    assert error.max() <= GRADIENTS
    i, j, f, o = np.split(expected["encoder/rnn/basic_lstm_cell/bias"], 4)
    error = gradients[f"{scope}/lstm_cell/bias"] - np.concatenate([i, f, j, o])
    assert np.abs(error).max() <= GRADIENTS  # that of bias + 1 at the forget gate
    whole.save(tmp_path / "out.keras")
    again = keras.models.load_model(tmp_path / "out.keras")
    again(given(whole, record), training=True)
    assert np.array_equal(sum(again.losses), sum(whole.losses))
    plain, _ = made("regularised", outputs=["loss"])
    plain(given(plain, record))
    assert not plain.losses


def test_a_loop_that_cannot_be_a_function_says_why(monkeypatch):
    def fails(graph_def, *more):
        if any(node.op == "Enter" for node in graph_def.node):
            raise WithoutGradientError("TensorArraySplitV3 (node x)")
        return functional(graph_def, *more)

    monkeypatch.setattr("migrate.models.assembly.functional", fails)
    whole, record = made("decoder", outputs=["loss"])
    with tf.GradientTape() as tape:
        value = whole(given(whole, record, True), training=True)["loss"]
    assert abs(value - record.outputs(True)["full_loss"]) <= TRAINING
    text = r"the loop rnn/while/\S+ runs as it was and has no gradient \(TensorArrayS"
    with pytest.raises(MigrateError, match=text):
        tape.gradient(value, whole.trainable_weights)


def test_arrays_used_in_ways_that_lists_are_not_are_named():
    graph_def = tf.compat.v1.GraphDef()
    graph_def.node.add(name="loop", op="Enter")
    graph_def.node.add(name="all", op="TensorArraySplitV3")
    with pytest.raises(WithoutGradientError, match=r"TensorArraySplitV3 \(node all\)"):
        functional(graph_def, ["all"], "a graph")


@pytest.mark.parametrize("name", ["layers", "regularised", "decoder"])
def test_a_frozen_graph_has_its_weights_again(name):
    record = Record(folder("wholes") / name / "record.npz")
    logits = next(n for n in record.meta["outputs"] if n.endswith("logits"))
    path = folder("wholes") / name / "frozen.pb"
    whole = migrate.model(path, outputs=[logits])
    with tf.GradientTape() as tape:
        found = whole(given(whole, record), training=False)[logits]
    assert np.abs(found - record.outputs(False)[logits]).max() <= INFERENCE
    assert None not in tape.gradient(found, whole.trainable_weights)
    sizes = [array.size for array in record.variables.values()]
    assert whole.count_params() == sum(sizes)
    trained = {n for n in record._below("grad|") if not n.startswith("encoder/")}
    assert trained <= {weight.path for weight in whole.trainable_weights}
    still = {weight.path for weight in whole.non_trainable_weights}
    assert still == set(record.statistics)


def test_importing_migrate_is_enough_to_load_one(tmp_path):
    whole, record = made("layers", outputs=["logits"])
    whole.save(tmp_path / "out.keras")
    np.savez(tmp_path / "in.npz", **given(whole, record))
    code = (
        "import sys, migrate\n"
        "assert not {'keras', 'numpy', 'tensorflow'} & set(sys.modules)\n"
        "migrate.Settings(epsilon=1e-3)  # the first to need Keras\n"
        "import tensorflow, keras, numpy as np\n"
        "whole = keras.models.load_model('out.keras')\n"
        "found = whole(dict(np.load('in.npz')), training=False)['logits']\n"
        "np.save('out.npy', found)\n"
    )
    fresh(code, cwd=tmp_path)
    expected = whole(given(whole, record), training=False)["logits"]
    assert np.array_equal(np.load(tmp_path / "out.npy"), expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    "names", ["migrate, bnlstm_compat", "keras, migrate", "migrate, keras"]
)
def test_whatever_is_imported_first(names, tmp_path):
    whole, _ = made("regularised", outputs=["top/logits"])
    whole.save(tmp_path / "out.keras")
    code = f"import {names}, keras; keras.models.load_model('out.keras')"
    fresh(code, cwd=tmp_path)


def test_it_is_a_layer_of_a_larger_model_and_parts_can_be_frozen():
    whole, record = made("layers", outputs=["logits"])
    x = given(whole, record)
    inputs = {name: keras.Input(a.shape[1:], dtype=a.dtype) for name, a in x.items()}
    top = keras.layers.Dense(2, name="new")(whole(inputs)["logits"])
    larger = keras.Model(inputs, top)
    for layer in whole.layers:
        layer.trainable = layer.name == "softmax_w"
    trained = [weight.path.rpartition("/")[2] for weight in larger.trainable_weights]
    assert sorted(trained) == ["bias", "kernel", "softmax_b", "softmax_w"]
    before = {weight.path: weight.numpy() for weight in larger.weights}
    larger.compile(keras.optimizers.Adam(0.05), "mse")
    target = np.random.default_rng(0).normal(size=(5, 2)).astype("f")
    history = larger.fit(x, target, epochs=6, verbose=0).history["loss"]
    assert history[-1] < history[0]
    changed = {p for p, a in before.items() if not np.array_equal(a, _now(larger, p))}
    assert changed == {weight.path for weight in larger.trainable_weights}


def _now(model, path):
    return next(w.numpy() for w in model.weights if w.path == path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["layers", "decoder", "regularised"])
def test_it_runs_by_xla_and_in_litert_at_known_sizes(name, tmp_path):
    logits = "top/logits" if name == "regularised" else "logits"
    whole, record = made(name, outputs=[logits])
    x, expected = given(whole, record), record.outputs(False)[logits]
    whole.compile(jit_compile=True)
    found = whole.predict(x, verbose=0)[logits]
    assert np.abs(found - expected).max() <= INFERENCE
    archive = keras.export.ExportArchive()
    archive.track(whole)

    def serve(*arrays):
        return whole(dict(zip(x, arrays, strict=True)), training=False)[logits]

    specs = [tf.TensorSpec(a.shape, a.dtype, name=n) for n, a in x.items()]
    archive.add_endpoint("serve", serve, specs)
    archive.write_out(str(tmp_path / "out"), verbose=False)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "out"))
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        (array,) = (a for n, a in x.items() if f"_{n}:" in detail["name"])
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    assert np.abs(found - expected).max() <= INFERENCE


def edited(path, name, change):
    """A copy of a checkpoint whose graph has a placeholder of another shape."""
    prefix = str(path / "model.ckpt-1")
    for end in (".index", ".data-00000-of-00001"):
        shutil.copy(checkpoint(name) + end, prefix + end)
    with open(checkpoint(name) + ".meta", "rb") as stream:
        meta = meta_graph_pb2.MetaGraphDef.FromString(stream.read())
    for node in meta.graph_def.node:
        node.attr.pop("_output_shapes", None)
        if node.name in change:
            shape = node.attr["shape"].shape
            shape.Clear()
            shape.unknown_rank = change[node.name] is None
            for size in change[node.name] or ():
                shape.dim.add(size=size)
    with open(prefix + ".meta", "wb") as stream:
        stream.write(meta.SerializeToString())
    return prefix


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (None, "placeholder x .* has no known shape"),
        ((), "placeholder x .* is one number"),
        ((-1, 4), r"expected a tensor \[batch, steps, features\].*x of shape"),
    ],
)
def test_shapes_that_a_layer_needs_are_asked_for(shape, text, tmp_path):
    source = edited(tmp_path, "regularised", {"x": shape})
    with pytest.raises(MigrateError, match=text):
        migrate.model(source, outputs=["top/logits"])


def test_open_shapes_are_enough_where_layers_need_no_more(tmp_path):
    source = edited(tmp_path, "regularised", {"x": (-1, -1, -1)})
    _, record = made("regularised", outputs=["top/logits"])
    whole = migrate.model(source, outputs=["top/logits"])
    found = whole(given(whole, record))["top/logits"]
    assert np.abs(found - record.outputs(False)["top/logits"]).max() <= INFERENCE


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"outputs": ["logits:1"]}, "logits:1 is no tensor"),
        ({"outputs": []}, "outputs to be names of tensors .* Received: none"),
        ({"outputs": "logit"}, "no tensor logit;"),
        ({"training": True}, "boolean placeholder .* True, which is no placeholder"),
        ({"outputs": ["is_training"]}, "is_training .* depends on no input"),
        (
            {"feeds": {"words": 1}},
            r"words .* takes the shape \[any, 6\]. Received: \[\]",
        ),
        ({"feeds": {"is_training": "no"}}, "is_training .* takes bool"),
        (
            {"training": "words"},
            "boolean placeholder .* words, .* placeholder of int32",
        ),
    ],
)
def test_bad_arguments_are_one_sentence(options, text):
    with pytest.raises(MigrateError, match=text) as raised:
        migrate.model(checkpoint("layers"), **{"outputs": ["logits"], **options})
    assert "\n" not in str(raised.value)


def test_a_tensor_inside_a_loop_is_no_output():
    with pytest.raises(MigrateError, match="is inside a loop and has a value in each"):
        migrate.model(checkpoint("decoder"), outputs=["rnn/while/Identity_1"])


def test_a_graph_without_its_checkpoint_is_said_to_be_one(tmp_path):
    path = tmp_path / "model.ckpt-1.meta"
    shutil.copy(checkpoint("layers") + ".meta", path)
    with pytest.raises(MigrateError, match=r"graph without values.*checkpoint"):
        migrate.model(os.fspath(path))


SCRIPT = """
import tensorflow as tf

class WithoutBias(tf.nn.rnn_cell.RNNCell):
    state_size, output_size = tf.nn.rnn_cell.LSTMStateTuple(4, 4), 4

    def __call__(self, x, state, scope=None):
        with tf.variable_scope(scope or "lstm"):
            w = tf.get_variable("w", [7, 16])
        i, j, f, o = tf.split(tf.matmul(tf.concat([x, state.h], 1), w), 4, 1)
        c = state.c * tf.sigmoid(f) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        return h, tf.nn.rnn_cell.LSTMStateTuple(c, h)

x = tf.placeholder(tf.float32, [None, 5, 3], name="x")
y, _ = tf.nn.dynamic_rnn(WithoutBias(), x, dtype=tf.float32, scope="a")
_, h = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), y, dtype=tf.float32, scope="b")
tf.layers.dense(h, 2, name="head")
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    tf.train.Saver().save(session, "model.ckpt", 1)
"""


@pytest.mark.slow
def test_a_cell_that_keras_trains_otherwise_is_named(tmp_path, capsys):
    (tmp_path / "script.py").write_text(SCRIPT)
    legacy_process.succeeded(legacy_process.legacy("script.py", cwd=tmp_path))
    out = tmp_path / "out.keras"
    assert main(["model", str(tmp_path / "model.ckpt-1"), str(out)]) == 0
    told = capsys.readouterr().out.partition("decided:")[2]
    assert told.count("an optimizer's step moves it otherwise") == 1
    assert "a/lstm is a" in told  # its Keras layer has a bias more
    rnns = [
        x
        for x in keras.models.load_model(out).layers
        if isinstance(x, keras.layers.RNN)
    ]
    counts = {layer.name: layer.count_params() for layer in rnns}
    assert counts == {"a_lstm": 7 * 16 + 16, "b_gru_cell": 8 * 8 + 8 + 8 * 4 + 4}
