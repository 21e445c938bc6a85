"""Statistics that real TensorFlow 1.15.5 grew from (0, 1), and data like theirs."""

import json

import numpy as np

import golden as goldens
from goldens.copy_goldens import AGED
from migrate import survey
from migrate.checkpoint import Checkpoint
from migrate.convert import cell_weights
from migrate.layouts import layout_of

NAMES = AGED
PER_STEP = tuple(name for name in AGED if name != "aged_olavhn")
BATCH, STEPS, FEATURES = 32, 10, 4


class Aged:
    """``x``, ``lengths`` or None, ``gap``, ``note``, and the cell's ``weights``."""

    def __init__(self, name):
        arrays = np.load(goldens.FOLDER / "tf-1.15.5" / f"{name}.npz")
        self.name = name
        self.prefix = goldens.FOLDER / "tf-1.15.5" / "ckpt" / name
        self.meta = json.loads(str(arrays["meta"]))
        self.x, self.gap = arrays["in|x"], float(arrays["gap"])
        self.lengths = arrays["in|lengths"] if self.meta["lengths"] else None
        checkpoint = Checkpoint(self.prefix)
        (cell,) = survey.survey(checkpoint.entries).cells
        self.weights = cell_weights(checkpoint, cell)
        self.epsilon = layout_of(cell).defaults["epsilon"]

    def batch(self, seed):
        """A batch by the goldens' recipe: x [B,T,D], and lengths [B] or None."""
        rng = np.random.default_rng(seed)
        drift = np.linspace(-1, 1, STEPS)[:, None]
        x = rng.normal(size=(BATCH, STEPS, FEATURES)) * (1 + drift / 2) + drift
        lengths = None
        if self.name == "aged_constant":
            x[:, :3] = 0
        if self.name == "aged_lengths":
            lengths = rng.integers(2, STEPS + 1, BATCH)
            x *= (np.arange(STEPS) < lengths[:, None])[:, :, None]
        return x.astype("float32"), lengths
