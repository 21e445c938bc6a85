"""The sorted table of keys and values that both checkpoint formats are kept in.

The format is LevelDB's table: blocks of entries whose keys share prefixes, a block that
lists them, a footer. Each block has a checksum, always checked here. Nothing is used
before it is known to lie within the file, no block is listed twice, and keys share no
more than a writer lets them, so that a damaged or hostile file costs memory and time in
proportion to its size and ends in ``ValueError``.

Source: LevelDB, "Table format" (doc/table_format.md); the masked CRC-32C is that of its
log format; tensorflow/core/lib/io/table_options.h, for how often a key is whole.
"""

import os
from collections.abc import Iterator

import google_crc32c
import numpy as np

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_TRAILER = 5  # a block's kind and checksum
# Keys share prefixes, so that a file can stand for far more than its size: of a block
# that TensorFlow wrote, where every 16th key is whole, for this many times its size;
_MOST_SHARED = 16
# of all blocks, for this many bytes.
_MOST_KEYS = 1 << 28


def unmask(masked: int) -> int:
    """The CRC-32C behind a stored one, which is rotated and shifted."""
    rotated = (masked - 0xA282EAD8) & 0xFFFFFFFF
    return (rotated >> 17) | (rotated << 15) & 0xFFFFFFFF


def crc32c(content, start: int = 0) -> int:
    """CRC-32C of bytes or a read-only array, going on from ``start``."""
    return google_crc32c.extend(start, content)


def varint(content: bytes, place: int) -> tuple[int, int]:
    """The number of base 128 at ``place``, and the place after it."""
    number = shift = 0
    while shift < 70:
        if place >= len(content):
            break
        byte = content[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
        shift += 7
    raise ValueError("a number is cut off or too long")


class Table:
    """A table file, open for reading.

    Attributes:
      path: the file.

    Raises:
      OSError: it cannot be read.
      ValueError: it is not a table, or damaged; also on reading entries.
    """

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as stream:
            self._name = os.path.basename(path)
            self._size = os.fstat(stream.fileno()).st_size
            if self._size < _FOOTER:
                raise ValueError(f"{self._name} is cut off")
            stream.seek(self._size - _FOOTER)
            footer = stream.read(_FOOTER)
            if int.from_bytes(footer[-8:], "little") != _MAGIC:
                raise ValueError(f"{self._name} does not end as a table")
            place = 0
            for _ in range(2):  # where the list of extras is: none; and of blocks
                offset, place = varint(footer, place)
                size, place = varint(footer, place)
            self._blocks, end = [], 0
            for _, handle in _entries(self._content(stream, offset, size)):
                offset, place = varint(handle, 0)
                size, _ = varint(handle, place)
                self._require_inside(offset, size)
                if offset < end:  # else one could be read as often as it is listed
                    raise ValueError(f"{self._name}: its blocks are out of order")
                end = offset + size + _TRAILER
                self._blocks.append((offset, size))

    def __iter__(self) -> Iterator[tuple[bytes, bytes, int]]:
        """All keys, values and the blocks they stand in, in order; no key twice."""
        last, room = None, _MOST_KEYS
        for number in range(len(self._blocks)):
            for key, value in self.block(number):
                room -= len(key)
                if (last is not None and key <= last) or room < 0:
                    raise ValueError(f"{self._name}: its keys are out of order")
                last = key
                yield key, value, number

    def block(self, number: int) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values of one block."""
        with open(self.path, "rb") as stream:
            content = self._content(stream, *self._blocks[number])
        return _entries(content)

    def _require_inside(self, offset, size):
        if offset + size + _TRAILER > self._size:
            raise ValueError(f"{self._name} is cut off")

    def _require_crc(self, crc, stored):
        if len(stored) < 4 or crc != unmask(int.from_bytes(stored, "little")):
            raise ValueError(f"{self._name}: a checksum is wrong")

    def _content(self, stream, offset, size):
        self._require_inside(offset, size)
        stream.seek(offset)
        content = stream.read(size + _TRAILER)
        self._require_crc(crc32c(content[:-4]), content[-4:])
        if content[size] != 0:
            raise ValueError(f"{self._name} has compressed blocks")
        return content[:size]


def _entries(content):
    """Keys and values of a block's content."""
    if len(content) < 4:
        raise ValueError("a block is cut off")
    # Where keys start anew is listed at the end; read in order, that is not needed.
    restarts = int(np.frombuffer(content[-4:], "<u4")[0])
    end = len(content) - 4 - 4 * restarts
    if end < 0:
        raise ValueError("a block is cut off")
    place, key, room = 0, b"", _MOST_SHARED * len(content)
    while place < end:
        shared, place = varint(content, place)
        added, place = varint(content, place)
        size, place = varint(content, place)
        if shared > len(key) or place + added + size > end:
            raise ValueError("an entry is cut off")
        room -= shared + added
        if room < 0:
            raise ValueError("its keys are too long for its size")
        key = key[:shared] + content[place : place + added]
        place += added
        yield key, content[place : place + size]
        place += size
