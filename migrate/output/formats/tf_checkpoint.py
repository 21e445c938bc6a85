"""TensorFlow 2's object checkpoint: ``NAME.tf.index`` and ``NAME.tf.data-*``."""

import os

import tensorflow as tf

from migrate.errors import MigrateError
from migrate.output.formats.base import ModelFormat
from migrate.sources.checkpoint import Checkpoint


def _write(path, model):
    try:
        tf.train.Checkpoint(model=model).write(path)
    except tf.errors.OpError as error:  # a full disk, for one
        raise OSError(error.message) from error


def _read(path, skeleton):
    # TensorFlow's reader trusts what it reads; ours has looked first.
    for content in Checkpoint(path).values():
        del content
    model = skeleton()
    try:
        status = tf.train.Checkpoint(model=model).read(path)
        status.assert_existing_objects_matched()
    except (AssertionError, ValueError, tf.errors.OpError) as error:
        raise MigrateError(
            f"{os.path.basename(path)} does not hold the weights of this model; "
            "convert again"
        ) from error
    return model


TF_CHECKPOINT = ModelFormat("tf", ".tf", _write, _read)
