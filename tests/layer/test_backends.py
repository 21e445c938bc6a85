"""The tests of ``backends/`` on JAX and torch, and what is said where they are not."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.places import ROOT

HERE = Path(__file__).parent


def _child(code, **variables):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **variables},
    )


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_on(backend):
    """In a process of its own, for Keras takes one backend only."""
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: pip install -e '.[test,{backend}]'")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "backends"],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
        # More threads than one only get in each other's way at these sizes.
        env={**os.environ, "TEST_BACKEND": backend, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " passed" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_backend_that_is_not_installed(backend):
    code = f"import sys; sys.modules[{backend!r}] = None; import bnlstm_compat"
    done = _child(code, KERAS_BACKEND=backend)
    last = done.stderr.splitlines()[-1]
    assert f"pip install {backend}" in last
    assert f"that needs {backend}, which is not installed" in last


def test_a_backend_that_the_layer_does_not_know():
    code = "import keras; keras.backend.backend = lambda: 'numpy'; import bnlstm_compat"
    done = _child(code)
    last = done.stderr.splitlines()[-1]
    assert "tensorflow, jax, torch. Received: the backend 'numpy'" in last
