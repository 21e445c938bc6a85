"""The checkpoint that ships with this package, and what TensorFlow 1.15.5 made of it.

``demo_checkpoint/make.py`` made both, under real TensorFlow 1.15.5.
"""

import os

import keras
import numpy as np

from migrate.verify import relative_difference
from migrate.writers import file_name

_FOLDER = os.path.join(os.path.dirname(__file__), "demo_checkpoint")
CHECKPOINT = os.path.join(_FOLDER, "model.ckpt")
#: How far real TensorFlow 1.15.5 is from 0.12.1 in inference (tests/goldens/README.md).
TOLERANCE = 6e-7


def differences(out) -> dict[str, float]:
    """For each RNN of the checkpoint, the converted model against real TF 1.15.5.

    Returns:
      From scope to the largest difference in inference, relative to the largest value.
    """
    recorded = np.load(os.path.join(_FOLDER, "recorded.npz"))
    x, result = recorded["x"], {}
    for scope in ("frames", "epochs"):
        model = keras.saving.load_model(os.path.join(out, file_name(scope)))
        result[scope] = relative_difference(
            model.predict(x, verbose=0), recorded[scope]
        )
        x = recorded[scope]
    return result
