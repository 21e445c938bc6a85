"""What the formats have in common: files of arrays, and files of one model."""

import contextlib
import os
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from migrate.bits import from_bytes, numpy_dtype, same_bits, to_bytes
from migrate.errors import MigrateError
from migrate.models.cells import assign_weights, cells_of, weights_of
from migrate.output.formats.metadata import metadata_of

#: In a report: how a file of arrays holds one that its format has no dtype for.
AS_BYTES = "bytes"


class Item(NamedTuple):
    """An array to write: its name in the file, dtype, shape, and how to get it."""

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]


class ArrayFormat(NamedTuple):
    """A format that holds arrays by name, written and read one at a time.

    ``native(dtype)``: whether it has the dtype; else ``to_bytes`` is held.
    ``key(name)``: the name in the file of a variable, another for every variable.
    ``write(path, items, metadata)``: metadata are strings by name, which are left out
    where the format has no place for them; ``open(path)`` gives a function from key to
    array.
    """

    name: str
    suffix: str
    native: Callable[[np.dtype], bool]
    key: Callable[[str], str]
    write: Callable[[str, Iterable[Item], dict[str, str]], None]
    open: Callable[[str], Callable[[str], np.ndarray]]

    def item(self, name, entry, read) -> Item:
        """What to write for a variable with a ``checkpoint.Entry``."""
        dtype = numpy_dtype(entry.dtype)
        if self.native(dtype):
            return Item(self.key(name), dtype, entry.shape, read)
        if dtype.kind == "O":  # how many bytes is known by reading them only
            content = to_bytes(read())
            return Item(self.key(name), content.dtype, content.shape, lambda: content)
        size = int(np.prod(entry.shape, dtype=np.int64)) * dtype.itemsize
        return Item(
            self.key(name), np.dtype("uint8"), (size,), lambda: to_bytes(read())
        )

    def variable(self, read, name, entry) -> np.ndarray:
        """A variable that ``write`` was given an ``item`` of; ``read`` is of ``open``.

        Raises:
          MigrateError: it is missing, or of another shape or dtype.
        """
        found = read(self.key(name))
        dtype = numpy_dtype(entry.dtype)
        if not self.native(dtype):
            return from_bytes(found, entry)
        if (found.dtype, found.shape) != (dtype, entry.shape):
            raise MigrateError(
                f"expected {name} as {entry.dtype} {list(entry.shape)}. "
                f"Received: {found.dtype} {list(found.shape)}"
            )
        return found


class ModelFormat(NamedTuple):
    """A format that holds the model of one RNN.

    ``write(path, model)``; ``read(path, skeleton)`` gives the model, where
    ``skeleton()`` makes it with other weights.
    """

    name: str
    suffix: str
    write: Callable
    read: Callable


def model_of_arrays(arrays: ArrayFormat) -> ModelFormat:
    """A model's weights in a format of arrays, as ``cell_0/kernel`` and so on."""

    def write(path, model):
        items = [
            Item(name, array.dtype, array.shape, lambda array=array: array)
            for name, array in _weights(model).items()
        ]
        arrays.write(path, items, metadata_of(model))

    def read(path, skeleton):
        model, of_key = skeleton(), arrays.open(path)
        for number, cell in enumerate(cells_of(model)):
            weights = weights_of(cell)
            read = {
                name: _like(array, of_key(f"cell_{number}/{name}"), name)
                for name, array in weights.asdict().items()
            }
            assign_weights(cell, type(weights)(**read))
        return model

    return ModelFormat(arrays.name, arrays.suffix, write, read)


def _like(array, found, name):
    if (array.dtype, array.shape) != (found.dtype, found.shape):
        raise MigrateError(
            f"expected {name} as {array.dtype} {list(array.shape)}. "
            f"Received: {found.dtype} {list(found.shape)}"
        )
    return found


def _weights(model):
    return {
        f"cell_{number}/{name}": array
        for number, cell in enumerate(cells_of(model))
        for name, array in weights_of(cell).asdict().items()
    }


@contextlib.contextmanager
def readable(path, *errors):
    """Says of those ``errors`` inside that the file cannot be read."""
    try:
        yield
    except errors as error:
        raise MigrateError(f"{path} cannot be read; convert again") from error


def require_key(path, key, keys):
    """Raises ``MigrateError`` for an array that a file does not hold."""
    if key not in keys:
        raise MigrateError(f"{os.path.basename(path)} has no {key}; convert again")


def write_model(kind: ModelFormat, path, model, skeleton):
    """Writes a model, reads it again and compares every weight.

    Raises:
      MigrateError: what was read differs.
    """
    kind.write(path, model)
    again = _weights(kind.read(path, skeleton))
    for name, array in _weights(model).items():
        require_same(path, name, same_bits(array, again[name]))


def require_same(path, name, same):
    """Raises ``MigrateError`` for an array that was not read back as written."""
    if not same:
        raise MigrateError(
            f"{os.path.basename(path)}: {name} was read back different from what was "
            "written; the disk or its driver may be failing"
        )
