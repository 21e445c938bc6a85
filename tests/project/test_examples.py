"""The examples do what they say; recorded results of TensorFlow 1 are met."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from helpers.places import ROOT

EXAMPLES = ROOT / "examples"
# Real TensorFlow 0.12.1 and 1.15.5 differ by this (tests/recordings/cells/README.md).
INFERENCE = 6e-7
LOSSES = 2e-6


def _run(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main()


def _apart(one, other):
    return np.abs(one - other).max() / np.abs(other).max()


def test_each_is_tested_and_has_fewer_than_40_lines():
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    tested = Path(__file__).read_text(encoding="utf-8")
    assert len(names) == 5
    for name in names:
        assert f'_run("{name}")' in tested
        assert len((EXAMPLES / f"{name}.py").read_text().splitlines()) < 40


def test_convert_and_predict():
    assert _apart(*_run("convert_and_predict")) < INFERENCE


@pytest.mark.slow
def test_fine_tune_whole_model():
    before, after, loaded = _run("fine_tune_whole_model")
    assert after < before
    assert loaded == after


@pytest.mark.slow
def test_resume_training():
    losses, recorded = _run("resume_training")
    assert np.ptp(recorded) > 1e-3
    assert _apart(np.array(losses), recorded) < LOSSES


@pytest.mark.slow
def test_mend_statistics():
    before, after = _run("mend_statistics")
    assert after < before / 3


@pytest.mark.slow
def test_serve_without_this_package():
    assert _apart(*_run("serve_without_this_package")) < INFERENCE


@pytest.mark.slow
def test_the_notebook_runs_and_shows_its_outputs(tmp_path, monkeypatch):
    (path,) = EXAMPLES.glob("*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert any("image/png" in o.get("data", {}) for c in code for o in c["outputs"])
    assert not any(o["output_type"] == "error" for c in code for o in c["outputs"])
    for name in ("CHECKPOINT", "tuned.keras"):
        assert any(name in "".join(cell["source"]) for cell in code)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoint").symlink_to(EXAMPLES / "checkpoint")
    names = {"__name__": "notebook"}
    for cell in code:
        exec("".join(cell["source"]), names)
    assert (tmp_path / "tuned.keras").exists()
