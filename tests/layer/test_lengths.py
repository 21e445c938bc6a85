"""What lengths mean: masked (each row for itself) and v1 (as TensorFlow 1 had it)."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from bnlstm_compat import BNLSTM, BNLSTMCell, reference, spec
from helpers.filled_layers import (
    LENGTHS,
    B,
    D,
    H,
    M,
    T,
    bidirectional,
    filled,
    mask_of,
    random_weights,
)
from helpers.rounding import close

# float64: what summing in another order may change. Rounding all inputs anew moves
# results by 2e-15 (``rounding.limits``, in float32 1e-6); this is 500 times that, and
# far below what a row more or less in a moment would change.
ORDER = 1e-12
STATE = [
    np.linspace(-0.5, 0.5, B * H).reshape(B, H),
    np.linspace(-1.0, 1.0, B * H)[::-1].reshape(B, H),
]
WHOLE = {"return_sequences": True, "return_state": True, "zero_output_for_mask": True}


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((B, T, D))


def _compare(layer, results, run):
    for actual, expected in zip(
        results, (run.outputs, run.h, run.c, run.step), strict=True
    ):
        close("float64", actual, expected, ORDER)
    after = layer.cell.export_weights().asdict()
    for name, table in run.weights.asdict().items():
        close("float64", after[name], table, ORDER, name)


def _call(layer, mode, x, mask, state, training):
    call = layer if mode == "eager" else tf.function(layer, jit_compile=mode == "jit")
    given = {} if state is None else {"initial_state": [tf.constant(s) for s in state]}
    return call(
        tf.constant(x),
        mask=None if mask is None else tf.constant(mask),
        training=training,
        **given,
    )


def _combinations():
    given = [
        (None, None),
        (LENGTHS, None),
        (LENGTHS, [0, 2, 0, 2]),
        (None, [3, 3, 5, 0]),
    ]
    ways = itertools.product(
        ["eager", "jit"], spec.OVERFLOWS, spec.PADDINGS, given, [False, True]
    )
    for mode, overflow, padding, (lengths, steps), training in ways:
        # Compiling takes a second: fast where most is at stake.
        most = training and lengths is not None and steps is None
        yield pytest.param(
            *(mode, overflow, padding, lengths, steps, training),
            marks=() if mode == "eager" or most else pytest.mark.slow,
            id=f"{mode}-{overflow}-{padding}-lengths {lengths}-{steps}-{training}",
        )


@pytest.mark.parametrize(
    ("mode", "overflow", "padding", "lengths", "steps", "training"),
    list(_combinations()),
)
def test_every_combination_against_the_reference(
    x, mode, overflow, padding, lengths, steps, training
):
    """In training with lengths, rows part ways, and one of four ends up alone."""
    weights = random_weights(np.float64, affine_per_step=overflow == "keep")
    layer = filled(weights, padding=padding, overflow=overflow, **WHOLE)
    state = steps and [*STATE, np.array(steps, np.float64)[:, None]]
    mask = None if lengths is None else mask_of(lengths, T)
    results = _call(layer, mode, x, mask, state, training)
    run = reference.run(
        weights,
        x,
        initial_state=state,
        lengths=lengths,
        padding=padding,
        overflow=overflow,
        training=training,
    )
    _compare(layer, results, run)


lengths_of_four = st.lists(st.integers(0, T), min_size=B, max_size=B)


@settings(max_examples=12, deadline=None)
@given(lengths=lengths_of_four, order=st.permutations(range(B)), training=st.booleans())
def test_masked_results_do_not_depend_on_the_order_of_the_batch(
    lengths, order, training
):
    x = np.random.default_rng(0).standard_normal((B, T, D))
    weights = random_weights(np.float64)
    lengths, order = np.array(lengths), np.array(order)
    one, other = filled(weights, **WHOLE), filled(weights, **WHOLE)
    results = one(x, mask=mask_of(lengths, T), training=training)
    shuffled = other(x[order], mask=mask_of(lengths[order], T), training=training)
    for a, b in zip(results, shuffled, strict=True):
        close("float64", np.asarray(a)[order], b, ORDER)
    for a, b in zip(one.weights, other.weights, strict=True):
        close("float64", a, b, ORDER)


@settings(max_examples=12, deadline=None)
@given(lengths=lengths_of_four, more=st.integers(1, 5), training=st.booleans())
def test_masked_results_do_not_depend_on_the_padding(lengths, more, training):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((B, T, D))
    # What stands in the padding must not matter either.
    longer = np.concatenate([x, 100 * rng.standard_normal((B, more, D))], axis=1)
    x = np.where(mask_of(lengths, T)[..., None], x, 7.0)
    weights = random_weights(np.float64)
    one, other = filled(weights, **WHOLE), filled(weights, **WHOLE)
    outputs, *states = one(x, mask=mask_of(lengths, T), training=training)
    padded, *others = other(longer, mask=mask_of(lengths, T + more), training=training)
    close("float64", outputs, padded[:, :T], ORDER)
    assert np.abs(padded[:, T:]).max() == 0
    for a, b in zip(states, others, strict=True):
        close("float64", a, b, ORDER)
    for a, b in zip(one.weights, other.weights, strict=True):
        close("float64", a, b, ORDER)


def test_v1_depends_on_both():
    """The faults that ``padding="masked"`` is the cure of are really those of v1."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((B, T, D))
    weights = random_weights(np.float64, max_bn_steps=T)
    order = np.array([1, 0, 2, 3])
    runs = []
    for rows, noise in ((np.arange(B), 0), (order, 0), (np.arange(B), 1)):
        layer = filled(weights, padding="v1", **WHOLE)
        given = np.where(mask_of(LENGTHS, T)[..., None], x, noise)[rows]
        outputs, *_ = layer(given, mask=mask_of(LENGTHS[rows], T), training=True)
        runs.append(np.asarray(outputs)[np.argsort(rows)])
    assert np.abs(runs[0] - runs[1]).max() < ORDER  # outputs of a training batch alone
    assert np.abs(runs[0] - runs[2]).max() > 0.01
    inference = [
        np.asarray(
            filled(weights, padding="v1", **WHOLE)(x[r], mask=mask_of(LENGTHS[r], T))[0]
        )[np.argsort(r)]
        for r in (np.arange(B), order)
    ]
    assert np.abs(inference[0] - inference[1]).max() > 0.01


def test_a_batch_of_one_uses_the_population(x):
    weights = random_weights(np.float64, max_bn_steps=T)
    layer = filled(weights, **WHOLE)
    for trained, plain in zip(layer(x[:1], training=True), layer(x[:1]), strict=True):
        close("float64", trained, plain, ORDER)
    for name, table in layer.cell.export_weights().asdict().items():
        np.testing.assert_array_equal(table, getattr(weights, name))
    v1 = filled(weights, padding="v1", **WHOLE)
    v1(x[:1], training=True)
    np.testing.assert_allclose(
        v1.cell.input_moving_variance, 0.95 * weights.input_moving_variance, rtol=1e-15
    )


@pytest.mark.parametrize("zero", [False, True])
def test_outputs_past_the_length_are_keras_s(x, zero):
    """Repeated or zero, as ``keras.layers.LSTM`` has it, a row without a step too."""
    lengths = np.array([3, 6, 0, 5])
    layer = filled(return_sequences=True, zero_output_for_mask=zero)
    lstm = keras.layers.LSTM(H, return_sequences=True, zero_output_for_mask=zero)
    outputs, like = (np.asarray(m(x, mask=mask_of(lengths, T))) for m in (layer, lstm))
    for row, length in enumerate(lengths):
        for found in (outputs, like):
            last = found[row, length - 1] if length and not zero else np.zeros(H)
            for y in found[row, length:]:
                np.testing.assert_array_equal(y, last)
    assert layer.zero_output_for_mask is zero
    assert BNLSTM(H, M, padding="v1").zero_output_for_mask


@pytest.mark.parametrize("padding", spec.PADDINGS)
def test_bidirectional_reverses_within_lengths(x, padding):
    layer, expected = bidirectional(padding, x, LENGTHS)
    actual = layer(x, mask=mask_of(LENGTHS, T), training=True)
    close("float64", actual, expected, ORDER)


@pytest.mark.parametrize(
    ("function", "mask"),
    [
        (False, [[0, 1, 1]] * 2),
        (False, [[1, 1, 1], [1, 0, 1]]),
        (True, [[1, 0, 1]] * 2),
    ],
)
def test_a_mask_that_is_not_right_padded_is_refused(function, mask):
    layer = BNLSTM(H, M)
    call = tf.function(layer) if function else layer
    with pytest.raises(
        (ValueError, tf.errors.InvalidArgumentError), match="pad at the end instead"
    ):
        call(tf.ones([2, 3, D]), mask=tf.cast(mask, tf.bool), training=True)
    np.testing.assert_array_equal(layer.cell.input_moving_mean, 0)


def test_where_nothing_can_be_raised_the_result_is_not_a_number():
    layer = BNLSTM(H, M, return_sequences=True)
    call = tf.function(layer, jit_compile=True)
    x, mask = tf.ones([2, 3, D]), tf.constant([[False, True, True]] * 2)
    assert np.isnan(call(x, mask=mask, training=True)).all()
    np.testing.assert_array_equal(layer.cell.input_moving_mean, 0)  # nothing spoilt
    assert np.isfinite(call(x, mask=~mask[:, ::-1] | True, training=True)).all()


def test_the_cell_in_a_masked_loop_counts_the_furthest_rows(x):
    """A cell sees no mask: a row that has just ended counts once more."""
    weights = random_weights(np.float64, max_bn_steps=T)
    cell = BNLSTMCell(H, T, dtype="float64")
    cell.build((None, D))
    cell.import_weights(weights)
    options = {"return_sequences": True, "zero_output_for_mask": True}
    loop = keras.layers.RNN(cell, dtype="float64", **options)  # or x becomes float32
    outputs = loop(x, mask=mask_of(LENGTHS, T), training=True)
    # The rows of each step, and those that ended just before it.
    z = x[LENGTHS >= 1][:, 1] @ weights.kernel
    expected = weights.input_moving_mean[1] * 0.95 + z.mean(axis=0) * 0.05
    close("float64", cell.input_moving_mean[1], expected, ORDER)
    z = x[LENGTHS >= 2][:, 2] @ weights.kernel
    expected = weights.input_moving_mean[2] * 0.95 + z.mean(axis=0) * 0.05
    close("float64", cell.input_moving_mean[2], expected, ORDER)
    assert np.abs(np.asarray(outputs)[2, 1:]).max() == 0
