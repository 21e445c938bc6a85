"""What the demo shows: a checkpoint of TensorFlow 1.15.5, and an old script's.

``checkpoint/make.py`` made the first, under real TensorFlow 1.15.5, which also
recorded what it computed. ``script/train.py`` is written for TensorFlow 0.12; the
demo runs it, unchanged, by ``python -m legacy``.
"""

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
from safetensors.numpy import load_file

from migrate.errors import MigrateError
from migrate.output.write import VARIABLES, file_name
from migrate.proof.verdict import relative_difference
from migrate.sources.prefix import find_prefix

_HERE = os.path.dirname(os.path.abspath(__file__))
_RECORDED = os.path.join(_HERE, "checkpoint", "recorded.npz")
CHECKPOINT = os.path.join(_HERE, "checkpoint", "model.ckpt")
SCRIPT = os.path.join(_HERE, "script", "train.py")
#: How far real TensorFlow 1.15.5 is from 0.12.1 in inference
#: (tests/recordings/cells/README.md).
TOLERANCE = 6e-7


def differences(out) -> dict[str, float]:
    """For each RNN of the checkpoint, the converted model against real TF 1.15.5.

    Returns:
      From scope to the largest difference in inference, relative to the largest value.
    """
    recorded = np.load(_RECORDED)
    x, result = recorded["x"], {}
    for scope in ("frames", "epochs"):
        model = keras.saving.load_model(os.path.join(out, file_name(scope)))
        result[scope] = relative_difference(
            model.predict(x, verbose=0), recorded[scope]
        )
        x = recorded[scope]
    return result


def require_data():
    """Raises ``MigrateError`` if scikit-learn, which brings the script's data, is not
    installed."""
    if importlib.util.find_spec("sklearn") is None:
        raise MigrateError(
            "the demo's script reads scikit-learn's digits: pip install scikit-learn, "
            "or install this package with its extra [demo]"
        )


def run_script(folder, say) -> str:
    """Trains the old script, by ``python -m legacy``, into ``folder``.

    Args:
      folder: where it writes its checkpoint. say: called with each line it prints.

    Returns:
      The prefix of its checkpoint.

    Raises:
      MigrateError: the script failed.
    """
    command = [sys.executable, "-m", "legacy", SCRIPT, "--out", folder]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # both are pipes
        assert process.stderr is not None
        for line in process.stdout:
            say(line.rstrip())
        errors = process.stderr.read().strip()
    if process.returncode:
        raise MigrateError(f"the demo's script failed: {errors[-500:]}")
    return find_prefix(folder)


def accuracies(folder, out) -> tuple[float, float, float]:
    """The script's test accuracy, and that of its conversion on the same digits.

    Returns:
      (old accuracy, new accuracy, largest difference of a digit's probabilities).
    """
    test = np.load(os.path.join(folder, "test.npz"))
    model = keras.saving.load_model(os.path.join(out, file_name("rnn")))
    head = load_file(os.path.join(out, VARIABLES + ".safetensors"))
    last = model.predict(test["x"], verbose=0)[:, -1]
    logits = last @ head["W"] + head["b"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    new = powers / powers.sum(axis=1, keepdims=True)
    before, after = (
        float((given.argmax(axis=1) == test["labels"]).mean())
        for given in (test["probabilities"], new)
    )
    return before, after, float(np.abs(new - test["probabilities"]).max())
