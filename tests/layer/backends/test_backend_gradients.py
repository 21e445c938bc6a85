"""Gradients of the backend in use, in float64, against central differences."""

import keras
import numpy as np
import pytest
from running import BACKEND, Loss, arrays, float64

from bnlstm_compat import BNLSTM, spec
from helpers.filled_layers import D, H, M, T, filled, mask_of, random_weights
from helpers.gradient_paths import LENGTHS, STATES, STEP, B, Way
from helpers.gradient_paths import PATHS as COMMON
from helpers.rounding import within
from helpers.tolerances import of_a_difference

PATHS = COMMON | {
    "each at its own step": Way({}, True, [0, 2, 2, 0, 0, 2, 2]),
}


@pytest.fixture(autouse=True)
def wide():
    with float64():
        yield


def check(loss, values, inputs, rng):
    """The gradient against differences, along one direction each."""
    _, _, own, given = loss.gradient(values, inputs)
    gradients = [arrays(gradient) for gradient in (*own, *given)]
    start = [*values, *inputs]
    for place, gradient in enumerate(gradients):
        direction = rng.standard_normal(start[place].shape)
        ends = []
        for sign in (1, -1):
            moved = list(start)
            moved[place] = moved[place] + sign * STEP * direction
            ends.append(loss.value(moved[: len(values)], moved[len(values) :]))
        numeric = (ends[0] - ends[1]) / (2 * STEP)
        apart = abs(float(np.sum(gradient * direction)) - numeric)
        within("differences", apart, of_a_difference(numeric), str(place))


@pytest.mark.parametrize("name", PATHS)
def test_finite_differences(name):
    options, masked, counters, training = PATHS[name]
    rng = np.random.default_rng(3)
    batch = 1 if name == "batch of one" else B
    weights = random_weights(np.float64, affine_per_step="scale" in name)
    layer = filled(
        weights,
        batch=B,
        **{"return_sequences": True, "zero_output_for_mask": True, **options},
    )
    target = rng.standard_normal((batch, T, H))
    given = {"training": training}
    if masked:
        given["mask"] = keras.ops.convert_to_tensor(mask_of(LENGTHS, T))
    step = [] if counters is None else [np.array(counters, np.float64)[:, None]]

    def function(inputs):
        x, *states = inputs
        states += [keras.ops.convert_to_tensor(s) for s in step]
        outputs = layer(x, initial_state=states, **given)
        apart = outputs - keras.ops.convert_to_tensor(target)
        return keras.ops.sum(apart**2), []

    loss = Loss(
        function,
        [getattr(layer.cell, name) for name in spec.TRAINABLE],
        layer.non_trainable_variables,
    )
    values = [getattr(weights, name) for name in spec.TRAINABLE]
    x = rng.standard_normal((batch, T, D))
    check(loss, values, [x, *(s[:batch] for s in STATES)], rng)


def test_finite_differences_of_bidirectional():
    rng = np.random.default_rng(3)
    layer = keras.layers.Bidirectional(
        BNLSTM(H, M, return_sequences=True, dtype="float64"), dtype="float64"
    )
    layer.build((None, None, D))
    for end, seed in ((layer.forward_layer, 1), (layer.backward_layer, 2)):
        end.cell.import_weights(random_weights(np.float64, seed=seed))
    mask = keras.ops.convert_to_tensor(mask_of(LENGTHS, T))
    target = rng.standard_normal((B, T, 2 * H))

    def function(inputs):
        apart = layer(
            inputs[0], mask=mask, training=True
        ) - keras.ops.convert_to_tensor(target)
        return keras.ops.sum(apart**2), []

    loss = Loss(function, layer.trainable_variables, layer.non_trainable_variables)
    values = [arrays(v) for v in layer.trainable_variables]
    check(loss, values, [rng.standard_normal((B, T, D))], rng)


@pytest.mark.skipif(BACKEND != "torch", reason="a loop of torch's own")
def test_a_plain_training_loop_of_torch():
    """The layer is a module: its parameters, gradients and statistics are torch's."""
    import torch

    layer = filled(return_sequences=True)
    assert isinstance(layer, torch.nn.Module)
    trained = [p for p in layer.parameters() if p.requires_grad]
    assert len(trained) == len(spec.TRAINABLE)
    optimizer = torch.optim.SGD(trained, lr=0.1)
    rng = np.random.default_rng(0)
    x, target = (
        torch.tensor(rng.standard_normal((8, T, n)), dtype=torch.float32)
        for n in (D, H)
    )
    losses, before = [], layer.cell.export_weights()
    for _ in range(10):
        optimizer.zero_grad()
        loss = ((layer(x, training=True) - target) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses == sorted(losses, reverse=True)
    after = layer.cell.export_weights()
    for name in spec.NAMES:
        assert np.abs(getattr(after, name) - getattr(before, name)).max() > 0, name
    with torch.no_grad():
        assert not layer(x).requires_grad
