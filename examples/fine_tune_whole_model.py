"""Make one Keras model of the whole old graph, fine-tune it, save it."""

import tempfile
from pathlib import Path

import keras
import numpy as np

import migrate

CHECKPOINT = Path(__file__).parent / "checkpoint" / "model.ckpt-40"


def main():
    """Returns the losses before and after training, and the saved model's loss."""
    model = migrate.model(CHECKPOINT, outputs=["probabilities"])
    model.summary()

    # Your data goes here. These are random; one number of the input tells the class.
    rng = np.random.default_rng(0)
    x = rng.standard_normal((256, 9, 3)).astype("float32")
    labels = np.digitize(x[:, -1, 0], [-0.7, 0.0, 0.7])

    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    before = model.evaluate(x, labels, batch_size=32, verbose=0)
    model.fit(x, labels, batch_size=32, epochs=5, verbose=0)
    after = model.evaluate(x, labels, batch_size=32, verbose=0)
    print(f"loss before {before:.3f}, after {after:.3f}")

    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/tuned.keras")
        again = keras.saving.load_model(f"{folder}/tuned.keras")
    return before, after, again.evaluate(x, labels, batch_size=32, verbose=0)


if __name__ == "__main__":
    main()
