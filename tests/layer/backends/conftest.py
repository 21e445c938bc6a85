"""On TensorFlow, of which the tests outside this folder are, these are slow ones."""

from pathlib import Path

import keras
import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Before pytest chooses by marks."""
    if keras.backend.backend() != "tensorflow":
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
