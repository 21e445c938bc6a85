"""Keras's own formats: ``.keras``, a whole model, and ``.weights.h5``."""

import zipfile

import keras

from migrate.errors import MigrateError
from migrate.writers.base import ModelFormat


def unreadable(path, error):
    """The error for a file that a library cannot open."""
    reason = " ".join(str(error).split())[:200]
    return MigrateError(f"{path} cannot be opened by Keras; convert again ({reason})")


def _write_model(path, model):
    model.save(path)


def _read_model(path, skeleton):
    del skeleton  # the file says how the model is made
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"{damaged} in it is damaged")
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its parts raise
        raise unreadable(path, error) from error


def _write_weights(path, model):
    model.save_weights(path)


def _read_weights(path, skeleton):
    model = skeleton()
    try:
        model.load_weights(path)
    except Exception as error:  # as above
        raise unreadable(path, error) from error
    return model


KERAS = ModelFormat("keras", ".keras", _write_model, _read_model)
WEIGHTS_H5 = ModelFormat("weights.h5", ".weights.h5", _write_weights, _read_weights)
