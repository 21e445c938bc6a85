"""The layer on the backend in use, against what real TensorFlow recorded."""

import functools

import keras
import numpy as np
import pytest
from running import Loss, arrays

from helpers import recorded, recorded_layers


class Model(recorded_layers.Model):
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

    def arrays(self, results):
        """See the base."""
        return arrays(results)

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


@pytest.mark.parametrize("name", recorded.SCENARIOS)
def test_every_pass_from_the_start(name):
    recording, layers = recorded.load(recorded.LAST, name), model(name)
    recorded_layers.check_every_pass(recording, layers)


@pytest.mark.parametrize(
    ("version", "name"),
    [(v, n) for v, n in recorded.ALL if v == recorded.LAST or n == "basic"],
)
def test_final_from_the_checkpoint(version, name):
    recording, layers = recorded.load(version, name), model(name)
    outputs = recorded_layers.check_final(recording, layers)
    assert np.isfinite(outputs).all()
