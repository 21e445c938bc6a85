"""The private names of Keras and TensorFlow: all are there, and their loss is told."""

import importlib.util
import re
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from bnlstm_compat import keras_private
from bnlstm_compat.statistics.find import layers_in

PACKAGE = Path(keras_private.__file__).parent
# What a release, or an installation, need not have.
OPTIONAL = {"keras.src.export.litert", "tf2onnx"}


def test_every_private_name_is_there():
    assert isinstance(keras_private.DropoutRNNCell, type)
    dense = keras.layers.Dense(1)
    assert keras_private.layers_inside(keras.Sequential([dense]))[-1] is dense
    assert keras_private._loop_of_keras() == ("keras.src.backend.tensorflow.rnn", "rnn")
    with tf.GradientTape() as tape:
        x = tf.constant(1.0)
        assert not keras_private.watched(x)
        tape.watch(x)
        assert keras_private.watched(x)
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        made = tf.Variable(1.0)
    assert keras_private.strategy_of(made).num_replicas_in_sync == 1
    assert keras_private.strategy_of(tf.Variable(1.0)) is None


@pytest.mark.parametrize("module", keras_private.EXPORTERS)
def test_every_exporter_is_there(module):
    there = importlib.util.find_spec(module) is not None
    assert there or module in OPTIONAL


def test_no_other_module_knows_private_names():
    private = re.compile(r"keras\.src|tensorflow\.python|\._layers\b|getframe")
    found = {
        path.name
        for path in PACKAGE.rglob("*.py")
        if private.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"keras_private.py"}


def said(name):
    """What the error for a missing name says."""
    return rf"keras {re.escape(keras.__version__)} has no {name}.*Install keras 3\.4\.1"


def test_a_missing_name_is_told():
    for module in ("keras.src.gone", "keras.src.layers"):
        with pytest.raises(ImportError, match=said(rf"{module}\.Gone, a private name")):
            keras_private.found(module, "Gone", "for a test")
    with pytest.raises(ImportError, match=said(r"keras\.layers\.Layer\._layers")):
        keras_private.layers_inside(object())


@pytest.mark.parametrize("what", ["masks", "probe", "loop"])
def test_a_changed_loop_is_told(monkeypatch, what):
    """When a cell is called in training: statistics would move in the probe."""
    loop = importlib.import_module("keras.src.backend.tensorflow.rnn")
    cell = importlib.import_module("bnlstm_compat").BNLSTMCell(2, 3)
    x, state = tf.zeros((2, 1)), cell.get_initial_state(2)
    cell.build(x.shape)
    if what == "masks":
        monkeypatch.delattr(keras.layers.RNN, "_maybe_config_dropout_masks")
        missing = r"keras\.src\.layers\.rnn\.rnn\.RNN\._maybe"
    elif what == "probe":
        monkeypatch.setattr(loop, "rnn", lambda unroll: None)
        missing = r"keras\.src\.backend\.tensorflow\.rnn\.rnn's variable output_time"
    else:
        monkeypatch.delattr(loop, "rnn")
        missing = r"keras\.src\.backend\.tensorflow\.rnn\.rnn,"
    keras_private._loop_of_keras.cache_clear()
    with pytest.raises(ImportError, match=said(missing)):
        cell(x, state, training=True)
    cell(x, state)  # has nothing to move
    monkeypatch.undo()
    cell(x, state, training=True)


def test_layers_come_in_their_order():
    first, second = keras.layers.Dense(1), keras.layers.Dense(2)
    model = keras.Sequential([keras.Input((3,)), first, second])
    assert [layer for layer in layers_in(model) if layer in (first, second)] == [
        first,
        second,
    ]
