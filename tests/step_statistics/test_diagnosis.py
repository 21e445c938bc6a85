"""Faults of population statistics: all that are there, none that are not."""

import dataclasses
import json

import keras
import numpy as np
import pytest

import bnlstm_compat
import migrate
from bnlstm_compat import BNLSTM
from bnlstm_compat.statistics import checks
from bnlstm_compat.statistics.findings import row_ranges
from helpers import aged, recorded
from helpers.places import SHARED

# Fault and rows, told from the checkpoint alone, and what T and lengths add.
ALONE = {
    "aged_healthy": {},
    "aged_long_table": {"never updated": range(10, 16)},
    "aged_beyond": {"raced": [5]},
    "aged_young": {"hardly updated": range(10)},
    "aged_constant": {"zero variance": range(4)},
    "aged_lengths": {"hardly updated": [9]},
}
LENGTHS = {
    "padding counted": range(2, 10),
    "row of the first sequence": range(2, 10),
}


def _faults(found):
    return {one.fault: list(one.rows) for one in found.findings}


def _lists(faults):
    return {fault: list(rows) for fault, rows in faults.items()}


@pytest.mark.parametrize("name", aged.PER_STEP)
def test_every_fault_and_its_rows(name):
    recording = aged.Aged(name)
    (found,) = bnlstm_compat.diagnose(recording.weights)
    assert _faults(found) == _lists(ALONE[name])
    assert found.updates == recording.meta["passes"]
    (found,) = bnlstm_compat.diagnose(
        recording.weights, steps=aged.STEPS, lengths=recording.lengths
    )
    more = LENGTHS if name == "aged_lengths" else {}
    assert _faults(found) == _lists(ALONE[name] | more)
    for one in found.findings:
        assert one.seen
        assert one.effect
        assert one.cure
    if name == "aged_long_table":
        assert found.findings[0].effect.startswith("none at 10 steps")
    if name == "aged_young":
        assert "66%" in found.findings[0].seen


@pytest.mark.parametrize("name", aged.PER_STEP)
def test_gap_is_what_tensorflow_1_measured(name):
    recording = aged.Aged(name)
    (found,) = bnlstm_compat.diagnose(
        recording.weights, x=recording.x, lengths=recording.lengths
    )
    # Outputs differ by up to 3e-5 of the largest; of their gap that is less than 1e-3.
    assert found.gap == pytest.approx(recording.gap, rel=1e-3)
    seen = " ".join(one.seen for one in found.findings)
    assert ("constant at steps 0-2" in seen) == (name == "aged_constant")
    json.dumps(found.asdict())


@pytest.mark.shared("real", "seqsleepnet_1chan_eeg")
def test_a_published_model_has_none():
    prefix = SHARED / "real/seqsleepnet_1chan_eeg/pretrained_model.ckpt"
    cells = migrate.read(prefix)
    assert len(cells) == 4
    for weights in cells.values():
        (found,) = bnlstm_compat.diagnose(weights, steps=weights.max_bn_steps)
        assert found.findings == ()


@pytest.mark.parametrize(("version", "name"), recorded.ALL)
def test_a_few_passes_are_young_and_nothing_else(version, name):
    recording = recorded.load(version, name)
    for weights in migrate.read(recording.checkpoint).values():
        (found,) = bnlstm_compat.diagnose(weights)
        assert list(_faults(found)) == ["hardly updated"]


def _healthy(**changes):
    """The healthy cell, with rows of every table changed by functions."""
    weights = aged.Aged("aged_healthy").weights
    tables = {}
    for site in ("recurrent", "input", "cell"):
        for kind, change in changes.items():
            name = f"{site}_moving_{kind}"
            tables[name] = change(getattr(weights, name).copy())
    return dataclasses.replace(weights, **tables)


def _set(row, value):
    def change(table):
        table[row] = table[row] * value
        return table

    return change


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["mean", "variance"])
def test_not_finite(kind, value):
    weights = aged.Aged("aged_healthy").weights
    table = getattr(weights, f"input_moving_{kind}").copy()
    table[4, 7] = value
    weights = dataclasses.replace(weights, **{f"input_moving_{kind}": table})
    (found,) = bnlstm_compat.diagnose(weights)
    assert _faults(found) == {"non-finite": [4]}


def test_negative_variance():
    (found,) = bnlstm_compat.diagnose(_healthy(variance=_set(6, -1)))
    assert _faults(found) == {"non-finite": [6]}


def test_jumps():
    (found,) = bnlstm_compat.diagnose(_healthy(variance=_set(slice(5, None), 12)))
    assert _faults(found) == {"jump": [5]}
    (found,) = bnlstm_compat.diagnose(_healthy(mean=_set(5, -3)))
    assert _faults(found) == {"jump": [5]}


def test_large_variances_are_not_young():
    """As with gamma near 1: what is left of the 1 would be alike at all sites."""
    large = _healthy(variance=lambda t: 100 * t, mean=lambda t: 10 * t)
    (found,) = bnlstm_compat.diagnose(large)
    assert min(found.left[1:]) > checks.LEFT
    assert found.findings == ()


def test_corrected_averages_hold_nothing_of_the_start():
    layer = BNLSTM(8, 10, bias_correction=True)
    layer.build((None, 10, 4))
    layer.cell.import_weights(aged.Aged("aged_young").weights)
    (found,) = bnlstm_compat.diagnose(layer)
    assert found.findings == ()


@pytest.mark.parametrize("name", aged.PER_STEP)
def test_nothing_is_left_to_recalibrate(name):
    recording = aged.Aged(name)
    layer = BNLSTM(recording.weights.units, 10, return_sequences=True)
    layer.build((None, 10, 4))
    layer.cell.import_weights(recording.weights.with_rows(10))
    data = [recording.batch(number)[0] for number in range(20)]
    bnlstm_compat.recalibrate(layer, data, verbose=0)
    (found,) = bnlstm_compat.diagnose(layer, steps=10)
    assert found.findings == ()


def test_two_lengths_are_a_span_and_a_list_is_of_rows():
    recording = aged.Aged("aged_healthy")

    def gap(lengths):
        (found,) = bnlstm_compat.diagnose(
            recording.weights, x=recording.x[:2], lengths=lengths
        )
        return found.gap

    assert gap((2, 10)) == gap(None)
    assert gap([2, 10]) == gap(np.array([2, 10])) != gap(None)


@pytest.mark.parametrize("seed", range(5))
def test_any_three_hundred_passes_are_healthy(seed):
    """Noise of the average alone: batches of 32 under an average of about 20."""
    rng = np.random.default_rng(seed)
    weights = aged.Aged("aged_healthy").weights
    tables = {}
    for site in ("recurrent", "input", "cell"):
        mean = getattr(weights, f"{site}_moving_mean").astype(float)
        variance = getattr(weights, f"{site}_moving_variance").astype(float)
        noise = rng.normal(size=(2, *mean.shape)) / np.sqrt(32 * 39)
        mean[1:] += (noise[0] * np.sqrt(variance))[1:]
        variance[1:] *= (1 + np.sqrt(2) * noise[1])[1:]
        tables[f"{site}_moving_mean"] = mean.astype("float32")
        tables[f"{site}_moving_variance"] = variance.astype("float32")
    (found,) = bnlstm_compat.diagnose(dataclasses.replace(weights, **tables))
    assert found.findings == ()


def test_short_tables_need_the_number_of_steps():
    weights = _healthy(mean=lambda t: t[:1], variance=lambda t: t[:1])
    (found,) = bnlstm_compat.diagnose(weights)
    assert found.findings == ()
    (found,) = bnlstm_compat.diagnose(weights, steps=10)
    assert _faults(found) == {"raced": [0]}


def test_layers_and_models():
    model = keras.Sequential(
        [
            keras.Input((None, 4)),
            keras.layers.Bidirectional(
                BNLSTM(8, 10, return_sequences=True, name="low")
            ),
            BNLSTM(3, 10, name="top"),
        ]
    )
    found = bnlstm_compat.diagnose(model)
    assert [one.name for one in found] == [
        "forward_low",
        "backward_low",
        "top",
    ]
    for one in found:
        assert _faults(one) == {"never updated": list(range(10))}
        assert one.updates == 0
    model.layers[0].forward_layer.cell.import_weights(aged.Aged("aged_young").weights)
    found = bnlstm_compat.diagnose(model)
    assert _faults(found[0]) == {"hardly updated": list(range(10))}


@pytest.mark.parametrize(
    "x", [np.zeros((2, 3)), np.zeros((2, 3, 5)), np.zeros((0, 3, 4))]
)
def test_inputs_that_do_not_fit(x):
    with pytest.raises(ValueError, match=r"\[B,T,4\]"):
        bnlstm_compat.diagnose(aged.Aged("aged_healthy").weights, x=x)


def test_row_ranges():
    assert row_ranges([0, 1, 2, 5, 7, 8]) == "0-2, 5, 7-8"
    assert row_ranges([]) == ""
