"""Statistics that real TensorFlow 1.15.5 grew from (0, 1), and data like theirs."""

import json

import keras
import numpy as np
import tensorflow as tf

import bnlstm_compat
from bnlstm_compat import BNLSTM
from helpers import recorded
from migrate.cells.inventory import take_inventory
from migrate.cells.layouts import layout_of
from migrate.cells.values import cell_weights
from migrate.sources.checkpoint import Checkpoint
from recordings.cells.copy_recorded import AGED

NAMES = AGED
PER_STEP = tuple(name for name in AGED if name != "aged_olavhn")
BATCH, STEPS, FEATURES = 32, 10, 4


class Aged:
    """``x``, ``lengths`` or None, ``gap``, ``note``, and the cell's ``weights``."""

    def __init__(self, name):
        arrays = np.load(recorded.FOLDER / "tf-1.15.5" / f"{name}.npz")
        self.name = name
        self.prefix = recorded.FOLDER / "tf-1.15.5" / "ckpt" / name
        self.meta = json.loads(str(arrays["meta"]))
        self.x, self.gap = arrays["in|x"], float(arrays["gap"])
        self.lengths = arrays["in|lengths"] if self.meta["lengths"] else None
        checkpoint = Checkpoint(self.prefix)
        (cell,) = take_inventory(checkpoint.entries).cells
        self.weights = cell_weights(checkpoint, cell)
        self.epsilon = layout_of(cell).defaults["epsilon"]

    def batch(self, seed):
        """A batch by the recordings' recipe: x [B,T,D], and lengths [B] or None."""
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


def gaps(recording, draw, batches):
    """The gap between population and batch outputs, before and after recalibration.

    Fresh data by the recipe: ``batches`` to recalibrate on, with the statistics
    widened to one row a step, and one batch to measure on. With lengths,
    padding="masked", which is the cure that ``doctor`` names.

    Returns:
      "before", "after": relative root-mean-square differences between the outputs with
      population and with batch statistics; "level": the same between the outputs that
      the same rows have in two different batches.
    """
    keras.utils.set_random_seed(draw)
    layer = BNLSTM(
        recording.weights.units,
        recording.weights.max_bn_steps,
        padding="masked" if recording.lengths is not None else "v1",
        epsilon=recording.epsilon,
        return_sequences=True,
    )
    layer.build((None, STEPS, FEATURES))
    layer.cell.import_weights(recording.weights)
    first = 1_000_000 * (draw + 1)
    x, lengths = recording.batch(first)

    def outputs(layer, statistics):
        """A function of x and lengths, traced once; padding gives zeros."""
        layer.cell.collector = (lambda m: None) if statistics == "batch" else None
        kept = tf.ones([BATCH, STEPS], tf.bool)
        call = tf.function(lambda x, mask: layer(x, mask=mask))
        call.get_concrete_function(
            tf.TensorSpec([BATCH, STEPS, FEATURES]), tf.TensorSpec(kept.shape, tf.bool)
        )
        layer.cell.collector = None

        def run(x, lengths):
            mask = kept if lengths is None else _mask(lengths)
            return call(tf.constant(x), tf.constant(mask)).numpy() * _column(mask)

        return run

    by_batch = outputs(layer, "batch")
    batch = by_batch(x, lengths)
    scale = np.sqrt((batch**2).mean())

    def apart(other):
        return float(np.sqrt(((other - batch) ** 2).mean()) / scale)

    before = apart(outputs(layer, "population")(x, lengths))
    others = np.empty_like(batch)
    for row in range(BATCH):
        company, company_lengths = recording.batch(first + 1 + row)
        company[0] = x[row]
        if lengths is not None:
            company_lengths[0] = lengths[row]
        others[row] = by_batch(company, company_lengths)[0]

    def data():
        for number in range(batches):
            inputs, given = recording.batch(first + 1000 + number)
            yield (
                inputs,
                np.ones(inputs.shape[:2], bool) if given is None else _mask(given),
            )

    cured = bnlstm_compat.recalibrate(
        layer,
        data(),
        max_bn_steps=STEPS,
        forward=lambda layer, both: layer(both[0], mask=both[1]),
        verbose=0,
    )
    after = apart(outputs(cured, "population")(x, lengths))
    return {"before": before, "after": after, "level": apart(others)}


def _mask(lengths):
    return np.arange(STEPS) < lengths[:, None]


def _column(mask):
    return np.asarray(mask, np.float32)[:, :, None]
