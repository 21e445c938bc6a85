"""Write the model in Keras yourself, and go on training where TensorFlow 1 stopped."""

from pathlib import Path

import keras
import numpy as np

import migrate
from bnlstm_compat import BNLSTM

CHECKPOINT = Path(__file__).parent / "checkpoint" / "model.ckpt-40"
RULES = {"encoder": "encoder", "output/W": "head/kernel", "output/b": "head/bias"}


def main():
    """Returns the next five losses, and those that real TensorFlow 1.15.5 had."""
    old = {"epsilon": 1e-3, "momentum": 0.9, "activation": "relu", "padding": "v1"}
    encoder = BNLSTM(6, max_bn_steps=9, name="encoder", **old)
    head = keras.layers.Dense(4, name="head")
    model = keras.Sequential([keras.Input((9, 3)), encoder, head])
    optimizer = keras.optimizers.Adam(5e-3, epsilon=1e-8)
    migrate.load(model, CHECKPOINT, map=RULES)
    migrate.load_optimizer(optimizer, model, CHECKPOINT, map=RULES)

    recorded = np.load(CHECKPOINT.with_name("recorded.npz"))
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True))
    x, y = recorded["x"], recorded["labels"]
    losses = [model.train_on_batch(x, y) for _ in range(5)]
    for ours, theirs in zip(losses, recorded["losses"], strict=True):
        print(f"loss {ours:.7f}; real TensorFlow 1.15.5 had {theirs:.7f}")
    return losses, recorded["losses"]


if __name__ == "__main__":
    main()
