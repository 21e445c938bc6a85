"""Gradients in float64 against central differences, for every path."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnlstm_compat import BNLSTM, BNLSTMCell, spec
from helpers.filled_layers import D, H, M, T, filled, mask_of, random_weights
from helpers.gradient_paths import LENGTHS, STATES, STEP, B, Way
from helpers.gradient_paths import PATHS as COMMON
from helpers.rounding import within
from helpers.tolerances import of_a_difference

PATHS = COMMON | {
    "repeated outputs": Way({"zero_output_for_mask": False}),
    "stateful": Way({"stateful": True}, False, [2] * B),
    "stateful, each at its own step": Way(
        {"stateful": True}, True, [0, 2, 2, 0, 0, 2, 2]
    ),
    "past the longest step, v1": Way({"padding": "v1"}, True, [2] * B),
}
# Others reach the same code, in other company.
ALIKE = {
    "masked inference",
    "repeated outputs",
    "reversed",
    "stateful",
    "past the longest step",
}


def check(loss, variables, rng):
    """Compares the tape's gradient with differences, along one direction each."""
    loss = tf.function(loss)
    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, variables)
    for variable, gradient in zip(variables, gradients, strict=True):
        direction = tf.constant(rng.standard_normal(variable.shape))
        start = tf.identity(variable)
        ends = []
        for sign in (1, -1):
            variable.assign(start + sign * STEP * direction)
            ends.append(float(loss()))
        variable.assign(start)
        numeric = (ends[0] - ends[1]) / (2 * STEP)
        apart = abs(float(tf.reduce_sum(gradient * direction)) - numeric)
        within("differences", apart, of_a_difference(numeric), variable.name)


def _paths():
    for name in PATHS:
        yield pytest.param(name, marks=pytest.mark.slow if name in ALIKE else ())


@pytest.mark.parametrize("name", list(_paths()))
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
    x = tf.Variable(rng.standard_normal((batch, T, D)), name="x")
    target = rng.standard_normal((batch, T, H))
    mask = mask_of(LENGTHS, T) if masked else None
    states = [tf.Variable(s[:batch], name=n) for s, n in zip(STATES, "hc", strict=True)]
    statistics = [getattr(layer.cell, name) for name in spec.STATISTICS]
    before = [tf.identity(v) for v in statistics]

    def loss():
        given = [*states]
        if counters is not None:
            given.append(tf.constant(counters, tf.float64)[:, None])
        outputs = layer(x, mask=mask, initial_state=given, training=training)
        for variable, value in zip(statistics, before, strict=True):
            variable.assign(value)  # a pass moves them
        return tf.reduce_sum((outputs - target) ** 2)

    trained = [getattr(layer.cell, name).value for name in spec.TRAINABLE]
    check(loss, [*trained, x, *states], rng)


def test_finite_differences_of_bidirectional():
    rng = np.random.default_rng(3)
    layer = keras.layers.Bidirectional(
        BNLSTM(H, M, return_sequences=True, dtype="float64"), dtype="float64"
    )
    layer.build((None, None, D))
    for end, seed in ((layer.forward_layer, 1), (layer.backward_layer, 2)):
        end.cell.import_weights(random_weights(np.float64, seed=seed))
    x = tf.Variable(rng.standard_normal((B, T, D)), name="x")
    mask = mask_of(LENGTHS, T)
    target = rng.standard_normal((B, T, 2 * H))
    variables = [v.value for v in layer.trainable_variables]
    statistics = [v.value for v in layer.non_trainable_weights]
    before = [tf.identity(v) for v in statistics]

    def loss():
        outputs = layer(x, mask=mask, training=True)
        for variable, value in zip(statistics, before, strict=True):
            variable.assign(value)
        return tf.reduce_sum((outputs - target) ** 2)

    check(loss, [*variables, x], rng)


@pytest.mark.parametrize("counters", [[2] * B, [1, 2, 0, 2, 2, 2, 2]])
def test_finite_differences_of_the_cell(counters):
    rng = np.random.default_rng(3)
    cell = BNLSTMCell(H, M, dtype="float64")
    cell.build((None, D))
    cell.import_weights(random_weights(np.float64))
    x = tf.Variable(rng.standard_normal((B, D)), name="x")
    states = [tf.Variable(s, name=n) for s, n in zip(STATES, "hc", strict=True)]
    step = tf.constant(counters, tf.float64)[:, None]
    statistics = [getattr(cell, name) for name in spec.STATISTICS]
    before = [tf.identity(v) for v in statistics]

    def loss():
        h, (_, c, _) = cell(x, [*states, step], training=True)
        for variable, value in zip(statistics, before, strict=True):
            variable.assign(value)
        return tf.reduce_sum(h**2 + tf.sin(c))

    trained = [getattr(cell, name).value for name in spec.TRAINABLE]
    check(loss, [*trained, x, *states], rng)
