"""Quiet TensorFlow, Keras on it, and nothing of what a user's shell has set.

Before anything imports them; children of the tests inherit it. What changes rounding
(oneDNN's, XLA's and the threads' variables) stays: see ``settings.py``.
"""

import os

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
