"""The layer on the backend in use, against the reference and as a Keras layer."""

import keras
import numpy as np
import pytest
from running import BACKEND, arrays, call, float64

from bnlstm_compat import BNLSTM, BNLSTMCell, ReverseSequences, reference, spec
from helpers.filled_layers import (
    LENGTHS,
    B,
    D,
    H,
    M,
    T,
    bidirectional,
    filled,
    flipped,
    mask_of,
    random_weights,
)
from helpers.rounding import close, limits

# As in test_lengths.py: what summing in another order may change in float64.
ORDER = 1e-12
WHOLE = {"return_sequences": True, "return_state": True, "zero_output_for_mask": True}
STATE = [
    np.linspace(-0.5, 0.5, B * H).reshape(B, H),
    np.linspace(-1.0, 1.0, B * H)[::-1].reshape(B, H),
]


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((B, T, D))


@pytest.fixture(autouse=True)
def wide():
    with float64():
        yield


@pytest.mark.parametrize("overflow", spec.OVERFLOWS)
@pytest.mark.parametrize("padding", spec.PADDINGS)
@pytest.mark.parametrize(
    ("lengths", "steps"),
    [(None, None), (LENGTHS, None), (LENGTHS, [0, 2, 0, 2]), (None, [3, 3, 5, 0])],
)
@pytest.mark.parametrize("training", [False, True])
def test_every_combination_against_the_reference(
    x, overflow, padding, lengths, steps, training
):
    weights = random_weights(np.float64, affine_per_step=overflow == "keep")
    layer = filled(weights, padding=padding, overflow=overflow, **WHOLE)
    given = {}
    state = steps and [*STATE, np.array(steps, np.float64)[:, None]]
    if state:
        given["initial_state"] = [keras.ops.convert_to_tensor(s) for s in state]
    if lengths is not None:
        given["mask"] = keras.ops.convert_to_tensor(mask_of(lengths, T))
    results = call(layer, keras.ops.convert_to_tensor(x), training=training, **given)
    run = reference.run(
        weights,
        x,
        initial_state=state,
        lengths=lengths,
        padding=padding,
        overflow=overflow,
        training=training,
    )
    for actual, expected in zip(
        results, (run.outputs, run.h, run.c, run.step), strict=True
    ):
        close("float64", actual, expected, ORDER)
    after = layer.cell.export_weights().asdict()
    for name, table in run.weights.asdict().items():
        close("float64", after[name], table, ORDER, name)


@pytest.mark.parametrize("options", [{}, {"bias_correction": True}, {"momentum": 0.5}])
def test_statistics_over_several_passes(x, options):
    """Six steps in four rows: the last is hit three times in each pass."""
    layer = filled(random_weights(np.float64), **options)
    if "bias_correction" in options:
        layer.cell.moving_count.assign(np.arange(M))
    rows = {name: [] for name in spec.STATISTICS}
    for scale in (1.0, -2.0):
        probe = filled(random_weights(np.float64).with_rows(T), momentum=0.0)
        call(probe, scale * x, training=True)
        for name, tables in rows.items():
            tables.extend(enumerate(np.asarray(arrays(getattr(probe.cell, name)))))
        call(layer, scale * x, training=True)
    for name, moments in rows.items():
        table = getattr(random_weights(np.float64), name).copy()
        counts = np.arange(M, dtype=float)
        for step, moment in moments:
            row, m = min(step, M - 1), layer.momentum
            kept = m
            if "bias_correction" in options:
                kept = m * (1 - m ** counts[row]) / (1 - m ** (counts[row] + 1))
                counts[row] += 1
            table[row] = kept * table[row] + (1 - kept) * moment
        close("float64", arrays(getattr(layer.cell, name)), table, ORDER, name)


@pytest.mark.parametrize("training", [False, True])
def test_eagerly(x, training):
    weights = random_weights(np.float64)
    layer = filled(weights, return_sequences=True)
    actual = arrays(layer(x, mask=mask_of(LENGTHS, T), training=training))
    run = reference.run(weights, x, lengths=LENGTHS, training=training)
    for row, length in enumerate(LENGTHS):
        close("float64", actual[row, :length], run.outputs[row, :length], ORDER)
    after = layer.cell.export_weights().asdict()
    for name, table in run.weights.asdict().items():
        close("float64", after[name], table, ORDER, name)


def test_a_batch_of_one_uses_the_population(x):
    weights = random_weights(np.float64, max_bn_steps=T)
    layer = filled(weights, **WHOLE)
    trained, plain = call(layer, x[:1], training=True), call(layer, x[:1])
    for one, other in zip(trained, plain, strict=True):
        close("float64", one, other, ORDER)
    for name, table in layer.cell.export_weights().asdict().items():
        np.testing.assert_array_equal(table, getattr(weights, name))


@pytest.mark.parametrize("zero", [False, True])
def test_outputs_past_the_length_are_keras_s(x, zero):
    layer = filled(return_sequences=True, zero_output_for_mask=zero)
    lstm = keras.layers.LSTM(H, return_sequences=True, zero_output_for_mask=zero)
    lengths = np.array([3, 6, 1, 5])
    mask = keras.ops.convert_to_tensor(mask_of(lengths, T))
    lstm.build((None, T, D))
    outputs, like = (call(m, x.astype("float32"), mask=mask) for m in (layer, lstm))
    for row, length in enumerate(lengths):
        for found in (outputs, like):
            last = np.zeros(H) if zero else found[row, length - 1]
            for y in found[row, length:]:
                np.testing.assert_array_equal(y, last)


@pytest.mark.parametrize("padding", spec.PADDINGS)
def test_bidirectional_reverses_within_lengths(x, padding):
    layer, expected = bidirectional(padding, x, LENGTHS)
    mask = keras.ops.convert_to_tensor(mask_of(LENGTHS, T))
    actual = call(layer, x, mask=mask, training=True)
    close("float64", actual, expected, ORDER)
    reverse = ReverseSequences(dtype="float64")
    np.testing.assert_array_equal(arrays(reverse(x, mask=mask)), flipped(x, LENGTHS))
    np.testing.assert_array_equal(arrays(reverse(x)), x[:, ::-1])


@pytest.mark.parametrize("mask", [[[0, 1, 1]] * 2, [[1, 1, 1], [1, 0, 1]]])
def test_a_mask_that_is_not_right_padded_is_refused(mask):
    layer = BNLSTM(H, M)
    mask = keras.ops.convert_to_tensor(np.array(mask, bool))
    with pytest.raises(ValueError, match="pad at the end instead"):
        layer(np.ones((2, 3, D), "float32"), mask=mask, training=True)
    np.testing.assert_array_equal(arrays(layer.cell.input_moving_mean), 0)


@pytest.mark.skipif(BACKEND != "jax", reason="test_lengths.py has TensorFlow's; eager")
def test_where_nothing_can_be_raised_the_result_is_not_a_number():
    layer = BNLSTM(H, M, return_sequences=True)
    layer.build((None, None, D))
    x, mask = np.ones((2, 3, D), "float32"), np.array([[False, True, True]] * 2)
    assert np.isnan(call(layer, x, mask=mask, training=True)).all()
    np.testing.assert_array_equal(arrays(layer.cell.input_moving_mean), 0)
    good = call(layer, x, mask=mask | True, training=True)
    assert np.isfinite(good).all()


def test_dropout_is_the_same_at_every_step_and_that_of_the_cell(x):
    weights = random_weights(np.float64, max_bn_steps=T)
    options = {"dropout": 0.3, "recurrent_dropout": 0.4, "seed": 5}
    layer = filled(weights, return_sequences=True, **options)
    plain = filled(weights, return_sequences=True)
    np.testing.assert_array_equal(call(layer, x), call(plain, x))
    actual = call(layer, x, training=True)
    cell = BNLSTMCell(H, T, dtype="float64", **options)
    cell.build((None, D))
    cell.import_weights(weights)
    # Unrolled, for the cell's statistics cannot leave a scan of JAX's.
    loop = keras.layers.RNN(cell, return_sequences=True, dtype="float64", unroll=True)
    # As in test_layer_uses.py: rows with inputs dropped alike have small variances.
    loop.build((B, T, D))
    close("float64", actual, call(loop, x, training=True), 1e-11)
    again = call(layer, x, training=True)
    assert np.abs(actual - again).max() > 1e-3  # another mask


@pytest.mark.parametrize("steps", [[0] * B, [3, 3, 5, 0]])
def test_the_cell_in_a_loop_of_keras_s(x, steps):
    """Equal counters, and counters of which only the furthest rows count."""
    weights = random_weights(np.float64)
    cell = BNLSTMCell(H, M, dtype="float64", bias_correction=True)
    cell.build((None, D))
    cell.import_weights(weights)
    cell.moving_count.assign(np.zeros(M))
    loop = keras.layers.RNN(cell, return_sequences=True, dtype="float64", unroll=True)
    state = [*STATE, np.array(steps, np.float64)[:, None]]
    given = [keras.ops.convert_to_tensor(s) for s in state]
    expected = reference.run(weights, x, initial_state=state).outputs
    loop.build((B, T, D))
    close("float64", call(loop, x, initial_state=given), expected, ORDER)
    call(loop, x, initial_state=given, training=True)
    furthest = np.array(steps) == max(steps)
    row = min(max(steps), M - 1)
    z = x[furthest, 0] @ weights.kernel
    if furthest.sum() > 1 and row < M - 1:
        close("float64", arrays(cell.input_moving_mean)[row], z.mean(axis=0), ORDER)
    else:
        np.testing.assert_array_equal(
            arrays(cell.input_moving_mean), weights.input_moving_mean
        )


@pytest.mark.parametrize("unroll", [False, True])
def test_the_probe_of_keras_s_loop_moves_nothing(x, unroll):
    if BACKEND == "jax" and not unroll:
        pytest.skip("JAX's loop is a scan: see the next test")
    weights = random_weights(np.float64, max_bn_steps=T)
    cell = BNLSTMCell(H, T, dtype="float64")
    cell.build((None, D))
    cell.import_weights(weights)
    loop = keras.layers.RNN(cell, return_sequences=True, dtype="float64", unroll=unroll)
    loop.build((B, T, D))
    actual = call(loop, x, training=True)
    run = reference.run(weights, x, training=True)
    close("float64", actual, run.outputs, ORDER)
    after = cell.export_weights().asdict()
    for name, table in run.weights.asdict().items():
        close("float64", after[name], table, ORDER, name)


@pytest.mark.skipif(BACKEND != "jax", reason="only JAX's loop is a scan")
def test_a_cell_in_a_scan_says_that_it_cannot_train(x):
    layer = filled(random_weights(np.float64), return_sequences=True)
    loop = keras.layers.RNN(layer.cell, return_sequences=True, dtype="float64")
    loop.build((B, T, D))
    close("float64", call(loop, x), call(layer, x), ORDER)
    with pytest.raises(ValueError, match=r"Use bnlstm_compat.BNLSTM, or keras.*unroll"):
        loop(x, training=True)


def test_states_pass_on(x):
    weights = random_weights(np.float64)
    layer = filled(weights, stateful=True, batch=B, return_sequences=True)
    # Eagerly: on JAX, Keras does not carry states out of a compiled call, of any RNN.
    first, second = (arrays(layer(part)) for part in (x[:, :2], x[:, 2:]))
    expected = reference.run(weights, x).outputs
    close("float64", np.concatenate([first, second], axis=1), expected, ORDER)
    layer.reset_states()
    close("float64", arrays(layer(x)), expected, ORDER)
    encoder = filled(weights, return_state=True)
    _, h, c, step = call(encoder, x)
    assert step.tolist() == [[T]] * B
    decoder = filled(weights, return_sequences=True)
    for state, start in (([h, c], np.zeros((B, 1))), ([h, c, step], step)):
        expected = reference.run(weights, x, initial_state=[h, c, start]).outputs
        state = [keras.ops.convert_to_tensor(s) for s in state]
        close("float64", call(decoder, x, initial_state=state), expected, ORDER)


def test_frozen_statistics_are_used_in_training(x):
    layer = filled(random_weights(np.float64))
    expected, before = call(layer, x), layer.cell.export_weights()
    layer.trainable = False
    close("float64", call(layer, x, training=True), expected, ORDER)
    for name, table in layer.cell.export_weights().asdict().items():
        np.testing.assert_array_equal(table, getattr(before, name))


@pytest.mark.parametrize("training", [False, True])
def test_mixed_precision_keeps_statistics_and_counter_wide(x, training):
    x = x.astype("float32")
    mask = keras.ops.convert_to_tensor(mask_of(LENGTHS, T))
    layer = filled(dtype="mixed_float16", return_state=True)
    results = call(layer, x, mask=mask, training=training)
    assert [y.dtype for y in results] == ["float16"] * 3 + ["float32"]
    full = filled(return_state=True)
    expected, *_ = call(full, x, mask=mask, training=training)
    # As in test_layer_uses.py: rounding to 11 bits, over six steps.
    close("half precision", results[0], expected, 30 * 2**-11)


@pytest.mark.parametrize("training", [False, True])
def test_float32_is_as_near_to_the_reference_as_rounding_allows(x, training):
    x = x.astype("float32")
    allowed = limits(random_weights(), x, training=training)
    layer = filled(return_sequences=True)
    actual = call(layer, x, training=training)
    run = reference.run(random_weights(), x, training=training)
    close("rounding", actual, run.outputs, allowed["outputs"])
    after = layer.cell.export_weights().asdict()
    for name, table in run.weights.asdict().items():
        close("rounding", after[name], table, allowed[name], name)
