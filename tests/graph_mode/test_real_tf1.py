"""Real TensorFlow 1.15.5: ``legacy.cell``, ported from it, and what ``revert`` writes.

Slow, and only where such an interpreter is: set REAL_TF1 to a Python 3.7 that imports
TensorFlow 1.15.5.
"""

import os
import subprocess

import numpy as np
import pytest
import test_cell_recorded as graph_tests

from helpers import recorded, workers
from migrate.cli.main import main

PYTHON = os.environ.get("REAL_TF1", "")

pytestmark = [pytest.mark.slow, pytest.mark.tf1]


def test_it_is_the_release_that_is_meant():
    code = "import tensorflow as tf; print(tf.__version__)"
    done = subprocess.run(
        [PYTHON, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1.15.5"


def test_every_pass(tmp_path):
    chosen = [recorded.load("1.15.5", name) for name in recorded.SCENARIOS]
    found = graph_tests.run_worker(tmp_path, "v1-ref", chosen, python=PYTHON)
    for recording in chosen:
        graph_tests.check_all_passes(recording, found[f"1.15.5:{recording.name}"])


@pytest.mark.parametrize("mode", ["v1-ref", "v1-resource"])
def test_races_are_settled(mode, tmp_path):
    chosen = [recorded.load("1.15.5", name) for name in graph_tests.RACES]
    found = graph_tests.run_worker(
        tmp_path, mode, chosen, graph_tests.RUNS, python=PYTHON
    )
    for recording in chosen:
        graph_tests.check_runs(recording, found[f"1.15.5:{recording.name}"])


def _restored(prefix, folder, parts):
    wanted = folder / "restored.npz"
    workers.run("restore_worker", prefix, wanted, *parts, python=PYTHON)
    with np.load(wanted, allow_pickle=False) as arrays:
        return dict(arrays)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("bidirectional", []),
        ("comment_static", []),
        ("float64", []),
        ("partitioned_and_averaged", ["embedding=3"]),
        ("v1_shards", []),
    ],
)
def test_its_saver_restores_what_revert_writes(name, parts, tmp_path):
    """Tensor for tensor the bits that it restores from what it saved itself."""
    source = recorded.FOLDER / "tf-1.15.5" / "ckpt" / name
    out, again = tmp_path / "out", tmp_path / "again"
    assert main(["convert", str(source), str(out)]) == 0
    assert main(["revert", str(out), str(again)]) == 0
    if name == "v1_shards":  # the V1 format's readers take a pattern of files
        source = f"{source}-?????-of-00003"
    expected = _restored(source, tmp_path, parts)
    found = _restored(again, tmp_path, parts)
    assert sorted(found) == sorted(expected)
    assert found
    for key, array in expected.items():
        assert found[key].dtype == array.dtype
        assert found[key].shape == array.shape
        assert found[key].tobytes() == array.tobytes(), key
