"""``.npz``: NumPy's archive, written one array at a time, never with a pickle in it."""

import hashlib
import zipfile
import zlib
from urllib.parse import quote

import numpy as np

from migrate.output.formats.base import ArrayFormat, readable, require_key

_LONGEST = 200
_MEMBER = ".npy"
_ERRORS = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)


def _native(dtype):
    return dtype.kind in "biufc"


def _key(name):
    """The name itself, if it is safe as a path in the archive; else percent-coded."""
    safe = quote(name, safe="/")
    if safe.startswith("/") or ".." in safe or safe.endswith(("/", _MEMBER)):
        safe = safe.replace(".", "%2E").replace("/", "%2F")
    if len(safe) <= _LONGEST and safe:
        return safe
    return f"{safe[:_LONGEST]}%{hashlib.sha256(name.encode()).hexdigest()}"


def _write(path, items, metadata):
    del metadata  # an archive of arrays has no place for it
    with zipfile.ZipFile(path, "w") as archive:
        for item in items:
            with archive.open(item.name + _MEMBER, "w", force_zip64=True) as stream:
                array = np.asarray(item.read(), item.dtype, order="C")
                np.lib.format.write_array(stream, array, allow_pickle=False)


def _open(path):
    with readable(path, *_ERRORS):
        archive = zipfile.ZipFile(path)
    members = set(archive.namelist())

    def read(key):
        require_key(path, key + _MEMBER, members)
        with readable(path, *_ERRORS), archive.open(key + _MEMBER) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)

    return read


NPZ = ArrayFormat(
    name="npz",
    suffix=".npz",
    native=_native,
    key=_key,
    write=_write,
    open=_open,
)
