"""``BNLSTM`` as people run it, and its step path, against real TensorFlow."""

import functools

import keras
import pytest
import tensorflow as tf

import migrate
from helpers import recorded as goldens
from helpers import recorded_layers as golden_model
from migrate.cells import networks

# Compiling a model takes five seconds and more: of these, it is fast.
COMPILED_FIRST = {"basic"}
# These are other scenarios in another file format, or with another first row.
ALIKE = {"v1_format", "sharded", "variable_length_row0_longest"}


def _cases():
    for version, name in goldens.ALL:
        for mode in golden_model.MODES:
            fast = {"jit": name in COMPILED_FIRST, "function": name not in ALIKE}
            fast = fast.get(mode, True) and version == goldens.LAST
            marks = () if fast else pytest.mark.slow
            yield pytest.param(version, name, mode, marks=marks)


@functools.cache
def model(name, mode):
    """One model for the goldens of all versions, so that it is compiled once."""
    return golden_model.Model(name, mode)


@pytest.mark.parametrize(("version", "name", "mode"), list(_cases()))
def test_every_pass_from_the_start(version, name, mode):
    golden, layers = goldens.load(version, name), model(name, mode)
    layers.set_weights(golden.weights())

    outputs, states, loss, gradients = layers.run(golden, False)
    goldens.check_pass(golden, "inference", goldens.INFERENCE, outputs, states)
    goldens.check_gradients(golden, "inference", gradients)
    worst = goldens.difference(loss, golden["out|inference|loss"])
    goldens.within(worst, goldens.INFERENCE, "loss")

    outputs, states, _, _ = layers.run(golden, True)
    goldens.check_pass(golden, "train", goldens.TRAINING, outputs, states)
    goldens.check_statistics(
        golden, "v_after_one_pass", goldens.STATISTICS, layers.statistics(golden)
    )

    _, _, loss, gradients = layers.run(golden, True)
    worst = goldens.difference(loss, golden["out|train|loss"])
    goldens.within(worst, goldens.TRAINING, "loss")
    goldens.check_gradients(golden, "train", gradients)

    if golden.meta["adam_steps"]:
        losses = layers.adam(golden)
        worst = goldens.difference(losses, golden["out|adam|losses"])
        goldens.within(worst, goldens.ADAM_LOSSES)
    _check_end(golden, layers)


def _check_end(golden, layers):
    mine = layers.statistics(golden)
    tables = [golden.without_race(mine[n]) for n in goldens.statistics_of(golden)]
    allowed = golden_model.tolerance_after_adam(golden)
    for table, expected in zip(
        tables, goldens.statistics_in_checkpoint(golden), strict=True
    ):
        goldens.within_after_adam(goldens.difference(table, expected), allowed)
    if golden.raced_row() is None:
        outputs, states, _, _ = layers.run(golden, False)
        goldens.check_pass(golden, "final", goldens.TRAINING, outputs, states)


@pytest.mark.parametrize(("version", "name", "mode"), list(_cases()))
def test_final_from_the_checkpoint(version, name, mode):
    golden, layers = goldens.load(version, name), model(name, mode)
    read = migrate.read(golden.checkpoint)
    layers.set_weights([read[cell.scope] for cell in golden.rnn.cells])
    outputs, states, _, _ = layers.run(golden, False)
    goldens.check_pass(golden, "final", goldens.INFERENCE, outputs, states)


@pytest.mark.parametrize(("version", "name"), goldens.LAST_FIRST)
def test_step_path(version, name):
    """``BNLSTMCell`` in Keras's own loop, which also calls the cell to probe it."""
    golden, layers = goldens.load(version, name), model(name, "eager")
    if golden.rnn.kind == networks.BIDIRECTIONAL and golden.lengths is not None:
        pytest.skip("Keras's loop does not reverse within lengths; see test_bits.py")
    loops = [
        keras.layers.RNN(
            cell, return_sequences=True, return_state=True, zero_output_for_mask=True
        )
        for cell in layers.cells
    ]
    if golden.rnn.kind == networks.BIDIRECTIONAL:
        loops[1].go_backwards = True
    for training, key in ((False, "inference"), (True, "train")):
        layers.set_weights(golden.weights())
        tolerance = goldens.TRAINING if training else goldens.INFERENCE
        x, states, outputs = golden.x, [], []
        for loop in loops:
            y, *last = loop(
                x,
                mask=golden.mask,
                initial_state=golden.initial_state(),
                training=training,
            )
            states.append(dict(zip(("h", "c", "step"), last, strict=True)))
            outputs.append(y)
            if golden.rnn.kind == networks.STACK:
                x = y
        y = outputs[-1]
        if golden.rnn.kind == networks.BIDIRECTIONAL:
            y = tf.concat([outputs[0], tf.reverse(y, [1])], axis=2)
        goldens.check_pass(golden, key, tolerance, y, states)
    goldens.check_statistics(
        golden, "v_after_one_pass", goldens.STATISTICS, layers.statistics(golden)
    )
