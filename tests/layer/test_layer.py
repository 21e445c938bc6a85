"""The layers as Keras layers: configuration, saving, shapes, states, cost in T."""

import inspect
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnlstm_compat
from bnlstm_compat import BNLSTM, BNLSTMCell, BNLSTMWeights, reference, spec
from bnlstm_compat.compute.updates import updated_statistics
from helpers.filled_layers import B, D, H, M, T, filled, needs_bfloat16, random_weights
from helpers.rounding import ROUNDINGS, close, limits, moved

OPTIONS = {
    "activation": "relu",
    "recurrent_activation": "hard_sigmoid",
    "kernel_initializer": keras.initializers.Constant(0.5),
    "recurrent_initializer": keras.initializers.RandomUniform(-0.1, 0.1, seed=3),
    "beta_initializer": "ones",
    "gamma_initializer": keras.initializers.Constant(0.3),
    "unit_forget_bias": False,
    "kernel_regularizer": keras.regularizers.L2(0.1),
    "recurrent_regularizer": keras.regularizers.L1(0.2),
    "beta_regularizer": keras.regularizers.L2(0.3),
    "gamma_regularizer": keras.regularizers.L1(0.4),
    "kernel_constraint": keras.constraints.MaxNorm(1.5),
    "recurrent_constraint": keras.constraints.NonNeg(),
    "beta_constraint": keras.constraints.UnitNorm(),
    "gamma_constraint": keras.constraints.NonNeg(),
    "activity_regularizer": keras.regularizers.L2(0.5),
    "dropout": 0.1,
    "recurrent_dropout": 0.2,
    "seed": 7,
    "momentum": 0.5,
    "epsilon": 1e-3,
    "padding": "v1",
    "overflow": "keep",
    "bias_correction": True,
    "affine_per_step": True,
    "synchronized": True,
    "mode": "xla",
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "unroll": True,
    "zero_output_for_mask": True,
    "name": "other",
    "trainable": False,
    "dtype": "float64",
}


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((B, T, D)).astype(np.float32)


def _arguments(cls):
    return set(inspect.signature(cls.__init__).parameters) - {"self", "kwargs"}


@pytest.mark.parametrize("cls", [BNLSTM, BNLSTMCell])
def test_config_round_trip_of_every_argument(cls):
    names = _arguments(cls) | {"name", "trainable", "dtype"}
    if cls is BNLSTM:
        assert names - {"units", "max_bn_steps"} == set(OPTIONS)
    options = {name: value for name, value in OPTIONS.items() if name in names}
    layer = cls(H, M, **options)
    default, config = cls(H, M).get_config(), layer.get_config()
    for name in options:
        assert config[name] != default[name], f"{name} is tested at its default"
    again = cls.from_config(config)
    assert again.get_config() == config
    json.dumps(config)  # what is saved has to be plain
    for name in _arguments(BNLSTMCell):
        one, other = getattr(layer, name), getattr(again, name)
        if hasattr(one, "get_config"):
            one, other = (type(a).__name__ + str(a.get_config()) for a in (one, other))
        assert one == other, name


def test_every_argument_of_lstm_that_has_a_meaning_here():
    renamed = {"use_bias", "bias_initializer", "bias_regularizer", "bias_constraint"}
    of_lstm = _arguments(keras.layers.LSTM) - renamed - {"use_cudnn", "implementation"}
    assert of_lstm <= _arguments(BNLSTM)


def _models():
    inputs = keras.Input((None, D))
    single = keras.Sequential([inputs, BNLSTM(H, M, activation="relu", momentum=0.5)])
    pair = keras.Sequential([inputs, keras.layers.Bidirectional(BNLSTM(H, M))])
    cells = keras.layers.RNN([BNLSTMCell(H, M), BNLSTMCell(2, M)])
    return {
        "single": single,
        "pair": pair,
        "cells": keras.Sequential([inputs, cells]),
    }


@pytest.mark.parametrize("kind", ["single", "pair", "cells"])
def test_saved_files_give_the_same_bits(kind, x, tmp_path):
    model = _models()[kind]
    model(x, training=True)  # statistics of their own
    expected = model(x).numpy()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), expected)
    model.save_weights(tmp_path / "model.weights.h5")
    other = _models()[kind]
    assert np.abs(other(x).numpy() - expected).max() > 0
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(other(x), expected)


def test_weights_are_created_in_the_order_of_the_spec():
    layer = filled()
    assert [v.name for v in layer.cell.weights if v.trainable] == list(spec.TRAINABLE)
    names = [v.name for v in layer.cell.non_trainable_weights]
    assert names == list(spec.STATISTICS)
    assert len(layer.weights) == len(spec.WEIGHTS)


def test_outputs_and_states(x):
    whole, *states = filled(return_sequences=True, return_state=True)(x)
    last = filled()(x)
    assert whole.shape == (B, T, H)
    assert [tuple(s.shape) for s in states] == [(B, H), (B, H), (B, 1)]
    np.testing.assert_array_equal(whole[:, -1], last)
    np.testing.assert_array_equal(states[0], last)
    np.testing.assert_array_equal(states[2], np.full((B, 1), T))
    halves = filled(return_state=True)
    _, *between = halves(x[:, :2])
    again, *_ = halves(x[:, 2:], initial_state=between)
    close("rounding", again, last, limits(random_weights(), x, paths=2)["outputs"])


def test_stateful_goes_on_where_it_stopped(x):
    layer = filled(stateful=True)
    layer(x[:, :2])
    again = layer(x[:, 2:])
    limit = limits(random_weights(), x, paths=2)["outputs"]
    close("rounding", again, filled()(x), limit)
    layer.reset_state()
    np.testing.assert_array_equal(layer(x[:, :2]), filled()(x[:, :2]))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("unroll", [False, True])
def test_unrolled_and_reversed_agree_with_the_reference(x, training, backwards, unroll):
    lengths = np.array([3, 6, 1, 5])
    mask = np.arange(T) < lengths[:, None]
    layer = filled(
        padding="v1", return_sequences=True, go_backwards=backwards, unroll=unroll
    )
    given = x.copy()
    if backwards:
        for row, length in enumerate(lengths):
            given[row, :length] = x[row, :length][::-1]
    options = {"lengths": lengths, "padding": "v1", "training": training}
    expected = reference.run(random_weights(), given, **options)
    outputs = expected.outputs
    if backwards:  # right-aligned, as Bidirectional wants it
        outputs = np.stack(
            [np.roll(y, T - n, axis=0) for y, n in zip(outputs, lengths, strict=True)]
        )
    actual = layer(x, mask=mask, training=training)
    allowed = limits(random_weights(), given, **options)
    close("rounding", actual, outputs, allowed["outputs"])
    after = layer.cell.export_weights().asdict()
    for name, table in expected.weights.asdict().items():
        close("rounding", after[name], table, allowed[name], name)


def test_unknown_batch_and_time(x):
    inputs = keras.Input((None, D))
    model = keras.Model(inputs, BNLSTM(H, M, return_sequences=True)(inputs))
    assert model.output.shape == (None, None, H)
    for steps in (2, T):
        assert model.predict(x[:, :steps], verbose=0).shape == (B, steps, H)


@pytest.mark.parametrize(
    "jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_fit_moves_weights_and_statistics(x, jit_compile):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, D))
    y = keras.layers.Dense(1)(BNLSTM(H, T)(inputs))
    model = keras.Model(inputs, y)
    model.compile(keras.optimizers.Adam(0.05), "mse", jit_compile=jit_compile)
    before = [v.value.numpy() for v in model.weights]
    target = x[:, :, :1].sum(axis=1)
    history = model.fit(x, target, epochs=30, batch_size=B, verbose=0).history["loss"]
    assert history[-1] < 0.9 * history[0]
    for old, variable in zip(before, model.weights, strict=True):
        changed = np.abs(old - variable.value.numpy()).max()
        assert changed > 0, variable.path


def test_an_unrolled_loop_has_no_gradients_of_slices_by_step():
    """Each would be as large as the sequence, and the cost quadratic in T."""
    counts = []
    for steps in (T, 3 * T):
        layer = BNLSTM(H, M, return_sequences=True, unroll=True)
        layer.build((B, steps, D))

        @tf.function
        def gradients(x, layer=layer):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(layer(x, training=True))
            return tape.gradient(loss, layer.trainable_variables)

        graph = gradients.get_concrete_function(tf.TensorSpec((B, steps, D))).graph
        types = [op.type for op in graph.get_operations()]
        assert not {"While", "StatelessWhile"} & {*types}
        assert types.count("Tanh") >= 2 * steps  # the backward pass computes one again
        counts.append(types.count("StridedSliceGrad"))
    assert counts[0] == counts[1]


def test_no_quadratic_cost_in_steps():
    """The loops' bodies do not depend on T, nor hold a gradient as large as x."""
    sizes = []
    for steps in (800, 1600):  # beyond FEW_ROWS; small zeros would be constants
        layer = BNLSTM(H, steps, return_sequences=True, mode="plain")
        layer.build((B, steps, D))

        @tf.function
        def gradients(x, layer=layer):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(layer(x, training=True))
            return tape.gradient(loss, layer.trainable_variables)

        graph = gradients.get_concrete_function(tf.TensorSpec((B, steps, D))).graph
        bodies = [
            f
            for f in graph.as_graph_def().library.function
            if "while" in f.signature.name
        ]
        ops_in_bodies = [node.op for f in bodies for node in f.node_def]
        assert ops_in_bodies
        # What would make each step of the backward pass as large as the sequence.
        assert not {"StridedSliceGrad", "UnsortedSegmentSum"} & set(ops_in_bodies)
        sizes.append((len(graph.get_operations()), len(ops_in_bodies)))
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("function", [False, True])
@pytest.mark.parametrize("stacked", [False, True])
def test_keras_probes_do_not_move_statistics(x, unroll, function, stacked):
    """Keras's loop calls a cell more often than there are steps."""
    cells = [BNLSTMCell(H, T), BNLSTMCell(H, T)] if stacked else [BNLSTMCell(H, T)]
    sizes = (D, H)
    for cell, size in zip(cells, sizes, strict=False):
        cell.build((None, size))
        cell.built = True
    starts = [cell.export_weights().asdict() for cell in cells]
    loop = keras.layers.RNN(cells if stacked else cells[0], unroll=unroll)
    call = tf.function(loop) if function else loop
    call(tf.constant(x), training=True)

    def after(arrays):
        """All weights after the pass, by (number of the cell, name)."""
        given, found = arrays["x"], {}
        for number, start in enumerate(starts):
            mine = {name: arrays[number, name] for name in start}
            result = reference.run(BNLSTMWeights(**mine), given, training=True)
            given = result.outputs
            new = result.weights.asdict()
            found |= {(number, name): table for name, table in new.items()}
        return found

    arrays = {(i, name): a for i, one in enumerate(starts) for name, a in one.items()}
    arrays["x"] = x
    allowed = moved(after, arrays)
    for (number, name), table in after(arrays).items():
        mine = cells[number].export_weights().asdict()[name]
        # Where nothing moves there is still the rounding of the update.
        limit = ROUNDINGS * max(allowed[number, name], 2.0**-24)
        close("rounding", mine, table, limit, name)


def test_statistics_hit_several_times_are_folded_in_order():
    rng = np.random.default_rng(0)
    table, batch = rng.standard_normal((5, 3)), rng.standard_normal((6, 3))
    rows = np.array([1, 2, 3, 3, 3, -1])
    expected = table.copy()
    for row, value in zip(rows, batch, strict=True):
        if row >= 0:
            expected[row] = expected[row] * 0.9 + value * (1 - 0.9)
    actual = updated_statistics(
        tf.constant(table), tf.constant(batch), tf.constant(rows, tf.int32), 0.9
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-14)
    np.testing.assert_array_equal(actual[0], table[0])
    np.testing.assert_array_equal(actual[4], table[4])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"units": 0, "max_bn_steps": 3}, "units=0"),
        ({"units": 2.5, "max_bn_steps": 3}, "units=2.5"),
        ({"units": 2, "max_bn_steps": 0}, "max_bn_steps=0"),
        ({"units": 2, "max_bn_steps": 3, "momentum": 1.0}, "momentum=1.0"),
        ({"units": 2, "max_bn_steps": 3, "momentum": -0.1}, "momentum=-0.1"),
    ],
)
def test_arguments_out_of_range(arguments, words):
    for make in (BNLSTM, BNLSTMCell):
        with pytest.raises(ValueError, match="Received") as caught:
            make(**arguments)
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("policy", "highest"),
    [
        pytest.param("mixed_bfloat16", 256, marks=needs_bfloat16),
        ("mixed_float16", 2048),
    ],
)
def test_a_counter_that_could_not_count_is_refused(policy, highest):
    x = np.zeros((2, 3, 1), np.float32)
    keras.layers.RNN(BNLSTMCell(2, highest, dtype=policy))(x)
    with pytest.raises(ValueError, match=f"counts to {highest} at most"):
        keras.layers.RNN(BNLSTMCell(2, highest + 1, dtype=policy))(x)
    # The layer keeps its counter apart from the compute dtype.
    *_, step = BNLSTM(2, highest + 1, dtype=policy, return_state=True)(x)
    assert step.dtype == tf.float32


def test_wrong_rank(x):
    with pytest.raises(ValueError, match="ndim=3"):
        BNLSTM(H, M)(x[0])


def test_left_padding_is_refused(x):
    mask = np.arange(T) >= np.array([0, 2, 1, 0])[:, None]
    with pytest.raises(ValueError, match="right-padded"):
        BNLSTM(H, M)(x, mask=mask)


def test_importing_weights_of_another_shape():
    layer = filled()
    other = random_weights(max_bn_steps=M + 1)
    with pytest.raises(ValueError, match="recurrent_moving_mean of shape"):
        layer.cell.import_weights(other)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("cell_gamma", lambda a: a[:-1], "cell_gamma has shape (4,) instead of (5,)"),
        ("kernel", lambda a: a[0], "kernel has 1 dimensions instead of 2"),
        ("input_gamma", lambda a: a.astype(np.float16), "dtypes are"),
    ],
)
def test_weights_are_checked(name, change, words):
    arrays = random_weights().asdict()
    arrays[name] = change(arrays[name])
    with pytest.raises(ValueError, match="do not make one") as caught:
        BNLSTMWeights(**arrays)
    assert words in str(caught.value)


def test_public_names_have_docstrings_with_their_source():
    others = {"keep_memory": "GNU C Library", "exporting": "LiteRT's documentation"}
    for name in bnlstm_compat.__all__:
        source = others.get(name, "arXiv 1603.09025")
        assert source in getattr(bnlstm_compat, name).__doc__, name
