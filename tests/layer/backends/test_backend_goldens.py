"""The layer on the backend in use, against what real TensorFlow recorded."""

import functools

import keras
import numpy as np
import pytest
from running import Loss, arrays

import migrate
from helpers import recorded as goldens
from helpers import recorded_layers as golden_model


class Model(golden_model.Model):
    """The layers of a scenario; passes and gradients by the backend in use."""

    def __init__(self, name):
        super().__init__(name, "eager")
        self._losses = {}
        self.passes = self._one_pass

    def _one_pass(self, x, target, mask, initial_state, training):
        if training not in self._losses:  # one for both, so that JAX compiles it once
            self._losses[training] = self._loss(mask, initial_state, training)
        loss = self._losses[training]
        values = [arrays(v) for v in loss.variables]
        _, others, gradients, _ = loss.gradient(values, [x, target])
        outputs, states, moved = arrays(others)
        for variable, value in zip(loss.moving, moved, strict=True):
            variable.assign(value)
        return outputs, states, gradients

    def _loss(self, mask, initial_state, training):
        variables = [v for cell in self.cells for v in cell.trainable_variables]
        moving = [v for cell in self.cells for v in cell.non_trainable_variables]
        if initial_state is not None:
            initial_state = [keras.ops.convert_to_tensor(s) for s in initial_state]

        def function(inputs):
            x, target = inputs
            outputs, states = self._forward(x, mask, initial_state, training)
            moved = [keras.ops.copy(v.value) for v in moving]
            return keras.ops.mean((outputs - target) ** 2), (outputs, states, moved)

        return Loss(function, variables, moving)


@functools.cache
def model(name):
    """One for both tests."""
    return Model(name)


@pytest.mark.parametrize("name", goldens.SCENARIOS)
def test_every_pass_from_the_start(name):
    golden, layers = goldens.load(goldens.LAST, name), model(name)
    layers.set_weights(golden.weights())
    outputs, states, loss, gradients = layers.run(golden, False)
    goldens.check_pass(golden, "inference", goldens.INFERENCE, outputs, states)
    goldens.check_gradients(golden, "inference", arrays(gradients))
    worst = goldens.difference(loss, golden["out|inference|loss"])
    goldens.within(worst, goldens.INFERENCE, "loss")
    outputs, states, _, gradients = layers.run(golden, True)
    goldens.check_pass(golden, "train", goldens.TRAINING, outputs, states)
    goldens.check_statistics(
        golden, "v_after_one_pass", goldens.STATISTICS, layers.statistics(golden)
    )
    _, _, loss, gradients = layers.run(golden, True)
    worst = goldens.difference(loss, golden["out|train|loss"])
    goldens.within(worst, goldens.TRAINING, "loss")
    goldens.check_gradients(golden, "train", arrays(gradients))
    if golden.meta["adam_steps"]:
        worst = goldens.difference(layers.adam(golden), golden["out|adam|losses"])
        goldens.within(worst, goldens.ADAM_LOSSES)


@pytest.mark.parametrize(
    ("version", "name"),
    [(v, n) for v, n in goldens.ALL if v == goldens.LAST or n == "basic"],
)
def test_final_from_the_checkpoint(version, name):
    golden, layers = goldens.load(version, name), model(name)
    read = migrate.read(golden.checkpoint)
    layers.set_weights([read[cell.scope] for cell in golden.rnn.cells])
    outputs, states, _, _ = layers.run(golden, False)
    goldens.check_pass(golden, "final", goldens.INFERENCE, outputs, states)
    assert np.isfinite(outputs).all()
