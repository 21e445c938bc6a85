"""``BNLSTM`` as people run it, and its step path, against real TensorFlow."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import golden as goldens
import migrate
from bnlstm_compat import BNLSTM, spec
from migrate import survey
from migrate.convert import cells_of
from migrate.layouts import layout_of

MODES = ("eager", "function", "jit")
# One process for each scenario, so that its models are compiled once.
GROUPED = [
    pytest.param(version, name, marks=pytest.mark.xdist_group(name))
    for version, name in goldens.ALL
]


class Model:
    """The layers of a scenario, for all goldens of that scenario and one mode."""

    def __init__(self, name, mode):
        golden = goldens.load("1.15.5", name)
        self.kind = golden.rnn.kind
        self.lengths = golden.lengths is not None
        self.layers = [
            BNLSTM(
                cell.units,
                cell.max_bn_steps,
                padding="v1",
                activation=golden.activation,
                momentum=golden.decay,
                return_sequences=True,
                return_state=True,
                mode="plain" if mode == "function" else "auto",
            )
            for cell in golden.rnn.cells
        ]
        if self.kind == survey.BIDIRECTIONAL:
            self.layers = [keras.layers.Bidirectional(self.layers[0])]
        x = golden.x
        for layer in self.layers:
            x = layer(x)[0]
        self.cells = [cell for layer in self.layers for cell in cells_of(layer)]
        self.passes = self._passes
        if mode != "eager":
            self.passes = tf.function(self._passes, jit_compile=mode == "jit")

    def _forward(self, x, mask, initial_state, training):
        states = []
        for layer in self.layers:
            x, *last = layer(
                x, mask=mask, initial_state=initial_state, training=training
            )
            states += [
                dict(zip(("h", "c", "step"), last[i : i + 3], strict=True))
                for i in range(0, len(last), 3)
            ]
        return x, states

    def _passes(self, x, target, mask, initial_state, training):
        with tf.GradientTape() as tape:
            outputs, states = self._forward(x, mask, initial_state, training)
            loss = tf.reduce_mean(tf.square(outputs - target))
        variables = [v.value for cell in self.cells for v in cell.trainable_variables]
        return outputs, states, tape.gradient(loss, variables)

    def run(self, golden, training):
        """Outputs, states, loss, gradients by v1 name; training moves statistics."""
        outputs, states, gradients = self.passes(
            golden.x, golden.target, golden.mask, golden.initial_state(), training
        )
        # In float64: the loss's own sum is not what is tested.
        loss = np.mean((outputs.numpy().astype(np.float64) - golden.target) ** 2)
        names = [
            cell.variables[_leaf_of(cell, name)]
            for cell in golden.rnn.cells
            for name in spec.TRAINABLE
        ]
        return outputs, states, loss, dict(zip(names, gradients, strict=True))

    def statistics(self, golden):
        """The statistics by v1 name."""
        found = {}
        for cell, mine in zip(golden.rnn.cells, self.cells, strict=True):
            by_leaf = layout_of(cell).from_canonical(mine.export_weights())
            found |= {
                cell.variables[leaf]: array
                for leaf, array in by_leaf.items()
                if "/pop_" in leaf
            }
        return found

    def set_weights(self, weights):
        """Sets every cell's weights."""
        for cell, source in zip(self.cells, weights, strict=True):
            cell.import_weights(source)


def _leaf_of(cell, name):
    places = layout_of(cell).places(cell)
    return next(leaf for leaf, (canonical, _) in places.items() if canonical == name)


@functools.cache
def model(name, mode):
    """One model for the goldens of all versions, so that it is compiled once."""
    return Model(name, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("version", "name"), GROUPED)
def test_every_pass_from_the_start(version, name, mode):
    golden, layers = goldens.load(version, name), model(name, mode)
    layers.set_weights(golden.weights())

    outputs, states, loss, gradients = layers.run(golden, False)
    goldens.check_pass(golden, "inference", goldens.INFERENCE, outputs, states)
    goldens.check_gradients(golden, "inference", gradients)
    worst = goldens.difference(loss, golden["out|inference|loss"])
    assert worst <= goldens.INFERENCE

    outputs, states, _, _ = layers.run(golden, True)
    goldens.check_pass(golden, "train", goldens.TRAINING, outputs, states)
    goldens.check_statistics(
        golden, "v_after_one_pass", goldens.STATISTICS, layers.statistics(golden)
    )

    _, _, loss, gradients = layers.run(golden, True)
    worst = goldens.difference(loss, golden["out|train|loss"])
    assert worst <= goldens.TRAINING
    goldens.check_gradients(golden, "train", gradients)

    if golden.meta["adam_steps"]:
        optimizer = keras.optimizers.Adam(1e-2, epsilon=1e-8)  # TF1's epsilon
        variables = [v for cell in layers.cells for v in cell.trainable_variables]
        losses = []
        for _ in range(golden.meta["adam_steps"]):
            _, _, loss, gradients = layers.run(golden, True)
            optimizer.apply(list(gradients.values()), variables)
            losses.append(loss)
        worst = goldens.difference(losses, golden["out|adam|losses"])
        assert worst <= goldens.ADAM_LOSSES
    _check_end(golden, layers)


def _check_end(golden, layers):
    mine = layers.statistics(golden)
    tables = [
        golden.without_race(mine[name])
        for cell in golden.rnn.cells
        for leaf, name in sorted(cell.variables.items())
        if "/pop_" in leaf
    ]
    allowed = goldens.tolerance_after_adam(golden)
    for table, expected in zip(
        tables, goldens.statistics_in_checkpoint(golden), strict=True
    ):
        assert goldens.difference(table, expected) <= allowed
    if golden.raced_row() is None:
        outputs, states, _, _ = layers.run(golden, False)
        goldens.check_pass(golden, "final", goldens.TRAINING, outputs, states)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("version", "name"), GROUPED)
def test_final_from_the_checkpoint(version, name, mode):
    golden, layers = goldens.load(version, name), model(name, mode)
    read = migrate.read(golden.checkpoint)
    layers.set_weights([read[cell.scope] for cell in golden.rnn.cells])
    outputs, states, _, _ = layers.run(golden, False)
    goldens.check_pass(golden, "final", goldens.INFERENCE, outputs, states)


@pytest.mark.parametrize(("version", "name"), GROUPED)
def test_step_path(version, name):
    """``BNLSTMCell`` in Keras's own loop, which also calls the cell to probe it."""
    golden, layers = goldens.load(version, name), model(name, "eager")
    if golden.rnn.kind == survey.BIDIRECTIONAL and golden.lengths is not None:
        pytest.skip("Keras's loop does not reverse within lengths; see test_bits.py")
    loops = [
        keras.layers.RNN(
            cell, return_sequences=True, return_state=True, zero_output_for_mask=True
        )
        for cell in layers.cells
    ]
    if golden.rnn.kind == survey.BIDIRECTIONAL:
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
            if golden.rnn.kind == survey.STACK:
                x = y
        y = outputs[-1]
        if golden.rnn.kind == survey.BIDIRECTIONAL:
            y = tf.concat([outputs[0], tf.reverse(y, [1])], axis=2)
        goldens.check_pass(golden, key, tolerance, y, states)
    goldens.check_statistics(
        golden, "v_after_one_pass", goldens.STATISTICS, layers.statistics(golden)
    )
