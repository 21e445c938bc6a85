"""Slices of variables that were partitioned, and the keys they are stored under.

Source: tensorflow/core/util/saved_tensor_slice_util.cc and
tensorflow/core/lib/strings/ordered_code.cc, for the form of the keys.
"""


def decode(key):
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise ValueError(f"the name {key[:80]!r} is not UTF-8") from None


def _extents(part):
    """(start, length) for each dimension, as stored: -1 is the whole length."""
    return [(e.start, e.length if e.HasField("length") else -1) for e in part.extent]


def extents_within(part, shape):
    """(start, length) for each dimension of ``shape``, each within it."""
    extents = _extents(part)
    if len(extents) != len(shape):
        raise ValueError(f"a part has {len(extents)} dimensions, its whole {shape}")
    found = tuple(
        (start, size if length == -1 else length)
        for (start, length), size in zip(extents, shape, strict=True)
    )
    if any(
        start < 0 or length < 0 or start + length > size
        for (start, length), size in zip(found, shape, strict=True)
    ):
        raise ValueError(f"a part {found} is outside of its variable {shape}")
    return found


def take(held, name, part):
    """The key of a part of a variable, and what was held under it.

    It is no longer, so that a file cannot ask for more keys than it has.
    """
    key = _key(name, part)
    if key not in held:
        raise ValueError(f"a part of {decode(name)} is missing, or is listed twice")
    return key, held.pop(key)


def _key(name: bytes, part) -> bytes:
    """The key of a part of a variable, which sorts as its name and numbers do."""
    extents = _extents(part)
    count = len(extents)
    dimensions = bytes([1, count]) if count else b"\0"
    numbers = (number for extent in extents for number in extent)
    packed = b"\0" + name.replace(b"\0", b"\0\xff") + b"\0\1" + dimensions
    return packed + b"".join(map(_signed, numbers))


def _signed(number: int) -> bytes:
    """A number in a form that sorts: the count of its bytes as leading ones (of
    minus: zeros), then its bits."""
    bits = (~number if number < 0 else number).bit_length()
    size = bits // 7 + 1
    body = bytearray((number & (1 << 80) - 1).to_bytes(10, "big")[-size:])
    header = ((1 << size) - 1 << 16 - size).to_bytes(2, "big")
    for place in range(min(size, 2)):
        body[place] ^= header[place]
    return bytes(body)
