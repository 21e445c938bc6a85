"""``convert --max-bn-steps``: one row a step where the checkpoint has fewer."""

import json

import keras
import numpy as np
import pytest

import bnlstm_compat
from bnlstm_compat import spec
from helpers import aged, checkpoints, recorded
from migrate.bits import same_bits
from migrate.cli.main import main
from migrate.models.cells import cells_of
from migrate.output import write as writers
from migrate.sources.checkpoint import Checkpoint

CKPT = recorded.FOLDER / "tf-1.15.5" / "ckpt"
ROWS = checkpoints.M + 4


def _run(*argv):
    return main(list(map(str, argv)))


def _models(out, suffix=".keras"):
    return [keras.saving.load_model(path) for path in sorted(out.glob(f"*{suffix}"))]


def _report(out):
    return json.loads((out / "report.json").read_text())


def _expect_same(prefix, again):
    source, found = Checkpoint(prefix), Checkpoint(again)
    assert dict(source.entries) == dict(found.entries)
    for name, array in source.items():
        assert same_bits(array, found[name]), name


@pytest.fixture
def prefix(tmp_path):
    """Two directions and a stack, one of whose tables is as long as is asked for."""
    cells = checkpoints.cell("both/fw/BNLSTMCell")
    cells |= checkpoints.cell("both/bw/BNLSTMCell", seed=1)
    cells |= checkpoints.cell("deep/multi_rnn_cell/cell_0/BNLSTMCell", seed=2)
    cells |= checkpoints.cell(
        "deep/multi_rnn_cell/cell_1/BNLSTMCell",
        input_dim=checkpoints.H,
        max_bn_steps=ROWS,
        seed=3,
    )
    cells["plain/lstm_cell/kernel"] = np.ones((7, 16), np.float32)
    cells["plain/lstm_cell/bias"] = np.ones(16, np.float32)
    return checkpoints.write(tmp_path / "model.ckpt", cells)


@pytest.mark.slow
def test_wider_tables_compute_the_same(prefix, tmp_path, capfd):
    """To the bit in inference, for sequences of any length; verify says so, and
    revert gives the checkpoint."""
    assert _run("convert", prefix, tmp_path / "as_is") == 0
    assert _run("convert", prefix, tmp_path / "wide", "--max-bn-steps", ROWS) == 0
    said = capfd.readouterr().out
    assert f"Widened to {ROWS} rows of statistics: both, deep." in said
    pairs = zip(_models(tmp_path / "as_is"), _models(tmp_path / "wide"), strict=True)
    for old, new in pairs:
        x = np.random.default_rng(0).normal(size=(3, ROWS + 2, old.input_shape[2]))
        for length in (checkpoints.M, ROWS + 2):
            given = x[:, :length].astype("float32")
            assert np.array_equal(new(given), old(given))
        for cell in cells_of(new):
            assert getattr(cell, "max_bn_steps", ROWS) == ROWS
    assert _run("verify", prefix, tmp_path / "wide") == 0
    assert "Equal: 5 of 5" in capfd.readouterr().out
    assert _run("diff", prefix, tmp_path / "wide") == 0
    assert _run("revert", tmp_path / "wide", tmp_path / "again") == 0
    _expect_same(prefix, tmp_path / "again")
    told = {
        rnn["scope"]: rnn["widened_to"] for rnn in _report(tmp_path / "wide")["rnns"]
    }
    assert told == {"both": ROWS, "deep": ROWS, "plain": None}


@pytest.mark.parametrize("name", ["aged_olavhn", "comment_dynamic"])
def test_rows_that_all_steps_shared(name, tmp_path, capfd):
    """The layouts with one row."""
    out = tmp_path / "wide"
    assert _run("convert", CKPT / name, out, "--max-bn-steps", 10) == 0
    (model,) = _models(out)
    (cell,) = cells_of(model)
    assert cell.max_bn_steps == 10
    assert _run("verify", CKPT / name, out) == 0
    assert _run("revert", out, tmp_path / "again") == 0
    _expect_same(CKPT / name, tmp_path / "again")


def test_every_format(prefix, tmp_path):
    out, kinds = tmp_path / "wide", tuple(writers.MODELS)
    assert (
        _run("convert", prefix, out, "--max-bn-steps", 7, "--format", ",".join(kinds))
        == 0
    )
    for kind in kinds:
        again = tmp_path / f"again-{kind}"
        assert _run("revert", out, again, "--format", kind) == 0
        _expect_same(prefix, again)


def test_rows_that_have_their_own_values_are_not_lost(tmp_path, capfd):
    """Recalibrated: verify says different, revert and diff refuse and say what to do;
    and the gap has shrunk, as for a layer that recalibrate itself widens."""
    recording, out = aged.Aged("aged_beyond"), tmp_path / "wide"
    assert _run("convert", recording.prefix, out, "--max-bn-steps", aged.STEPS) == 0
    assert _run("convert", recording.prefix, tmp_path / "as_is") == 0
    (path,) = out.glob("*.keras")
    (model,), (as_is,) = _models(out), _models(tmp_path / "as_is")
    data = [recording.batch(seed)[0] for seed in range(8)]
    bnlstm_compat.recalibrate(model, data, verbose=0)
    other = bnlstm_compat.recalibrate(as_is, data, max_bn_steps=aged.STEPS, verbose=0)
    for a, b in zip(model.weights, other.weights, strict=True):
        assert np.array_equal(a, b), a.path
    (cell,) = cells_of(model)
    assert len(np.unique(cell.cell_moving_mean, axis=0)) == aged.STEPS
    model.save(path)
    capfd.readouterr()
    assert _run("verify", recording.prefix, out) == 1
    said = capfd.readouterr().out
    assert "rows 6-9, which were copies of the last (weights)" in said
    for argv in (
        ("revert", out, tmp_path / "again"),
        ("diff", recording.prefix, out),
    ):
        assert _run(*argv) == 2
        error = capfd.readouterr().err
        assert error.count("\n") == 1
        assert "convert without --max-bn-steps" in error
    assert not list(tmp_path.glob("again*"))


def test_tables_that_are_long_enough_stay(prefix, tmp_path, capfd):
    out = tmp_path / "out"
    assert _run("convert", prefix, out, "--max-bn-steps", 2) == 0
    assert "Nothing was widened: no table has fewer rows than 2." in (
        capfd.readouterr().out
    )
    assert {rnn["widened_to"] for rnn in _report(out)["rnns"]} == {None}


@pytest.mark.parametrize("rows", ["0", "-3", "2.5", "many", ""])
def test_bad_numbers_of_rows(rows, prefix, tmp_path, capfd):
    assert _run("convert", prefix, tmp_path / "out", "--max-bn-steps", rows) == 2
    assert "whole number from 1" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("by_step", [False, True])
def test_rows_of_weights(by_step):
    rng = np.random.default_rng(0)
    weights = bnlstm_compat.BNLSTMWeights(
        **{
            one.name: rng.uniform(size=one.shape(3, 2, 4, by_step))
            for one in spec.WEIGHTS
        }
    )
    wide = weights.with_rows(6)
    assert wide.max_bn_steps == 6
    for name, table in wide.asdict().items():
        own = getattr(weights, name)
        rows = name in spec.STATISTICS or (by_step and name in spec.AFFINE)
        expected = np.concatenate([own, own[-1:], own[-1:]]) if rows else own
        assert np.array_equal(table, expected), name
        assert np.array_equal(getattr(wide.with_rows(4), name), own)
