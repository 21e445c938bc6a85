"""``legacy.cell`` inside real TensorFlow 1.15.5, the release it was ported from.

Slow, and only where such an interpreter is: set REAL_TF1 to a Python 3.7 that imports
TensorFlow 1.15.5.
"""

import os
import subprocess

import pytest

import golden as goldens
import test_legacy_goldens as graph_tests

PYTHON = os.environ.get("REAL_TF1", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PYTHON, reason="REAL_TF1 does not name a Python with TensorFlow 1.15.5"
    ),
]


def test_it_is_the_release_that_is_meant():
    code = "import tensorflow as tf; print(tf.__version__)"
    done = subprocess.run(
        [PYTHON, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1.15.5"


def test_every_pass(tmp_path):
    chosen = [goldens.load("1.15.5", name) for name in goldens.SCENARIOS]
    found = graph_tests.run_worker(tmp_path, "v1-ref", chosen, python=PYTHON)
    for golden in chosen:
        graph_tests.check_all_passes(golden, found[f"1.15.5:{golden.name}"])


@pytest.mark.parametrize("mode", ["v1-ref", "v1-resource"])
def test_races_are_settled(mode, tmp_path):
    chosen = [goldens.load("1.15.5", name) for name in graph_tests.RACES]
    found = graph_tests.run_worker(
        tmp_path, mode, chosen, graph_tests.RUNS, python=PYTHON
    )
    for golden in chosen:
        graph_tests.check_runs(golden, found[f"1.15.5:{golden.name}"])
