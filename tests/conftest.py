"""Quiet TensorFlow, Keras on it, and nothing of what a user's shell has set.

Before anything imports them; children of the tests inherit it. What changes rounding
(oneDNN's, XLA's and the threads' variables) stays: see ``settings.py``.
"""

import os
import tempfile

import pytest

from helpers.places import SHARED

# Colours and widths of what commands print; warnings on stderr; another Keras, or
# another mode of TensorFlow, in children.
for _name in (
    "COLUMNS",
    "FORCE_COLOR",
    "LINES",
    "NO_COLOR",
    "PYTHONWARNINGS",
    "TF2_BEHAVIOR",
    "TF_USE_LEGACY_KERAS",
):
    os.environ.pop(_name, None)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
# Another backend is for the folder ``backends`` alone: see test_backends.py.
os.environ["KERAS_BACKEND"] = os.environ.get("TEST_BACKEND", "tensorflow")


@pytest.fixture(scope="session", autouse=True)
def _temporary_folder(tmp_path_factory):
    """What tests, and programs that they run, leave behind goes with pytest's own."""
    os.environ["TMPDIR"] = str(tmp_path_factory.mktemp("tmp"))
    tempfile.tempdir = None  # read the variable again


def pytest_runtest_setup(item):
    """Skips, and says so, what needs something that is not here."""
    if item.get_closest_marker("tf1") and not os.environ.get("REAL_TF1"):
        pytest.skip("REAL_TF1 names no Python with TensorFlow 1.15.5")
    for marker in item.iter_markers("shared"):
        if not SHARED.joinpath(*marker.args).exists():
            pytest.skip(f"../shared/{'/'.join(marker.args)} is not here")
