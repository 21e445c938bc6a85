"""``BNLSTM`` as people run it, and its step path, against real TensorFlow."""

import functools
import itertools

import keras
import pytest
import tensorflow as tf

from helpers import recorded, recorded_layers
from migrate.cells import networks

# Compiling a model takes five seconds and more: of these, it is fast.
COMPILED_FIRST = {"basic"}
# These are other scenarios in another file format, or with another first row.
ALIKE = {"v1_format", "sharded", "variable_length_row0_longest"}


def _cases():
    # One model after the other, so that few processes compile the same.
    for name, mode, version in itertools.product(
        recorded.SCENARIOS, recorded_layers.MODES, recorded.VERSIONS
    ):
        fast = {"jit": name in COMPILED_FIRST, "function": name not in ALIKE}
        fast = fast.get(mode, True) and version == recorded.LAST
        marks = () if fast else pytest.mark.slow
        yield pytest.param(version, name, mode, marks=marks)


@functools.cache
def model(name, mode):
    """One model for the recordings of all versions, so that it is compiled once."""
    return recorded_layers.Model(name, mode)


@pytest.mark.parametrize(("version", "name", "mode"), list(_cases()))
def test_every_pass(version, name, mode):
    """From the start, and the last one from the checkpoint, too."""
    recording, layers = recorded.load(version, name), model(name, mode)
    recorded_layers.check_every_pass(recording, layers)
    _check_end(recording, layers)
    recorded_layers.check_final(recording, layers)


def _check_end(recording, layers):
    mine = layers.statistics(recording)
    tables = [
        recording.without_race(mine[n]) for n in recorded.statistics_of(recording)
    ]
    allowed = recorded_layers.tolerance_after_adam(recording)
    for table, expected in zip(
        tables, recorded.statistics_in_checkpoint(recording), strict=True
    ):
        recorded.within_after_adam(recorded.difference(table, expected), allowed)
    if recording.raced_row() is None:
        outputs, states, _, _ = layers.run(recording, False)
        recorded.check_pass(recording, "final", recorded.TRAINING, outputs, states)


@pytest.mark.parametrize(("version", "name"), recorded.LAST_FIRST)
def test_step_path(version, name):
    """``BNLSTMCell`` in Keras's own loop, which also calls the cell to probe it."""
    recording, layers = recorded.load(version, name), model(name, "eager")
    if recording.rnn.kind == networks.BIDIRECTIONAL and recording.lengths is not None:
        pytest.skip("Keras's loop does not reverse within lengths; see test_bits.py")
    loops = [
        keras.layers.RNN(
            cell, return_sequences=True, return_state=True, zero_output_for_mask=True
        )
        for cell in layers.cells
    ]
    if recording.rnn.kind == networks.BIDIRECTIONAL:
        loops[1].go_backwards = True
    for training, key in ((False, "inference"), (True, "train")):
        layers.set_weights(recording.weights())
        tolerance = recorded.TRAINING if training else recorded.INFERENCE
        x, states, outputs = recording.x, [], []
        for loop in loops:
            y, *last = loop(
                x,
                mask=recording.mask,
                initial_state=recording.initial_state(),
                training=training,
            )
            states.append(dict(zip(("h", "c", "step"), last, strict=True)))
            outputs.append(y)
            if recording.rnn.kind == networks.STACK:
                x = y
        y = outputs[-1]
        if recording.rnn.kind == networks.BIDIRECTIONAL:
            y = tf.concat([outputs[0], tf.reverse(y, [1])], axis=2)
        recorded.check_pass(recording, key, tolerance, y, states)
    recorded.check_statistics(
        recording, "v_after_one_pass", recorded.STATISTICS, layers.statistics(recording)
    )
