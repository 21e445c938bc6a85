"""``.safetensors``: a header in JSON and the arrays' bytes; written one at a time.

The library's own function takes all arrays at once, which a checkpoint of gigabytes has
no room for; it is the library that reads the header back, and so judges it.

Source: safetensors, "Format" (eight bytes with the header's length, the header, data).
"""

import json

import numpy as np
from safetensors import SafetensorError, safe_open

from migrate.errors import MigrateError
from migrate.output.formats.base import ArrayFormat, readable, require_key

_TAGS = {
    "bool": "BOOL",
    "bfloat16": "BF16",
    **{f"float{bits}": f"F{bits}" for bits in (16, 32, 64)},
    **{f"int{bits}": f"I{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"U{bits}" for bits in (8, 16, 32, 64)},
}
_NAMES = {tag: name for name, tag in _TAGS.items()}
_ALIGNMENT = 8
_ERRORS = (OSError, ValueError, SafetensorError)
# The one name that the format keeps for itself, and what tells a changed name.
_RESERVED, _CHANGED = "__metadata__", "%"


def _native(dtype):
    return dtype.name in _TAGS


def _key(name):
    """The name itself; a mark before the reserved one, and before marked ones."""
    return _CHANGED + name if name.startswith((_RESERVED, _CHANGED)) else name


def _write(path, items, metadata):
    items = sorted(items, key=lambda item: -item.dtype.itemsize)  # keeps alignment
    header, end = ({_RESERVED: metadata} if metadata else {}), 0
    for item in items:
        size = int(np.prod(item.shape, dtype=np.int64)) * item.dtype.itemsize
        header[item.name] = {
            "dtype": _TAGS[item.dtype.name],
            "shape": list(item.shape),
            "data_offsets": [end, end + size],
        }
        end += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with open(path, "wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for item in items:
            array = np.ascontiguousarray(item.read(), item.dtype)
            stream.write(array.reshape(-1).view(np.uint8))


def _open(path):
    with readable(path, *_ERRORS):
        with safe_open(path, framework="numpy"):
            pass  # the library has found the header good
        with open(path, "rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(size))
    header.pop(_RESERVED, None)

    def read(key):
        require_key(path, key, header)
        found = header[key]
        if found["dtype"] not in _NAMES:
            raise MigrateError(
                f"{key} in {path} is {found['dtype']}, which is not read"
            )
        begin, end = found["data_offsets"]
        with readable(path, *_ERRORS):
            raw = np.fromfile(path, np.uint8, end - begin, offset=8 + size + begin)
            return raw.view(np.dtype(_NAMES[found["dtype"]])).reshape(found["shape"])

    return read


SAFETENSORS = ArrayFormat(
    name="safetensors",
    suffix=".safetensors",
    native=_native,
    key=_key,
    write=_write,
    open=_open,
)
