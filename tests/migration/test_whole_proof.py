"""Whole models: the proof of them, the way back, and training that goes on.

The references are what real TensorFlow recorded, and the user's own graph in a session.
"""

import hashlib
import os
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import migrate
from bnlstm_compat import BNLSTM, diagnose, recalibrate
from helpers import workers
from helpers.places import SHARED
from helpers.recorded_graphs import MODELS, Record, folder
from migrate.bits import same_bits
from migrate.cli.main import main
from migrate.graph.open import open_source
from migrate.graph.session import UserGraph
from migrate.models.graph_part import GraphPart

SMALL = "tf-1.15.5/conv_gru"
SETTINGS = "tf-1.15.5/settings"
GRAPHS = SHARED / "graphs"
PYTHON = os.environ.get("REAL_TF1", "")
# Measured: 1.3e-6 for tf-1.0.0/sleep, else below 5e-7.
GRADIENTS = 3e-6
# Measured: 2.4e-7 of the losses; 1.2e-7 of the outputs.
LOSSES, OUTPUTS = 2e-6, 6e-7


def slow(names, *fast):
    marks = [pytest.mark.slow]
    return [pytest.param(n, marks=[] if n in fast else marks) for n in names]


def checkpoint(name):
    return str(folder(name) / "model.ckpt-40")


def recorded(name):
    return Record(folder(name) / "record.npz")


def given(model, feeds):
    return {name: array for name, array in feeds.items() if name in model.input}


@pytest.fixture(scope="module")
def made():
    """A function from the name of a recording to its whole model, made once."""
    models = {}

    def get(name):
        if name not in models:
            models[name] = migrate.model(checkpoint(name))
        return models[name]

    return get


def copy_of(model):
    twin = keras.Model.from_config(model.get_config())
    twin.set_weights(model.get_weights())
    return twin


# The proof


@pytest.mark.parametrize(
    "name",
    slow(["tf-0.12.1/sleep", "tf-1.0.0/sleep", "tf-1.15.5/attention", SMALL], SMALL),
)
def test_the_graphs_gradients_are_those_that_real_tensorflow_recorded(name):
    """The reference of the proof, by the record: of three releases, through loops of
    known and of other cells, conds in loops, and conds outside."""
    source, record = open_source(checkpoint(name)), recorded(name)
    loss, by = record.meta["loss"], source.graph.collections["trainable_variables"]
    with UserGraph(source.graph, source, seconds=200) as graph:
        found, _ = graph.run_whole(
            record.feeds(True), [loss], True, of={loss: np.float32(1)}, by=by
        )
    expected = record._below("grad|")
    assert set(expected) == set(by)
    for variable, gradient in expected.items():
        assert np.abs(found[variable] - gradient).max() <= GRADIENTS, variable


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_equal_to_its_graph(name, made):
    proof = migrate.verify(checkpoint(name), made(name))
    assert proof.equal(), proof
    assert proof.by_graph
    # Of healthy models a factor is left.
    assert max(m.excess for of in proof.measures.values() for m in of.values()) < 0.5
    assert proof.measures["inference"]
    assert proof.measures["training"]
    assert proof.measures["gradients"]
    assert not proof.skipped


def test_the_command_tells_equal_from_different(tmp_path, capsys):
    """And what it says; on random input and on the user's data."""
    out, data = str(tmp_path / "out.keras"), str(tmp_path / "data.npz")
    assert main(["model", checkpoint(SMALL), out]) == 0
    np.savez(data, x=recorded(SMALL).feeds(False)["x"])
    capsys.readouterr()
    assert main(["verify", checkpoint(SMALL), out, "--data", data]) == 0
    said = capsys.readouterr().out
    for words in (
        "probabilities",
        "gradients of 20 variables",
        "4 variables after training",
        "same bits",
        "Equal: the model against your graph model.ckpt-40.meta",
        "on random input and on your data",
    ):
        assert words in said, said
    model = keras.models.load_model(out)
    (weight,) = [w for w in model.weights if w.path == "dense/weights"]
    array = weight.numpy()
    array.view(np.uint32)[0, 0] ^= 1  # the lowest bit of one number
    weight.assign(array)
    model.save(out)
    page = tmp_path / "proof.html"
    assert main(["verify", checkpoint(SMALL), out, "--report", str(page)]) == 1
    said = capsys.readouterr().out
    written = page.read_text(encoding="utf-8")
    digest = hashlib.sha256(Path(out).read_bytes()).hexdigest()
    for words in ("Different", "the bits of dense/weights differ", "--report", digest):
        assert words in written
    assert "your" not in written  # it is for others
    assert "The bits differ in dense/weights" in said
    assert "Different" in said


@keras.saving.register_keras_serializable(package="tests")
class WrongGradient(keras.layers.Layer):
    """Changes nothing but the gradient."""

    def call(self, inputs):
        @tf.custom_gradient
        def run(x):
            return tf.identity(x), lambda gradient: 1.001 * gradient

        return run(inputs)


def _swapped(model):
    """Two weights of one shape change places."""
    first, second = (
        next(w for w in layer.weights if w.name == "recurrent_kernel")
        for layer in model.layers
        if isinstance(layer, keras.layers.GRU)
    )
    one = first.numpy()
    first.assign(second.numpy())
    second.assign(one)
    return model


def _new_head(model):
    head = keras.layers.Dense(4, name="head")(model.output["probabilities"])
    return keras.Model(model.input, {"probabilities": head})


def _wrong_gradient(model):
    end = WrongGradient()(model.output["probabilities"])
    return keras.Model(model.input, {"probabilities": end})


def _no_updates(model):
    for layer in model.layers:
        if isinstance(layer, GraphPart):
            for part in layer._functions.graphs:
                part["also"] = []
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 1.0
    return model


def _frozen(model):
    next(x for x in model.layers if isinstance(x, keras.layers.GRU)).trainable = False
    return model


DAMAGES = {
    "swapped weights": (_swapped, "inference"),
    "a new head": (_new_head, "inference"),
    "a wrong gradient": (_wrong_gradient, "gradients"),
    "no updates": (_no_updates, "statistics"),
    "a frozen layer": (_frozen, None),
}


@pytest.mark.parametrize("damage", slow(DAMAGES, "a wrong gradient"))
def test_damages_are_different(damage, made):
    change, kind = DAMAGES[damage]
    proof = migrate.verify(checkpoint(SMALL), change(copy_of(made(SMALL))))
    assert not proof.equal()
    kinds = {kind for kind, _ in proof.beyond()}
    if kind in ("gradients", "statistics"):
        assert kinds == {kind}
    elif kind:
        assert kind in kinds
    else:
        assert "trained in the graph, and not in the model" in str(proof)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "value", "kind"),
    [
        ("epsilon", 1e-5, "inference"),
        ("momentum", 0.95, "statistics"),
        ("activation", keras.activations.tanh, "inference"),
    ],
)
def test_other_options_of_a_cell_are_different(option, value, kind, made):
    model = copy_of(made(SETTINGS))
    (layer,) = [each for each in model.layers if isinstance(each, BNLSTM)]
    setattr(layer.cell, option, value)
    proof = migrate.verify(checkpoint(SETTINGS), model)
    assert not proof.equal()
    assert kind in {kind for kind, _ in proof.beyond()}


@pytest.mark.slow
def test_another_switch_and_other_feeds_are_different():
    """The proof goes by the graph and by what it is told, not by the model."""
    source = checkpoint(SMALL)
    model = migrate.model(source, training="not is_training")
    assert not migrate.verify(source, model).equal()
    assert migrate.verify(source, model, training="not is_training").equal()
    source = checkpoint("tf-1.15.5/sleep")
    model = migrate.model(source, feeds={"dropout_keep_prob": (0.5, 1.0)})
    kinds = {kind for kind, _ in migrate.verify(source, model).beyond()}
    assert kinds == {"inference"}
    source = checkpoint("tf-1.15.5/language")
    model = migrate.model(source)
    proof = migrate.verify(source, model, feeds={"keep": (1.0, 0.5)})
    assert proof.equal()
    assert not proof.measures["training"]
    assert "training: the graph draws random numbers" in str(proof)


def test_what_cannot_be_verified_is_one_sentence(tmp_path, capsys, made):
    made(SMALL).save(tmp_path / "small.keras")
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(
        tmp_path / "other.keras"
    )
    (tmp_path / "text.keras").write_text("no model")
    np.savez(tmp_path / "data.npz", y=np.zeros(3))
    small, other = str(tmp_path / "small.keras"), str(tmp_path / "other.keras")
    for words, text in (
        (["verify", checkpoint(SETTINGS), small], "model that migrate.model made"),
        (["verify", checkpoint(SMALL), other], "holds none of its variables"),
        (["verify", checkpoint(SMALL), str(tmp_path / "no.keras")], "no.keras"),
        (["verify", checkpoint(SMALL), str(tmp_path / "text.keras")], "text.keras"),
        (["verify", checkpoint(SMALL), small, "--no-graph"], "has no graph"),
        (
            ["verify", checkpoint(SMALL), small, "--training", "x"],
            "boolean placeholder",
        ),
        (
            ["verify", checkpoint(SMALL), small, "--data", str(tmp_path / "data.npz")],
            "has no placeholder y",
        ),
        (["verify", checkpoint(SMALL), str(tmp_path), "--feed", "a=1"], "whole model"),
        (["revert", small, str(tmp_path / "new")], "--source"),
        (
            ["revert", other, str(tmp_path / "new"), "--source", checkpoint(SMALL)],
            "holds none of its variables",
        ),
        (
            ["revert", str(tmp_path), str(tmp_path / "new"), "--source", "x"],
            "a .keras file",
        ),
    ):
        assert main(words) == 2
        error = capsys.readouterr().err
        assert len(error.splitlines()) == 1
        assert text in error, error
    assert not list(tmp_path.glob("new*"))


# The way back


@pytest.mark.parametrize("name", slow(MODELS, SMALL))
def test_an_unchanged_model_goes_back_to_the_same_bits(name, made, tmp_path):
    source, prefix = open_source(checkpoint(name)), str(tmp_path / "again-41")
    reverted = migrate.revert(made(name), prefix, source=source)
    again = open_source(prefix)
    assert list(again) == list(source)
    assert not reverted.changed
    assert all(same_bits(again[variable], source[variable]) for variable in source)


def _trained(name):
    """A model after three steps on its recorded data, and its outputs."""
    model, feeds = migrate.model(checkpoint(name)), recorded(name).feeds(False)
    optimizer = keras.optimizers.Adam(1e-2)
    feeds = given(model, feeds)
    for _ in range(3):
        with tf.GradientTape() as tape:
            outputs = model(feeds, training=True)
            loss = sum(
                tf.reduce_mean(tf.square(y - 1))
                for y in outputs.values()
                if y.dtype == tf.float32
            )
        weights = model.trainable_weights
        optimizer.apply_gradients(
            zip(tape.gradient(loss, weights), weights, strict=True)
        )
    return model, {n: y.numpy() for n, y in model(feeds, training=False).items()}


def test_the_old_graph_restores_a_model_that_was_trained_on(tmp_path, capsys):
    model, expected = _trained(SMALL)
    out, prefix = str(tmp_path / "tuned.keras"), str(tmp_path / "tuned-43")
    model.save(out)
    assert main(["revert", out, prefix, "--source", checkpoint(SMALL)]) == 0
    assert "have changed" in capsys.readouterr().out
    meta = checkpoint(SMALL) + ".meta"
    source, record = open_source(prefix, meta), recorded(SMALL)
    with UserGraph(source.graph, source) as graph:
        found, _ = graph.run_whole(record.feeds(False), list(expected))
    before = record.outputs(False)
    for tensor, value in expected.items():
        assert np.abs(found[tensor] - value).max() <= OUTPUTS
        assert np.abs(before[tensor] - value).max() > 1e-2
    # What the model does not hold is as it was.
    old = open_source(checkpoint(SMALL))
    assert same_bits(source["global_step"], old["global_step"])
    slots = [name for name in old if "/Adam" in name]
    assert slots
    assert all(same_bits(source[name], old[name]) for name in slots)


@pytest.mark.slow
@pytest.mark.tf1
@pytest.mark.parametrize("name", [SMALL, "tf-1.15.5/sleep"])
def test_real_tensorflow_restores_a_model_that_was_trained_on(name, tmp_path):
    model, expected = _trained(name)
    prefix, feeds = str(tmp_path / "tuned-43"), str(tmp_path / "feeds.npz")
    migrate.revert(model, prefix, source=checkpoint(name))
    np.savez(
        feeds,
        **{n.replace("/", "\\"): a for n, a in recorded(name).feeds(False).items()},
    )
    wanted = str(tmp_path / "found.npz")
    meta = checkpoint(name) + ".meta"
    workers.run("graph_worker", meta, prefix, feeds, wanted, *expected, python=PYTHON)
    with np.load(wanted) as found:
        for tensor, value in expected.items():
            assert np.abs(found[tensor.replace("/", "\\")] - value).max() <= OUTPUTS


# Training goes on


@pytest.mark.parametrize("name", slow(MODELS, SMALL, "tf-1.15.5/gamma_beta"))
def test_the_next_five_losses_are_those_that_real_tensorflow_recorded(name):
    record = recorded(name)
    loss = record.meta["loss"]
    model = migrate.model(checkpoint(name), outputs=[loss])
    optimizer = keras.optimizers.Adam(5e-3, epsilon=1e-8)
    if name.endswith("language"):
        optimizer = keras.optimizers.SGD(0.5)
    assert migrate.load_optimizer(optimizer, model, checkpoint(name)) is optimizer
    assert optimizer.iterations.numpy() == 40
    feeds, weights = given(model, record.feeds(True)), model.trainable_weights

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            value = model(feeds, training=True)[loss]
        gradients = tape.gradient(value, weights)
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return value

    found = [step().numpy() for _ in range(5)]
    assert np.abs(found - record._arrays["losses"]).max() <= LOSSES


def test_an_optimizer_that_cannot_go_on_says_why(made):
    model = made(SMALL)
    with pytest.raises(migrate.LoadError, match=r"RMSProp.*Adam"):
        migrate.load_optimizer(keras.optimizers.RMSprop(), model, checkpoint(SMALL))
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(migrate.MigrateError, match=r"model that migrate.model made"):
        migrate.load_optimizer(keras.optimizers.Adam(), other, checkpoint(SMALL))


# Uses


def _random_batch(model, record):
    """A batch of the recorded shapes with random numbers; the first output that is a
    number; random targets of it."""
    rng = np.random.default_rng(0)
    feeds = given(model, record.feeds(False))
    feeds = {
        name: rng.standard_normal(array.shape).astype(array.dtype)
        if array.dtype == np.float32
        else array
        for name, array in feeds.items()
    }
    outputs = model(feeds)
    name = next(n for n, y in outputs.items() if y.dtype == tf.float32)
    return feeds, name, rng.standard_normal(outputs[name].shape).astype(np.float32)


def _fit_lowers_the_loss(model, feeds, targets):
    model.compile(keras.optimizers.Adam(1e-2), "mse", jit_compile=False)
    batch = tf.data.Dataset.from_tensors((feeds, targets))
    losses = model.fit(batch, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_fit_lowers_the_loss_and_statistics_are_found(name):
    model = migrate.model(checkpoint(name))
    feeds, output, targets = _random_batch(model, recorded(name))
    one = keras.Model(model.input, {output: model.output[output]})
    _fit_lowers_the_loss(one, feeds, {output: targets})
    layers = [layer for layer in model.layers if isinstance(layer, BNLSTM)]
    if layers:
        tables = [layer.cell.input_moving_mean.numpy() for layer in layers]
        with warnings.catch_warnings(action="ignore"):  # few sequences
            recalibrate(model, tf.data.Dataset.from_tensors(feeds), verbose=0)
        for layer, table in zip(layers, tables, strict=True):
            assert not np.array_equal(layer.cell.input_moving_mean.numpy(), table)
        assert len(diagnose(model)) == len(layers)


@pytest.mark.parametrize("name", slow([SMALL, "tf-1.15.5/sleep"], SMALL))
def test_a_model_with_a_new_head_trains(name):
    model = migrate.model(checkpoint(name))
    feeds, output, targets = _random_batch(model, recorded(name))
    head = keras.layers.Dense(targets.shape[-1], name="head")(model.output[output])
    _fit_lowers_the_loss(keras.Model(model.input, head), feeds, targets)


@pytest.mark.slow
@pytest.mark.shared("graphs")
@pytest.mark.parametrize(
    ("name", "file", "outputs"),
    [
        (SMALL, "saved_model", None),
        (SMALL, "frozen.pb", ["logits"]),
        ("tf-1.15.5/language", "frozen.pb", ["logits"]),
    ],
)
def test_other_sources_are_verified_and_go_back(name, file, outputs, tmp_path):
    path = folder(name) / file
    if not path.exists():
        path = GRAPHS / name / file
    model = migrate.model(path, outputs=outputs)
    proof = migrate.verify(path, model)
    assert proof.equal(), proof
    assert bool(proof.measures["gradients"]) == (file == "saved_model")
    source, prefix = open_source(path), str(tmp_path / "again-41")
    migrate.revert(model, prefix, source=path)
    again = open_source(prefix)
    assert all(same_bits(again[variable], source[variable]) for variable in source)
