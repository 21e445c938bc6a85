"""Whole graphs as Keras models, against what real TensorFlow recorded."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import migrate
from bnlstm_compat import BNLSTM, diagnose, recalibrate
from helpers.fresh import fresh
from helpers.places import SHARED
from helpers.recorded_graphs import MODELS, Record, folder
from migrate.cells.values import merged_variables, v1_variables
from migrate.cli.main import main
from migrate.graph.inventory import inventory
from migrate.graph.open import open_source
from migrate.models.cells import weights_of

GRAPHS = SHARED / "graphs" / "tf-1.15.5"
FAST = {"tf-1.15.5/conv_gru", "tf-1.15.5/settings"}
# Loops that are no known cell: they run as loops.
LOOPS = {"tf-1.15.5/attention", "tf-1.15.5/hard_gates", "tf-1.15.5/peephole"}
# Several steps of these update one row of the statistics: a race in TensorFlow 1.
RACES = {"tf-1.15.5/" + n for n in ("few_rows", "gamma_beta", "shared_forget_bias")}
# Measured: 3.6e-7 in inference, 4.0e-7 in training.
INFERENCE, TRAINING = 6e-7, 3e-6
# Of the larger of 1 and the value. Measured: 1.2e-7; of gradients 1.1e-6.
STATISTICS, GRADIENTS = 3e-7, 3e-6
MARKED = [
    pytest.param(name, marks=[pytest.mark.slow] * (name not in FAST)) for name in MODELS
]


def checkpoint(name):
    return str(folder(name) / "model.ckpt-40")


def made(name, **options):
    record = Record(folder(name) / "record.npz")
    whole = migrate.model(checkpoint(name), **options)
    return whole, record


def given(whole, record, training):
    return {n: a for n, a in record.feeds(training).items() if n in whole.input}


def by_old_name(name, whole, arrays_of):
    """Arrays of a model's weights under the names of the checkpoint: those of the
    operations by their paths, those of the layers by the layouts."""
    found = {
        weight.path: array
        for layer in whole.layers
        if hasattr(layer, "old")
        for weight, array in zip(layer.old, arrays_of(layer.old), strict=True)
    }
    source = open_source(checkpoint(name))
    for cell in inventory(source).cells:
        label = cell.scope.replace("/", "_")
        if label in [layer.name for layer in whole.layers]:
            layer = whole.get_layer(label)
            before = [weight.numpy() for weight in layer.weights]
            for weight, array in zip(
                layer.weights, arrays_of(layer.weights), strict=True
            ):
                weight.assign(array)
            found |= v1_variables(cell, weights_of(layer.cell))
            for weight, array in zip(layer.weights, before, strict=True):
                weight.assign(array)
    return found


@pytest.mark.parametrize("name", MARKED)
def test_a_whole_model_gives_what_real_tensorflow_recorded(name):
    outputs = Record(folder(name) / "record.npz").meta["outputs"]
    whole, record = made(name, outputs=outputs)
    for training, tolerance in ((False, INFERENCE), (True, TRAINING)):
        found = whole(given(whole, record, training), training=training)
        expected = record.outputs(training)
        assert set(found) == set(expected)
        for tensor, value in expected.items():
            assert np.abs(found[tensor].numpy() - value).max() <= tolerance, tensor
    moved = by_old_name(name, whole, lambda ws: [w.numpy() for w in ws])
    for variable, value in record.statistics.items() if name not in RACES else ():
        error = np.abs(moved[variable] - value) / np.maximum(1, np.abs(value))
        assert error.max() <= STATISTICS, variable
    kept = [layer for layer in whole.layers if isinstance(layer, keras.layers.RNN)]
    assert bool(kept) == (name not in LOOPS)
    assert not any("optimizer" in text for text in whole.decided)  # all train alike


@pytest.mark.parametrize("name", MARKED)
def test_a_gradient_reaches_every_weight(name):
    loss = Record(folder(name) / "record.npz").meta["loss"]
    whole, record = made(name, outputs=[loss])
    with tf.GradientTape() as tape:
        value = whole(given(whole, record, True), training=True)[loss]
    gradients = tape.gradient(value, whole.trainable_weights)
    assert None not in gradients
    found = {id(w): g for w, g in zip(whole.trainable_weights, gradients, strict=True)}
    arrays = by_old_name(
        name,
        whole,
        lambda ws: [
            np.asarray(tf.convert_to_tensor(found.get(id(w), np.zeros(w.shape, "f"))))
            for w in ws
        ],
    )
    # Offsets that were added up have one gradient in Keras, that of the sum.
    cells = inventory(open_source(checkpoint(name))).cells
    merged = {variable for cell in cells for variable in merged_variables(cell)}
    expected = record._below("grad|")
    expected = {n: g for n, g in expected.items() if n not in merged}
    assert expected
    for variable, value in expected.items():
        assert np.abs(arrays[variable] - value).max() <= GRADIENTS, variable


@pytest.mark.parametrize("name", MARKED)
def test_saved_and_loaded_it_gives_the_same_bits(name, tmp_path):
    whole, record = made(name)
    whole.save(tmp_path / "whole.keras")
    again = keras.models.load_model(tmp_path / "whole.keras")
    feeds = given(whole, record, False)
    for tensor, value in whole(feeds).items():
        assert np.array_equal(value, again(feeds)[tensor])
    assert [w.path for w in again.weights] == [w.path for w in whole.weights]


SERVE = """
import os, sys
for name in ("migrate", "legacy", "bnlstm_compat", "keras"):
    sys.modules[name] = None
import numpy as np, tensorflow as tf
for name in os.listdir("."):
    loaded = tf.saved_model.load(name)
    served = loaded.serve(dict(np.load(name + "/given.npz")))
    np.savez(name + "/served.npz", **served)
"""
SERVED = ("1.15.5/conv_gru", "1.15.5/gamma_beta", "1.15.5/language", "1.15.5/peephole")
SERVED = (*SERVED, "1.15.5/unrolled_comment", "0.12.1/sleep")


@pytest.mark.slow
def test_exported_it_is_served_without_this_package(tmp_path):
    records = {}
    for number, name in enumerate(SERVED):
        whole, record = made(f"tf-{name}")
        whole.export(tmp_path / str(number), verbose=False)
        np.savez(tmp_path / str(number) / "given.npz", **given(whole, record, False))
        records[tmp_path / str(number) / "served.npz"] = record.outputs(False)
    fresh(SERVE, cwd=tmp_path)
    for path, expected in records.items():
        served = np.load(path)
        assert served.files
        for tensor in served.files:
            error = np.abs(served[tensor] - expected[tensor]).max()
            assert error <= INFERENCE, (path, tensor)


@pytest.mark.slow
def test_it_trains_and_its_statistics_are_found():
    whole, record = made("tf-1.15.5/settings", outputs=["logits"])
    x, y = record.feeds(False)["x"], record.feeds(False)["input_y"]
    head = keras.layers.Dense(4, name="new_head")(whole.output["logits"])
    for one, target in ((whole, {"logits": y}), (keras.Model(whole.input, head), y)):
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        one.compile(keras.optimizers.Adam(1e-2), loss)
        history = one.fit({"x": x}, target, epochs=8, batch_size=8, verbose=0)
        assert history.history["loss"][-1] < history.history["loss"][0]
    (layer,) = [each for each in whole.layers if isinstance(each, BNLSTM)]
    before = layer.cell.input_moving_mean.numpy()
    recalibrate(whole, x, verbose=0)
    assert not np.array_equal(layer.cell.input_moving_mean.numpy(), before)
    assert diagnose(whole) is not None


def test_the_only_input_may_be_bare(tmp_path, recwarn):
    whole, record = made("tf-1.15.5/settings")
    x, y = record.feeds(False)["x"], record.feeds(False)["input_y"]
    expected = whole({"x": x})["probabilities"]
    whole.compile("adam", "categorical_crossentropy", run_eagerly=True)
    whole.save(tmp_path / "whole.keras")
    for one in (whole, keras.models.load_model(tmp_path / "whole.keras")):
        for given in (x, tf.constant(x), [x]):
            assert np.array_equal(one(given)["probabilities"], expected)
        larger = keras.Sequential([keras.Input(x.shape[1:]), one])
        assert np.array_equal(larger(x)["probabilities"], expected)
        found = one.predict(x, verbose=0)["probabilities"]
        assert np.abs(found - expected).max() <= INFERENCE
        one.fit(x, y, verbose=0)
    assert not [w for w in recwarn if "structure" in str(w.message)]


@pytest.mark.shared("graphs")
@pytest.mark.parametrize("source", ["frozen.pb", "saved_model"])
def test_a_frozen_graph_and_a_saved_model_are_sources(source):
    path = GRAPHS / "conv_gru"
    record = Record(path / "record.npz")
    switch = {} if source == "saved_model" else {"outputs": ["logits"]}
    whole = migrate.model(path / source, **switch)
    found = whole({"x": record.feeds(False)["x"]})
    ((tensor, value),) = found.items()
    assert np.abs(value - record.outputs(False)[tensor]).max() <= INFERENCE


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--outputs", "probabilites"], "no tensor probabilites.*probabilities"),
        (["--training", "x"], "boolean placeholder.*x.*float32"),
        (["--feed", "nobody=1"], "no placeholder nobody"),
        (["--feed", "x"], "expected NAME=VALUE"),
        (["--no-graph"], "has no graph"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(options, text, tmp_path, capsys):
    out = tmp_path / "deep" / "out.keras"
    command = ["model", checkpoint("tf-1.15.5/settings"), str(out), *options]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert re.search(text, error), error
    assert not out.parent.exists()


def test_the_command_writes_a_model_and_says_what_it_is(tmp_path, capsys):
    out = tmp_path / "out.keras"
    assert main(["model", checkpoint("tf-1.15.5/settings"), str(out)]) == 0
    shown = capsys.readouterr().out
    for text in ("x", "probabilities", "BNLSTM", "training switch: is_training"):
        assert text in shown
    assert set(keras.models.load_model(out).output) == {"probabilities"}
    assert main(["model", checkpoint("tf-1.15.5/settings"), str(out)]) == 2
    assert "exists" in capsys.readouterr().err
