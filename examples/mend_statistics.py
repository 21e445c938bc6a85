"""Find what is wrong with a cell's population statistics, and estimate them anew."""

from pathlib import Path

import numpy as np

import bnlstm_compat
import migrate

CHECKPOINT = Path(__file__).parent / "checkpoint" / "model.ckpt-40"


def main():
    """Returns the gap between inference and training mode, before and after."""
    print(migrate.diagnose(CHECKPOINT))

    # Your data goes here: it is unlike the training data, so the statistics do not fit.
    rng = np.random.default_rng(0)
    x = (3 + 2 * rng.standard_normal((512, 9, 3))).astype("float32")

    model = migrate.model(CHECKPOINT, outputs=["probabilities"])
    before = gap(model, x)
    bnlstm_compat.recalibrate(model, x, batch_size=64, verbose=0)
    after = gap(model, x)
    print(f"inference differs from training mode by {before:.4f}; now by {after:.4f}")
    return before, after


def gap(model, x):
    """The mean difference of probabilities between inference and training mode."""
    inference, training = model(x), model(x, training=True)
    return float(np.abs(inference["probabilities"] - training["probabilities"]).mean())


if __name__ == "__main__":
    main()
