"""Made ``layer.keras``, ``options.keras`` and ``outputs.npz`` beside it, by 0.1.0.

They are kept so that the format cannot change unnoticed: a test opens them with the
code of today. Run this again only for a format that is meant to be new, and keep the
old files, under their release's name, and their test.

    python tests/recordings/saved/make.py FOLDER
"""

import sys
from pathlib import Path

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from bnlstm_compat import BNLSTM, BNLSTMCell
from helpers.filled_layers import B, D, H, M, T


def models():
    """One with all defaults, one with none, a loop of cells, both directions."""
    plain = keras.Sequential([keras.Input((T, D)), BNLSTM(H, M, return_sequences=True)])
    inputs = keras.Input((T, D))
    options = BNLSTM(
        H,
        M,
        activation="relu",
        kernel_regularizer=keras.regularizers.L2(0.1),
        gamma_initializer=keras.initializers.Constant(0.3),
        dropout=0.1,
        momentum=0.5,
        padding="v1",
        overflow="keep",
        bias_correction=True,
        affine_per_step=True,
        return_sequences=True,
    )
    y = keras.layers.Bidirectional(options)(inputs)
    y = keras.layers.RNN([BNLSTMCell(2, M), BNLSTMCell(3, M)])(y)
    return {"layer": plain, "options": keras.Model(inputs, y)}


def inputs():
    """x [B,T,D]."""
    return np.random.default_rng(0).standard_normal((B, T, D)).astype(np.float32)


def main(argv):
    """Writes into the folder ``argv[0]``."""
    folder = Path(argv[0])
    keras.utils.set_random_seed(0)
    x = inputs()
    outputs = {}
    for name, model in models().items():
        model(x, training=True)
        outputs[name] = model(x)
        model.save(folder / f"{name}.keras")
    np.savez(folder / "outputs.npz", **outputs)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
