"""Every verb of the shell is a function that gives plain data."""

import dataclasses
import importlib.metadata
import inspect
import json

import keras
import numpy as np
import pytest

import bnlstm_compat
import legacy
import migrate
from helpers import checkpoints, recorded
from helpers.fresh import fresh
from migrate.cli.main import main

PREFIX = recorded.FOLDER / "tf-1.15.5" / "ckpt" / "bidirectional"
VERBS = ("inspect", "convert", "verify", "revert", "diff", "diagnose")


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    return migrate.convert(PREFIX, tmp_path_factory.mktemp("api") / "out")


def test_names_and_docstrings():
    assert set(VERBS) < set(migrate.__all__)
    for name in (*VERBS, "load", "load_optimizer", "read"):
        text = inspect.getdoc(getattr(migrate, name))
        assert "Args:" in text, name
        assert "Raises:" in text, name


def test_versions_and_console_scripts():
    for package in (bnlstm_compat, legacy, migrate):
        assert package.__version__ == importlib.metadata.version("bnlstm-compat")
    scripts = importlib.metadata.entry_points(group="console_scripts")
    for name in ("bnlstm-migrate", "bnlstm-legacy"):
        (script,) = scripts.select(name=name)
        with pytest.raises(SystemExit) as ended:
            script.load()(["--help"])
        assert ended.value.code == 0


def test_inspect_gives_what_the_shell_prints(capfd):
    found = migrate.inspect(PREFIX)
    assert dataclasses.is_dataclass(found)
    assert main(["inspect", str(PREFIX), "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == found.asdict()
    assert "bidirectional_rnn/fw/BNLSTMCell: per-step, D 5, H 6, M 8" in repr(found)


def test_convert_verify_revert_diff(converted, tmp_path):
    assert dataclasses.is_dataclass(converted)
    assert "bidirectional_rnn (bidirectional)" in repr(converted)
    assert "epsilon 1e-05 (assumed)" in repr(converted)
    proof = migrate.verify(PREFIX, converted.out)
    assert dataclasses.is_dataclass(proof)
    assert repr(proof).startswith("Equal")
    made = migrate.revert(converted.out, tmp_path / "model.ckpt")
    assert made.changed == []
    assert "57 variables" in repr(made)
    assert migrate.diff(PREFIX, tmp_path / "model.ckpt") == []


def test_diagnose():
    found = migrate.diagnose(recorded.FOLDER / "tf-1.15.5" / "ckpt" / "aged_constant")
    assert not found.healthy
    assert all(dataclasses.is_dataclass(case) for case in found.cases)
    assert "rnn/BNLSTMCell: per-step" in repr(found)


def test_read_takes_settings():
    scope, weights = next(iter(migrate.read(PREFIX).items()))
    shifted = migrate.read(PREFIX, settings=migrate.Settings(forget_bias=1.0))[scope]
    units = weights.units
    np.testing.assert_array_equal(
        shifted.recurrent_beta[:units],
        (weights.recurrent_beta[:units].astype(np.float64) + 1).astype(np.float32),
    )
    np.testing.assert_array_equal(
        shifted.recurrent_beta[units:], weights.recurrent_beta[units:]
    )


def test_a_forget_bias_goes_there_and_back(tmp_path):
    """Rounded in the sum, it comes back to the bit, whatever the layout."""
    for name in ("bidirectional", "olavhn", "comment_static"):
        prefix, out = PREFIX.with_name(name), tmp_path / name
        migrate.convert(prefix, out, settings=migrate.Settings(forget_bias=0.7))
        migrate.revert(out, tmp_path / f"{name}.ckpt")
        assert migrate.diff(prefix, tmp_path / f"{name}.ckpt") == []
        assert migrate.verify(prefix, out).equal(1e-5)


def test_a_layout_of_a_scope_that_is_not_there_lists_the_scopes(tmp_path, capfd):
    """Even if the text stands in a sentence about another scope."""
    variables = checkpoints.cell("net/rnn/Cell")
    broken = checkpoints.cell("other/rnn/Cell")
    del broken["other/rnn/Cell/hh/scale"]
    prefix = checkpoints.write(tmp_path / "m", variables | broken)
    for scope in ("Cell", "rnn", "other"):
        with pytest.raises(migrate.MigrateError) as caught:
            migrate.inspect(prefix, layouts={scope: "per-step"})
        assert "net/rnn/Cell" in str(caught.value)
        assert main(["inspect", prefix, "--layout", f"{scope}=per-step"]) == 2
        assert "net/rnn/Cell" in capfd.readouterr().err


def test_building_draws_nothing_and_patches_nothing(converted, monkeypatch):
    """A model's saved initializers are Keras's own, but none was called."""
    before = keras.initializers.Orthogonal.__call__

    def drawn(*_, **__):
        raise AssertionError("an orthogonal matrix was drawn")

    monkeypatch.setattr(keras.initializers.Orthogonal, "__call__", drawn)
    out = f"{converted.out}-again"
    again = migrate.convert(PREFIX, out)
    assert migrate.verify(PREFIX, again.out).equal(1e-5)
    monkeypatch.undo()
    assert keras.initializers.Orthogonal.__call__ is before
    model = keras.saving.load_model(f"{out}/bidirectional_rnn.keras")
    cell = model.layers[-1].forward_layer.cell
    for initializer in (cell.kernel_initializer, cell.recurrent_initializer):
        assert isinstance(initializer, keras.initializers.Orthogonal)


@pytest.mark.parametrize(
    "code",
    [
        "import migrate; migrate.Settings(epsilon=1e-3)",
        pytest.param("import migrate.cells.layouts", marks=pytest.mark.slow),
        pytest.param("import migrate.proof.compare", marks=pytest.mark.slow),
    ],
)
def test_whatever_is_imported_first(code):
    """Importing Keras imports layers of this package, in the middle of its modules."""
    fresh(code)
