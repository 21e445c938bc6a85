"""``.npz``: NumPy's archive, written one array at a time, never with a pickle in it."""

import hashlib
import os
import zipfile
import zlib
from urllib.parse import quote

import numpy as np

from migrate.errors import MigrateError
from migrate.writers.base import ArrayFormat

_LONGEST = 200


def _native(dtype):
    return dtype.kind in "biufc"


def _key(name):
    """The name itself, if it is safe as a path in the archive; else percent-coded."""
    safe = quote(name, safe="/")
    if safe.startswith("/") or ".." in safe or safe.endswith(("/", ".npy")):
        safe = safe.replace(".", "%2E").replace("/", "%2F")
    if len(safe) <= _LONGEST and safe:
        return safe
    return f"{safe[:_LONGEST]}%{hashlib.sha256(name.encode()).hexdigest()}"


def _write(path, items):
    with zipfile.ZipFile(path, "w") as archive:
        for item in items:
            with archive.open(item.name + ".npy", "w", force_zip64=True) as stream:
                array = np.asarray(item.read(), item.dtype, order="C")
                np.lib.format.write_array(stream, array, allow_pickle=False)


def _open(path):
    return np.load(path, allow_pickle=False)


def _read(path, key):
    try:
        with _open(path) as arrays:
            return arrays[key]
    except KeyError:
        raise MigrateError(
            f"{os.path.basename(path)} has no {key}; convert again"
        ) from None
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise MigrateError(f"{path} cannot be read; convert again") from error


def _keys(path):
    try:
        with _open(path) as arrays:
            return set(arrays.files)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise MigrateError(f"{path} cannot be read; convert again") from error


NPZ = ArrayFormat(
    name="npz",
    suffix=".npz",
    native=_native,
    key=_key,
    write=_write,
    read=_read,
    keys=_keys,
)
