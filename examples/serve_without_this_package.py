"""Export a converted model; a process that lacks this package serves it."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import migrate

CHECKPOINT = Path(__file__).parent / "checkpoint" / "model.ckpt-40"
SERVER = """
import sys, numpy as np, tensorflow as tf
served = tf.saved_model.load(sys.argv[1])
given = {"x": np.load(sys.argv[2])}
np.save(sys.argv[3], served.serve(given)["probabilities"])
"""


def main():
    """Returns the served probabilities, and what TensorFlow 1 gave."""
    recorded = np.load(CHECKPOINT.with_name("recorded.npz"))
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{folder}/{name}" for name in ("served", "x.npy", "y.npy")]
        model = migrate.model(CHECKPOINT, outputs=["probabilities"])
        model.export(names[0])
        np.save(names[1], recorded["x"])
        subprocess.run([sys.executable, "-c", SERVER, *names], check=True, cwd=folder)
        served = np.load(names[-1])
    largest = np.abs(served - recorded["probabilities"]).max()
    print(f"largest difference from real TensorFlow 1.15.5: {largest:.1e}")
    return served, recorded["probabilities"]


if __name__ == "__main__":
    main()
