"""Convert a TensorFlow 1 checkpoint, prove it, and predict with the Keras model."""

import tempfile
from pathlib import Path

import keras
import numpy as np

import bnlstm_compat  # noqa: F401 (registers BNLSTM for load_model)
import migrate

CHECKPOINT = Path(__file__).parent / "checkpoint" / "model.ckpt-40"


def main():
    """Returns the converted layer's outputs [B,T,H], and what TensorFlow 1 gave."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "OUT"
        migrate.convert(CHECKPOINT, out)
        proof = migrate.verify(CHECKPOINT, out)
        print(proof)
        if not proof.equal():
            raise SystemExit("the converted model is different: do not use it")
        layer = keras.saving.load_model(out / "encoder.keras")

    recorded = np.load(CHECKPOINT.with_name("recorded.npz"))
    outputs = layer.predict(recorded["x"], verbose=0)
    largest = np.abs(outputs - recorded["sequence"]).max()
    print(f"largest difference from real TensorFlow 1.15.5: {largest:.1e}")
    return outputs, recorded["sequence"]


if __name__ == "__main__":
    main()
