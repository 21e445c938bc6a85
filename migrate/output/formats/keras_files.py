"""Keras's own formats: ``.keras``, a whole model, and ``.weights.h5``."""

import contextlib
import json
import os
import tempfile
import zipfile

import keras

from migrate.errors import MigrateError
from migrate.output.formats.base import ModelFormat


def unreadable(path, error):
    """The error for a file that a library cannot open."""
    reason = " ".join(str(error).split())[:200]
    return MigrateError(f"{path} cannot be opened by Keras; convert again ({reason})")


# Bytes of HDF5's own for a weight and its groups, generously: at most 3500 seen.
_OVERHEAD = 4096


def room(model):
    """Bytes that a file of the model's weights takes, at most."""
    values = [weight.value for weight in model.weights]
    sizes = [value.dtype.size * value.shape.num_elements() for value in values]
    return sum(sizes) + _OVERHEAD * (len(sizes) + 1)


def _require_room(path, model, files):
    """Raises ``OSError`` where ``files`` files of the model's size do not fit.

    HDF5's library can crash the process where one cannot grow.
    """
    size = room(model)
    with contextlib.ExitStack() as held:
        for _ in range(files):
            folder = os.path.dirname(path)
            file = held.enter_context(tempfile.TemporaryFile(dir=folder))
            os.posix_fallocate(file.fileno(), 0, size)


def _write_model(path, model):
    _require_room(path, model, files=2)  # Keras 3.4 makes the weights' file beside it
    model.save(path)


def _read_model(path, skeleton):
    del skeleton  # the file says how the model is made
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"{damaged} in it is damaged")
        # By another name, for Keras 3.4 unpacks a file beside the one that it is given.
        with tempfile.TemporaryDirectory() as folder:
            link = os.path.join(folder, "model.keras")
            os.symlink(os.path.abspath(path), link)
            return _load(link)
    except Exception as error:  # Keras raises whatever its parts raise
        raise unreadable(path, error) from error


def _load(path):
    """The model of a ``.keras`` file, as ``keras.saving.load_model`` loads it, but that
    nothing is drawn for initial values that the file's weights replace."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    config.pop("compile_config", None)
    model = keras.saving.deserialize_keras_object(_undrawn(config), safe_mode=True)
    model.load_weights(path)
    return model


def _undrawn(config):
    """A configuration with initializers of zeros."""
    if isinstance(config, list):
        return [_undrawn(item) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("module") == "keras.initializers":
        return keras.saving.serialize_keras_object(keras.initializers.Zeros())
    return {key: _undrawn(value) for key, value in config.items()}


def _write_weights(path, model):
    _require_room(path, model, files=1)
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
