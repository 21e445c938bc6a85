"""``BNLSTM`` where an LSTM goes: models, wrappers, precisions, training flags."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnlstm_compat import BNLSTM, BNLSTMCell, reference, spec
from helpers.filled_layers import (
    LENGTHS,
    B,
    D,
    H,
    M,
    T,
    filled,
    mask_of,
    needs_bfloat16,
    random_weights,
)
from helpers.rounding import close, limits

HALF = (pytest.param("mixed_bfloat16", marks=needs_bfloat16), "mixed_float16")


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((B, T, D)).astype(np.float32)


def test_masks_of_masking_and_embedding_reach_the_layer(x):
    layer = filled(return_sequences=True, zero_output_for_mask=True)
    expected = layer(x, mask=mask_of(LENGTHS, T))
    padded = np.where(mask_of(LENGTHS, T)[..., None], x, -1.0).astype(np.float32)
    masking = keras.Sequential([keras.layers.Masking(-1.0), layer])
    np.testing.assert_array_equal(masking(padded), expected)

    tokens = np.where(mask_of(LENGTHS, T), np.arange(1, T + 1), 0)
    embedding = keras.layers.Embedding(T + 1, D, mask_zero=True)
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, layer(embedding(inputs)))
    direct = layer(embedding(tokens), mask=mask_of(LENGTHS, T))
    given = np.asarray(embedding(tokens))
    limit = limits(random_weights(), given, paths=2, lengths=LENGTHS)["outputs"]
    close("rounding", model(tokens), direct, limit)
    assert layer.compute_mask(None, mask_of(LENGTHS, T)).shape == (B, T)


def test_time_distributed_and_a_subclassed_model(x):
    layer = filled()
    several = np.stack([x, -x], axis=1)
    actual = keras.layers.TimeDistributed(layer)(several)
    for number in range(2):
        given = several[:, number]
        limit = limits(random_weights(), given, paths=2)["outputs"]
        close("rounding", actual[:, number], layer(given), limit)

    class Tagger(keras.Model):
        def __init__(self):
            super().__init__()
            self.rnn = BNLSTM(H, M, return_sequences=True, dropout=0.2)
            self.head = keras.layers.Dense(2)

        def call(self, x, training=False):
            return self.head(self.rnn(x, training=training))

    model = Tagger()
    model.compile("adam", "mse")
    model.fit(x, np.zeros((B, T, 2)), epochs=1, verbose=0)
    assert np.abs(model.rnn.cell.input_moving_mean).max() > 0


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
def test_bidirectional_merges(x, mode):
    layer = keras.layers.Bidirectional(
        BNLSTM(H, M, return_sequences=True, return_state=True), merge_mode=mode
    )
    results = layer(x, mask=mask_of(LENGTHS, T))
    shapes = layer.compute_output_shape(x.shape)
    assert [tuple(r.shape) for r in results] == [tuple(s) for s in shapes]


def test_encoder_and_decoder(x):
    """States pass on as they are, or as [h, c], which starts the count at 0."""
    encoder = filled(return_state=True)
    _, h, c, step = encoder(x)
    decoder = filled(random_weights(seed=2), return_sequences=True)
    weights = random_weights(seed=2)
    for state, start in (([h, c], np.zeros((B, 1))), ([h, c, step], step)):
        given = {"initial_state": [h, c, start]}
        expected = reference.run(weights, x, **given).outputs
        limit = limits(weights, x, **given)["outputs"]
        close("rounding", decoder(x, initial_state=state), expected, limit)
    inputs = keras.Input((T, D))
    _, *states = encoder(inputs)
    model = keras.Model(inputs, decoder(inputs, initial_state=states[:2]))
    assert model(x).shape == (B, T, H)


@pytest.mark.parametrize("count", [1, 4])
def test_an_initial_state_of_another_size(x, count):
    state = [np.zeros((B, H), np.float32)] * count
    with pytest.raises(ValueError, match=r"\[h, c\] or \[h, c, step\]. Received"):
        BNLSTM(H, M)(x, initial_state=state)


@pytest.mark.parametrize("shape", [(B,), (B, T + 1), (B, T, 1)])
def test_a_mask_of_another_shape(x, shape):
    with pytest.raises(ValueError, match=r"mask \[batch, steps\]"):
        BNLSTM(H, M)(x, mask=np.ones(shape, bool))


@pytest.mark.parametrize(
    "arguments",
    [
        {"padding": "left"},
        {"overflow": "error"},
        {"dropout": 1.0},
        {"recurrent_dropout": -0.1},
        {"momentum": "0.9"},
    ],
)
def test_arguments_out_of_range(arguments):
    ((name, value),) = arguments.items()
    for cls in (BNLSTM, BNLSTMCell):
        with pytest.raises(ValueError, match=f"argument `{name}`, expected") as caught:
            cls(H, M, **arguments)
        assert f"Received: {name}={value!r}" in str(caught.value)


@pytest.mark.parametrize("jit", [False, True])
def test_training_as_a_tensor(x, jit):
    for training in (False, True):
        # Four rows of a batch: where they are close, the normalisation enlarges.
        allowed = limits(random_weights(), x, paths=2, training=training)
        layer = filled()
        call = tf.function(layer, jit_compile=jit)
        expected_layer = filled()
        expected = expected_layer(x, training=training)
        actual = call(tf.constant(x), training=tf.constant(training))
        close("rounding", actual, expected, allowed["outputs"])
        for a, b in zip(layer.weights, expected_layer.weights, strict=True):
            close("rounding", a, b, allowed[a.name], a.name)
        eager = filled()
        np.testing.assert_array_equal(
            eager(x, training=tf.constant(training)), expected
        )


@pytest.mark.parametrize("cell", [False, True])
def test_frozen_statistics_are_used_in_training(x, cell):
    layer = filled()
    if cell:
        layer = keras.layers.RNN(layer.cell)
    expected = layer(x)
    layer.trainable = False
    before = [v.value.numpy() for v in layer.weights]
    np.testing.assert_array_equal(layer(x, training=True), expected)
    for old, variable in zip(before, layer.weights, strict=True):
        np.testing.assert_array_equal(old, variable)
    layer.trainable = True
    assert np.abs(layer(x, training=True) - expected).max() > 0


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("policy", HALF)
def test_mixed_precision_keeps_statistics_and_counter_wide(x, policy, training):
    lengths = mask_of(LENGTHS, T)
    layer = filled(dtype=policy, return_state=True)
    output, h, c, step = layer(x, mask=lengths, training=training)
    low = policy.removeprefix("mixed_")
    assert [y.dtype.name for y in (output, h, c, step)] == [low, low, low, "float32"]
    assert {v.dtype for v in layer.weights} == {"float32"}
    full = filled(return_state=True)
    expected, *_ = full(x, mask=lengths, training=training)
    # Rounding of outputs below one to 8 or 11 bits, over six steps.
    digits = {"mixed_bfloat16": 2**-8, "mixed_float16": 2**-11}[policy]
    # Two rows normalise to their sign, whatever the precision, and one alone is exact.
    close("half precision", output, expected, 30 * digits)
    close(
        "half precision",
        layer.cell.input_moving_mean,
        full.cell.input_moving_mean,
        2 * digits,
    )


@pytest.mark.parametrize(
    "dtype", [pytest.param("bfloat16", marks=needs_bfloat16), "float16"]
)
def test_half_precision_keeps_statistics_in_float32(x, dtype):
    # Keras's orthogonal initialiser knows no bfloat16.
    starts = {
        f"{role}_initializer": "glorot_uniform" for role in ("kernel", "recurrent")
    }
    layer = BNLSTM(H, M, dtype=dtype, **starts)
    layer(x, training=True)
    dtypes = {v.name: v.dtype for v in layer.weights}
    assert {dtypes[name] for name in spec.STATISTICS} == {"float32"}
    assert {dtypes[name] for name in spec.TRAINABLE} == {dtype}


@needs_bfloat16
def test_moments_are_those_of_wide_values():
    """Far from zero, bfloat16 sums would lose the variance."""
    rng = np.random.default_rng(0)
    x = (16 + 0.25 * rng.integers(-4, 5, (256, 1, 1))).astype(np.float32)
    layer = BNLSTM(1, 1, momentum=0.0, dtype="mixed_bfloat16")
    layer.build(x.shape)
    layer.cell.kernel.assign(np.ones((1, 4)))
    layer(x, training=True)
    # Sums of 256 numbers of one sign: at most so many roundings of float32.
    rounded = 256 * 2.0**-24
    mean, variance = layer.cell.input_moving_mean, layer.cell.input_moving_variance
    close("rounding", mean[0, 0], x.mean(), rounded * x.mean())
    close("rounding", variance[0, 0], x.var(), rounded * x.var())


def test_dropout_is_the_same_at_every_step_and_that_of_the_cell(x):
    weights = random_weights(np.float64, max_bn_steps=T)
    x = x.astype(np.float64)
    options = {"dropout": 0.3, "recurrent_dropout": 0.4, "seed": 5}
    layer = filled(weights, return_sequences=True, **options)
    np.testing.assert_array_equal(layer(x), filled(weights, return_sequences=True)(x))
    actual = layer(x, training=True)
    cell = BNLSTMCell(H, T, dtype="float64", **options)
    cell.build((None, D))
    cell.import_weights(weights)
    loop = keras.layers.RNN(cell, return_sequences=True, dtype="float64")
    # 2**-53 is 1e-16; rows whose inputs are dropped alike have small variances.
    close("float64", actual, loop(x, training=True), 1e-11)
    again = layer(x, training=True)
    assert np.abs(actual - again).max() > 1e-3  # another mask


def test_regularizers_and_constraints_act_on_their_weights(x):
    roles = {
        "kernel": ["kernel"],
        "recurrent": ["recurrent_kernel"],
        "beta": ["recurrent_beta", "cell_beta"],
        "gamma": ["recurrent_gamma", "input_gamma", "cell_gamma"],
    }
    for role, names in roles.items():
        layer = filled(
            **{
                f"{role}_regularizer": keras.regularizers.L2(0.5),
                f"{role}_constraint": keras.constraints.NonNeg(),
            }
        )
        total = sum(np.sum(np.square(getattr(layer.cell, n))) for n in names)
        # A sum of numbers of one sign: at most a rounding for each.
        count = sum(np.size(getattr(layer.cell, n)) for n in names)
        close("rounding", sum(layer.losses), 0.5 * total, count * 2.0**-24 * total)
        held = [v.name for v in layer.weights if v.constraint is not None]
        assert sorted(held) == sorted(names)
    layer = filled(activity_regularizer=keras.regularizers.L1(0.1))
    layer(x)
    assert len(layer.losses) == 1


def test_moving_averages_without_the_start():
    """The n-th average of equal moments is that moment, whatever it started from."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, 3, D)).astype(np.float32)
    layer = BNLSTM(H, 3, bias_correction=True)
    layer.build(x.shape)
    z = x.astype(np.float64) @ np.asarray(layer.cell.kernel, np.float64)
    weights = layer.cell.export_weights()
    allowed = limits(weights, x, training=True, momentum=0.0)
    for passes in range(1, 4):
        layer(x, training=True)
        np.testing.assert_array_equal(layer.cell.moving_count, passes)
        for kind, expected in (("mean", z.mean(axis=0)), ("variance", z.var(axis=0))):
            name = f"input_moving_{kind}"
            found = getattr(layer.cell, name)
            close("rounding", found, expected, passes * allowed[name], name)


def test_keeping_the_last_row_in_training_beyond_it():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, 5, D)).astype(np.float32)
    tables = {}
    for overflow, steps in (("keep", 5), ("keep", 3), ("update", 5), ("update", 3)):
        layer = filled(random_weights(max_bn_steps=3), overflow=overflow)
        layer(x[:, :steps], training=True)
        tables[overflow, steps] = np.asarray(layer.cell.input_moving_mean)
    weights = random_weights(max_bn_steps=3)
    limit = limits(weights, x, paths=2, training=True)["input_moving_mean"]
    close("rounding", tables["keep", 5], tables["keep", 3], limit)
    close("rounding", tables["update", 3], tables["keep", 3], limit)
    close("rounding", tables["update", 5][:2], tables["keep", 3][:2], limit)
    assert np.abs(tables["update", 5][2] - tables["keep", 3][2]).max() > 1e-3
