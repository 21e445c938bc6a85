"""Recalibrated statistics against NumPy, for every kind of model; what is refused."""

import pickle
import subprocess
import sys
import warnings
import weakref
from contextlib import nullcontext

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnlstm_compat
from bnlstm_compat import BNLSTM, BNLSTMCell, reference, spec
from bnlstm_compat.statistics import pooled, recalibration
from helpers import aged, workers
from helpers.places import ROOT
from helpers.rounding import close, within

D, H, M, T, B = 3, 4, 6, 6, 8
# float32 moments against float64 ones: the recordings' tolerance for statistics is 3e-7
# of the largest value after one step's rounding; T steps of the recurrence add up.
TOLERANCE = 2e-6


def _layer(seed=0, **options):
    keras.utils.set_random_seed(seed)
    layer = BNLSTM(H, M, return_sequences=True, **options)
    layer.build((None, T, D))
    return layer


def _data(batches=5, batch=B, steps=T, seed=1):
    """A list of batches [B,T,D]."""
    x = np.random.default_rng(seed).normal(size=(batches, batch, steps, D))
    return list((x * np.linspace(1, 2, steps)[:, None] + 0.5).astype("float32"))


def _statistics(layer):
    return {
        name: np.asarray(getattr(layer.cell, name)).copy() for name in spec.STATISTICS
    }


def _batch_moments(weights, x):
    """Moments of one batch for each row, by the reference: with momentum 0 a pass
    leaves the batch's moments in the table."""
    return reference.run(weights, x, training=True, momentum=0.0).weights.asdict()


def _expected(weights, batches, method, reached=T):
    """By its definition, from all batches at once."""
    values = np.array([len(x) for x in batches], float)[:, None, None]
    found = [_batch_moments(weights, x) for x in batches]
    expected = {}
    for site in spec.SITES:
        means = np.stack([f[f"{site}_moving_mean"] for f in found])
        variances = np.stack([f[f"{site}_moving_variance"] for f in found])
        mean = (values * means).sum(0) / values.sum()
        variance = (values * variances).sum(0) / values.sum()
        if method == "pooled":
            variance += (values * (means - mean) ** 2).sum(0) / values.sum()
        expected[f"{site}_moving_mean"] = mean[:reached]
        expected[f"{site}_moving_variance"] = variance[:reached]
    return expected


def _check(layer, expected, tolerance=TOLERANCE):
    for name, table in expected.items():
        actual = np.asarray(getattr(layer.cell, name))[: len(table)]
        scale = max(np.abs(table).max(), 1e-3)
        within("recalibration", np.abs(actual - table).max() / scale, tolerance, name)


@pytest.mark.parametrize("method", recalibration.METHODS)
def test_equals_numpy(method):
    layer, data = _layer(), _data()
    data[-1] = data[-1][:3]  # a smaller last batch counts less
    expected = _expected(layer.cell.export_weights(), data, method)
    assert bnlstm_compat.recalibrate(layer, data, method, verbose=0) is layer
    _check(layer, expected)


def test_batches_of_one_size_give_the_plain_mean_of_the_paper():
    layer, data = _layer(), _data()
    found = [_batch_moments(layer.cell.export_weights(), x) for x in data]
    bnlstm_compat.recalibrate(layer, data, verbose=0)
    _check(layer, {n: np.mean([f[n] for f in found], axis=0) for n in spec.STATISTICS})


def test_pooled_is_the_variance_of_all_rows_at_once():
    """Of x W_xh, which no normalisation precedes."""
    layer, data = _layer(), _data()
    rows = (np.stack(data) @ np.asarray(layer.cell.kernel, np.float64)).reshape(
        -1, T, 4 * H
    )
    bnlstm_compat.recalibrate(layer, data, "pooled", verbose=0)
    expected = {"input_moving_mean": rows.mean(0), "input_moving_variance": rows.var(0)}
    _check(layer, expected)


def test_pooling_does_not_cancel():
    """A mean a million times the deviation; sums of squares would lose all digits."""
    rng = np.random.default_rng(0)
    values = 1e6 + rng.normal(size=(2000, 16, 5))
    moments = pooled.PooledMoments(1, 5)
    for batch in values:
        moments.add([0], [16], batch.mean(0)[None], batch.var(0)[None])
    flat = values.reshape(-1, 5)
    # np.var's own error: the mean's rounding, 1e6 * 1e-16, squared, and 1e-16 * 1e6.
    assert np.abs(moments.variance("pooled")[0] / flat.var(0) - 1).max() < 1e-9
    assert np.abs(moments.mean[0] / flat.mean(0) - 1).max() < 1e-14


def test_rows_hit_several_times_count_as_often():
    """More steps than rows: the last row is that of all steps from there on."""
    layer, data = _layer(), _data(steps=9)
    weights = layer.cell.export_weights()
    wide = bnlstm_compat.widen(layer, 9)
    bnlstm_compat.recalibrate(layer, data, verbose=0)
    bnlstm_compat.recalibrate(wide, data, verbose=0)
    for name in spec.STATISTICS:
        ours = np.asarray(getattr(layer.cell, name))
        steps = np.asarray(getattr(wide.cell, name))
        _check(layer, {name: np.append(steps[:5], steps[5:].mean(0)[None], axis=0)})
        assert ours.shape[0] == weights.max_bn_steps


@pytest.mark.parametrize("method", recalibration.METHODS)
@pytest.mark.parametrize("padding", spec.PADDINGS)
def test_lengths(padding, method):
    """Each step by its valid rows; in v1's mode by all, up to the longest.

    Row 0 is the longest, so that in v1's mode, too, each step has a row of its own."""
    layer, data = _layer(padding=padding), _data()
    rng = np.random.default_rng(2)
    lengths = [np.append(T, rng.integers(1, T, B - 1)) for _ in data]
    lengths[0][:2] = T, T
    lengths[1][:] = 3  # from here on nothing is known of steps 3 to 5
    masks = [np.arange(T) < given[:, None] for given in lengths]
    weights = layer.cell.export_weights()
    sums = {}
    for x, given, mask in zip(data, lengths, masks, strict=True):
        found = reference.run(
            weights, x, lengths=given, padding=padding, training=True, momentum=0.0
        ).weights.asdict()
        values = mask.sum(0) if padding == "masked" else np.full(T, B) * mask.any(0)
        values = np.where(values >= 2, values, 0)[:, None]
        for site in spec.SITES:
            m, v = (found[f"{site}_moving_{kind}"] for kind in ("mean", "variance"))
            part = np.stack([values + 0 * m, values * m, values * v, values * m**2])
            sums[site] = sums.get(site, 0) + part
    expected = {}
    for site, (n, m, v, square) in sums.items():
        expected[f"{site}_moving_mean"] = m / n
        between = square / n - (m / n) ** 2 if method == "pooled" else 0
        expected[f"{site}_moving_variance"] = v / n + between
    bnlstm_compat.recalibrate(
        layer,
        list(zip(data, masks, strict=True)),
        method,
        forward=lambda model, batch: model(batch[0], mask=batch[1]),
        verbose=0,
    )
    _check(layer, expected)


def test_late_steps_that_keep_the_last_row():
    """overflow="keep": what is past the table does not count."""
    layer, data = _layer(overflow="keep"), _data(steps=9)
    wide = bnlstm_compat.widen(layer, 9)
    bnlstm_compat.recalibrate(layer, data, verbose=0)
    bnlstm_compat.recalibrate(wide, data, verbose=0)
    _check(layer, {n: table[:M] for n, table in _statistics(wide).items()})


def test_bias_corrected_averages_go_on_from_as_many_updates():
    layer, data = _layer(bias_correction=True), _data()
    bnlstm_compat.recalibrate(layer, data, verbose=0)
    assert (np.asarray(layer.cell.moving_count) == len(data)).all()
    before = np.asarray(layer.cell.cell_moving_mean)
    moments = _batch_moments(layer.cell.export_weights(), data[0])["cell_moving_mean"]
    layer(data[0], training=True)
    m, n = layer.momentum, len(data) + 1
    kept = m * (1 - m ** (n - 1)) / (1 - m**n)
    _check(layer, {"cell_moving_mean": before * kept + moments * (1 - kept)})


def test_frozen_layers():
    layer, thawed = _layer(trainable=False), _layer()
    for one in (layer, thawed):
        bnlstm_compat.recalibrate(one, _data(), verbose=0)
    _check(layer, _statistics(thawed), 0)


def test_same_bits_again_and_weights_untouched():
    layer, data = _layer(), _data()
    before = layer.cell.export_weights().asdict()
    bnlstm_compat.recalibrate(layer, data, verbose=0)
    first = layer.cell.export_weights().asdict()
    bnlstm_compat.recalibrate(layer, data, verbose=0)
    again = layer.cell.export_weights().asdict()
    for name in spec.NAMES:
        assert np.array_equal(first[name], again[name])
        assert np.array_equal(first[name], before[name]) == (name in spec.TRAINABLE)
    assert layer.cell.collector is None


def test_every_form_of_data_gives_the_same():
    data = _data()
    rows = np.concatenate(data)
    forms = {
        "list": data,
        "generator": iter(data),
        "pairs": [(x, 0) for x in data],
        "tf.data": tf.data.Dataset.from_tensor_slices(rows).batch(B),
        "array": rows,
        "tensor": tf.constant(rows),
    }
    results = {}
    for name, form in forms.items():
        layer = _layer()
        bnlstm_compat.recalibrate(layer, form, batch_size=B, verbose=0)
        results[name] = _statistics(layer)
    for name, found in results.items():
        for key, table in found.items():
            assert np.array_equal(table, results["list"][key]), name


def test_other_layers_run_as_in_inference():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((T, D)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            BNLSTM(H, M),
            keras.layers.Dense(2),
        ]
    )
    others = [np.asarray(w) for w in model.layers[0].weights]
    bare, data = _layer(), _data()
    bare.cell.import_weights(model.layers[2].cell.export_weights())
    bnlstm_compat.recalibrate(model, data, verbose=0)
    # Inference of a fresh BatchNormalization: x / sqrt(1 + 1e-3).
    scaled = [x / np.sqrt(np.float32(1.001)) for x in data]
    bnlstm_compat.recalibrate(bare, scaled, verbose=0)
    _check(model.layers[2], _statistics(bare))
    for before, after in zip(others, model.layers[0].weights, strict=True):
        assert np.array_equal(before, after)


def test_stacks_and_directions():
    keras.utils.set_random_seed(0)
    two_ways = keras.layers.Bidirectional(BNLSTM(H, M, return_sequences=True))
    top = BNLSTM(H, M, return_sequences=True)
    model = keras.Sequential([keras.Input((T, D)), two_ways, top])
    data = _data()
    ends = [two_ways.forward_layer, two_ways.backward_layer]
    expected = [
        _expected(end.cell.export_weights(), x, "mean")
        for end, x in zip(ends, (data, [x[:, ::-1] for x in data]), strict=True)
    ]
    below = [
        np.concatenate(
            [
                reference.run(end.cell.export_weights(), x, training=True).outputs[
                    :, ::step
                ]
                for end, x, step in zip(ends, (x, x[:, ::-1]), (1, -1), strict=True)
            ],
            axis=2,
        )
        for x in data
    ]
    expected.append(_expected(top.cell.export_weights(), below, "mean"))
    bnlstm_compat.recalibrate(model, data, verbose=0)
    for layer, tables in zip([*ends, top], expected, strict=True):
        # As training outputs between versions of TensorFlow:
        # recordings/cells/README.md.
        _check(layer, tables, 3e-5)


def test_cells_in_a_keras_rnn():
    layer, data = _layer(), _data()
    rnn = keras.layers.RNN([BNLSTMCell(H, M)])
    rnn.build((None, T, D))
    rnn.cell.cells[0].import_weights(layer.cell.export_weights())
    bnlstm_compat.recalibrate(layer, data, verbose=0)
    bnlstm_compat.recalibrate(rnn, data, verbose=0)
    for name, table in _statistics(layer).items():
        inner = np.asarray(getattr(rnn.cell.cells[0], name))
        apart = np.abs(inner - table).max() / np.abs(table).max()
        within("recalibration", apart, TOLERANCE, name)


def test_states_of_stateful_layers_are_put_back():
    layer = BNLSTM(H, M, stateful=True)
    layer.build((B, T, D))
    x = _data()
    layer(x[0])
    before = [np.asarray(state) for state in layer.states]
    assert before[2][0] == T
    with pytest.warns(UserWarning, match="not reached"):
        bnlstm_compat.recalibrate(layer, x[1:], verbose=0)
    for state, kept in zip(layer.states, before, strict=True):
        assert np.array_equal(state, kept)


def test_rows_not_reached_stay_and_are_named():
    layer = _layer()
    layer.cell.input_moving_mean.assign(np.full((M, 4 * H), 7.0))
    with pytest.warns(UserWarning, match="rows 4-5 .* not reached"):
        bnlstm_compat.recalibrate(layer, _data(steps=4), verbose=0)
    table = np.asarray(layer.cell.input_moving_mean)
    assert (table[4:] == 7).all()
    assert (table[:4] != 7).any(axis=1).all()


def test_rows_of_few_values_are_named():
    with pytest.warns(UserWarning, match="rows 0-5 .* fewer than 32 values"):
        bnlstm_compat.recalibrate(_layer(), _data(batches=2), verbose=0)


@pytest.mark.slow
def test_a_warning_that_is_an_error_leaves_no_cell_behind():
    models = [
        keras.Sequential([_layer(), BNLSTM(H, M, return_sequences=True)])
        for _ in range(2)
    ]
    for model, action in zip(models, ("ignore", "error"), strict=True):
        keras.utils.set_random_seed(0)
        model.build((None, T, D))
        with warnings.catch_warnings():
            warnings.simplefilter(action)
            with pytest.raises(UserWarning) if action == "error" else nullcontext():
                bnlstm_compat.recalibrate(model, _data(steps=4), verbose=0)
    for one, other in zip(*(model.weights for model in models), strict=True):
        assert np.array_equal(one, other)


def test_widened_models_infer_alike_then_have_a_row_a_step():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((None, D)),
            keras.layers.Bidirectional(BNLSTM(H, M, return_sequences=True)),
            BNLSTM(H, M),
            keras.layers.Dense(2),
        ]
    )
    model.compile("adam", "mse")
    x = _data(steps=9)
    wide = bnlstm_compat.widen(model, 9)
    assert np.array_equal(wide(x[0]), model(x[0]))
    found = bnlstm_compat.recalibrate(model, x, max_bn_steps=9, verbose=0)
    assert found is not model
    assert found.layers[1].max_bn_steps == 9
    assert found.layers[0].backward_layer.max_bn_steps == 9
    assert model.layers[1].max_bn_steps == M
    again = bnlstm_compat.recalibrate(wide, x, verbose=0)
    assert np.array_equal(again(x[0]), found(x[0]))
    assert bnlstm_compat.widen(wide, 3).layers[1].max_bn_steps == 9


def test_constants_are_not_divided_by_their_rounding():
    """Behind constant inputs h and c are constant, too: a variance of zero would make
    noise of the rounding. Zeros alone stay zeros."""
    layer, data = _layer(), _data(batches=8)
    for x in data:
        x[:, :2] = 0.5
    bnlstm_compat.recalibrate(layer, data, verbose=0)
    found = _statistics(layer)
    assert (found["input_moving_variance"][:2] == 1).all()
    assert (found["input_moving_variance"][3:] != 1).all()
    # Constant gates normalise to their offset, 0, and so c and h are 0 as well.
    for site in ("recurrent", "cell"):
        assert np.isin(found[f"{site}_moving_variance"][:2], (0, 1)).all()
    assert (found["recurrent_moving_variance"][0] == 0).all()
    expected = _batch_moments(layer.cell.export_weights(), data[0])
    for name in ("input_moving_mean", "cell_moving_mean"):
        # Sums of values below two, of D products and B rows: a dozen roundings.
        close("rounding", found[name][:2], expected[name][:2], 12 * 2.0**-23, name)


@pytest.mark.parametrize("values", [(1, 2, 3, 4), (1, -1, 1, -1)])
def test_constants_of_each_batch_have_no_variance_of_zero(values):
    """The average of the batches' variances is zero, but batches differ."""
    layer = _layer()
    data = [np.full((B, T, D), value, "float32") for value in values]
    z = np.stack([x[:, 0] for x in data]) @ np.asarray(layer.cell.kernel, np.float64)
    for method, expected in (("mean", 1.0), ("pooled", z.var((0, 1)))):
        bnlstm_compat.recalibrate(layer, data, method, verbose=0)
        found = np.asarray(layer.cell.input_moving_variance)[0]
        # The rounding of numbers up to 4 times the spread of their batches' means.
        close("rounding", found / expected, np.ones_like(found), 1e-5)


def test_rows_in_groups_without_repeats():
    groups = pooled._without_repeats(np.array([5, 0, 5, 1, 5, 1]))
    assert [list(group) for group in groups] == [[0, 1, 3], [2, 5], [4]]
    assert pooled._without_repeats(np.array([], int)) == []


def test_sums_do_not_grow():
    """What is kept of one batch is as large as what is kept of a thousand."""
    rng, sizes = np.random.default_rng(0), []
    moments = pooled.PooledMoments(3, 4)
    for _ in range(1000):
        values, mean, variance = rng.uniform(2, 9, 5), *rng.uniform(size=(2, 5, 4))
        moments.add([0, 1, 2, 2, 2], values, mean, variance)
        sizes.append(len(pickle.dumps(moments)))
    assert sizes[0] == sizes[-1]


@pytest.mark.slow
def test_memory_over_many_batches():
    """A fifth of what the benchmark does: 200,000 steps of 32 rows, 391 MB."""
    here = ROOT
    done = subprocess.run(
        [sys.executable, here / "benchmarks" / "recalibration_memory.py", "400"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_batches_are_let_go():
    """Memory does not grow with the data: batches are dropped as they come."""
    given, most = [], 0

    class Batch(np.ndarray):
        """Arrays of which weak references can be kept."""

    def data():
        nonlocal most
        for x in _data(batches=40):
            batch = x.view(Batch)
            given.append(weakref.ref(batch))
            del x
            yield batch
            del batch
            most = max(most, sum(one() is not None for one in given))

    bnlstm_compat.recalibrate(_layer(), data(), verbose=0)
    assert len(given) == 40
    assert most <= 3


@pytest.mark.slow
@pytest.mark.parametrize("name", aged.NAMES)
def test_gaps_shrink_to_the_level_between_batches(name):
    """Cells that TensorFlow 1.15.5 grew with a fault: within 30 %, the median of five
    draws of the data."""
    recording = aged.Aged(name)
    found = [aged.gaps(recording, draw, batches=100) for draw in range(5)]
    before, after, level = (
        np.median([one[key] for one in found]) for key in ("before", "after", "level")
    )
    assert after <= 1.3 * level
    # A whole table and full sequences of the right length: little is to be gained.
    assert after < before * (1.1 if name == "aged_long_table" else 1)


@pytest.mark.slow
def test_strategies():
    """Two replicas give moments of their own, whichever way the model was made."""
    assert workers.run("recalibration_worker").split()[-1] == "equal"


def test_progress(capsys):
    bnlstm_compat.recalibrate(_layer(), _data(), verbose=1)
    assert "5/5" in capsys.readouterr().out


class TestRefused:
    """Each with a clear error, and the statistics as they were."""

    @pytest.fixture
    def layer(self):
        layer = _layer()
        before = _statistics(layer)
        yield layer
        for name, table in _statistics(layer).items():
            assert np.array_equal(table, before[name])
        assert layer.cell.collector is None

    @pytest.mark.parametrize("empty", [[], np.zeros((0, T, D), "float32"), iter(())])
    def test_no_data(self, layer, empty):
        with pytest.raises(ValueError, match="empty data set"):
            bnlstm_compat.recalibrate(layer, empty, verbose=0)

    def test_endless_data(self, layer):
        data = tf.data.Dataset.from_tensors(_data()[0]).repeat()
        with pytest.raises(ValueError, match="that ends"):
            bnlstm_compat.recalibrate(layer, data, verbose=0)

    def test_an_error_without_a_message(self, layer):
        def fails(model, batch):
            raise ValueError

        with pytest.raises(ValueError, match="batch 1; ValueError"):
            bnlstm_compat.recalibrate(layer, _data(), forward=fails, verbose=0)

    def test_one_batch_of_one_row(self, layer):
        with pytest.raises(ValueError, match="two valid rows"):
            bnlstm_compat.recalibrate(layer, _data(1, 1), verbose=0)

    def test_shapes_that_do_not_fit_in_the_last_batch(self, layer):
        data = [*_data(), np.zeros((B, T, D + 1), "float32")]
        with pytest.raises(ValueError, match="batch 6"):
            bnlstm_compat.recalibrate(layer, data, verbose=0)

    def test_not_finite(self, layer):
        data = _data()
        data[3][2, 4] = np.nan
        with pytest.raises(ValueError, match="not finite"):
            bnlstm_compat.recalibrate(layer, data, verbose=0)

    def test_unknown_method(self, layer):
        with pytest.raises(ValueError, match="method='median'"):
            bnlstm_compat.recalibrate(layer, _data(), "median", verbose=0)

    @pytest.mark.parametrize("size", [0, -1, 2.5, True, "9"])
    def test_widths(self, layer, size):
        with pytest.raises(ValueError, match="max_bn_steps"):
            bnlstm_compat.recalibrate(layer, _data(), max_bn_steps=size, verbose=0)

    def test_a_data_set_that_fails(self, layer):
        def fails():
            yield _data()[0]
            raise OSError("disk gone")

        with pytest.raises(OSError, match="disk gone"):
            bnlstm_compat.recalibrate(layer, fails(), verbose=0)

    @pytest.mark.parametrize(
        "model", [keras.layers.LSTM(2), keras.Sequential([keras.layers.Dense(1)]), None]
    )
    def test_no_cell(self, model):
        with pytest.raises(ValueError, match="Expected a"):
            bnlstm_compat.recalibrate(model, _data(), verbose=0)

    def test_not_built(self):
        with pytest.raises(ValueError, match="no weights yet"):
            bnlstm_compat.recalibrate(BNLSTM(H, M), _data(), verbose=0)
