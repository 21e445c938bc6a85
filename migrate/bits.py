"""Arrays as bytes: equality to the bit, checksums, and dtypes that a format lacks."""

import hashlib
import math

import numpy as np

from migrate.errors import MigrateError


def numpy_dtype(name: str) -> np.dtype:
    """NumPy's dtype of the arrays of a TensorFlow dtype; of strings, ``object``.

    Raises:
      KeyError: there is none, as for resources and variants.
    """
    import tensorflow as tf

    dtype = np.dtype(tf.as_dtype(name).as_numpy_dtype)
    return dtype[0] if dtype.names else dtype  # quantised: integers in a wrapping


def to_bytes(array) -> np.ndarray:
    """The bytes of an array, row by row; of strings, their lengths as numbers of eight
    bytes, then all of them.

    Returns:
      uint8 [number of bytes], which may share memory with ``array``.
    """
    array = np.asarray(array)
    if array.dtype.kind != "O":
        flat = np.ascontiguousarray(array).reshape(-1)
        return flat.view(np.uint8) if flat.size else np.empty(0, np.uint8)
    strings = [bytes(string) for string in array.reshape(-1)]
    lengths = np.array([len(string) for string in strings], "<u8")
    return np.frombuffer(lengths.tobytes() + b"".join(strings), np.uint8)


def from_bytes(content, entry) -> np.ndarray:
    """The array of ``entry`` (shape and dtype) that ``to_bytes`` gave ``content`` for.

    Raises:
      MigrateError: it is not of that shape and dtype.
    """
    dtype, count = numpy_dtype(entry.dtype), math.prod(entry.shape)
    content = np.ascontiguousarray(content, np.uint8).reshape(-1)
    if dtype.kind == "O":
        lengths = content[: 8 * count].tobytes()
        text = content[8 * count :].tobytes()
        array, place = np.empty(count, object), 0
        for number in range(len(lengths) // 8):
            size = int.from_bytes(lengths[8 * number : 8 * number + 8], "little")
            array[number] = text[place : place + size]
            place += size
        good = len(lengths) == 8 * count and place == len(text)
    else:
        good = content.size == count * dtype.itemsize
        array = content.view(dtype) if good else content
    if not good:
        raise MigrateError(f"{content.size} bytes are not {entry.shape} {entry.dtype}")
    return array.reshape(entry.shape)


def checksum(array) -> str:
    """SHA-256 of ``to_bytes``, in hexadecimal."""
    return hashlib.sha256(to_bytes(array).data).hexdigest()


def same_bits(a, b) -> bool:
    """Whether two arrays agree in dtype, shape and every bit."""
    alike = a.dtype == b.dtype and a.shape == b.shape
    return alike and np.array_equal(to_bytes(a), to_bytes(b))
