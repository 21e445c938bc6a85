"""What a checkpoint's tables say: each variable's shape, dtype, partitions and place.

V2 format: an index, whose entries point into data files. V1 format: tables that hold
the values too. Both keep a part of a variable under a key that packs name and part.

Source: tensorflow/core/protobuf/tensor_bundle.proto and
tensorflow/core/util/saved_tensor_slice.proto, for the meaning of the messages.
"""

import math
import os
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError

from migrate.sources.base import Slice
from migrate.sources.slices import decode, extents_within, take
from migrate.sources.sstable import Table


class Piece(NamedTuple):
    """Bytes of a variable, or of the part ``slice`` of it.

    V2: ``size`` bytes of data file ``file`` from ``offset`` on, with a checksum. V1:
    the block ``offset`` of table ``file``, under ``key``.
    """

    slice: Slice | None
    file: int
    offset: int
    size: int = 0
    crc: int = 0
    key: bytes = b""


class Variable(NamedTuple):
    """A variable: shape, TensorFlow's number of its dtype, and its pieces."""

    shape: tuple[int, ...]
    dtype: int
    pieces: list[Piece]


def read_v2(path) -> tuple[dict[str, Variable], int]:
    """The variables in the index file ``path``, and the number of data files.

    Raises:
      OSError, ValueError: it cannot be read, or is damaged.
    """
    from tensorflow.core.protobuf import tensor_bundle_pb2 as messages

    blocks = {key: value for key, value, _ in Table(path)}
    header = _parse(messages.BundleHeaderProto, blocks.pop(b"", b""))
    if header.endianness != messages.BundleHeaderProto.LITTLE:
        raise ValueError("it was written by a big-endian machine, which is not read")
    entries = {
        key: _parse(messages.BundleEntryProto, value) for key, value in blocks.items()
    }
    parts = {
        key: [(part, take(entries, key, part)[1]) for part in entry.slices]
        for key, entry in list(entries.items())
    }
    variables = {}
    for key, entry in entries.items():
        name, shape, pieces = decode(key), _shape(entry.shape), []
        for part, held in parts[key] or [(None, entry)]:
            if held.dtype != entry.dtype:
                raise ValueError(f"a part of {name} is of another dtype")
            pieces.append(
                Piece(
                    part and extents_within(part, shape),
                    held.shard_id,
                    held.offset,
                    held.size,
                    held.crc32c,
                )
            )
        variables[name] = Variable(shape, entry.dtype, pieces)
    _require_apart(variables)
    return variables, header.num_shards


def _require_apart(variables):
    """No bytes are used twice, so that what is read is no more than the files hold."""
    end = -1, 0
    pieces = (piece for variable in variables.values() for piece in variable.pieces)
    for file, offset, size in sorted((p.file, p.offset, p.size) for p in pieces):
        if (file, offset) < end and size:
            raise ValueError("two variables are in the same place")
        end = max(end, (file, offset + size))


def read_v1(paths) -> tuple[dict[str, Variable], list[Table]]:
    """The variables in tables of the V1 format, and those tables, wholly checked.

    Raises:
      OSError, ValueError: one cannot be read, or is damaged.
    """
    from tensorflow.core.util import saved_tensor_slice_pb2 as messages

    tables, variables = [Table(path) for path in paths], {}
    for file, table in enumerate(tables):
        blocks = {}
        listed: Any = ()
        for key, value, block in table:
            blocks[key] = block
            if key == b"":
                listed = _parse(messages.SavedTensorSlices, value).meta.tensor
        room = os.path.getsize(table.path)  # an element takes a byte at least
        for saved in listed:
            name, shape = saved.name, _shape(saved.shape)
            known = variables.setdefault(name, Variable(shape, saved.type, []))
            if (known.shape, known.dtype) != (shape, saved.type):
                raise ValueError(f"{name} has two shapes or dtypes")
            for part in saved.slice:
                key, block = take(blocks, name.encode(), part)
                place = extents_within(part, shape)
                room -= math.prod(length for _, length in place)
                if room < 0:
                    raise ValueError(f"values of {name} are missing")
                whole = place == tuple((0, length) for length in shape)
                known.pieces.append(
                    Piece(None if whole else place, file, block, key=key)
                )
    return variables, tables


def values_v1(table: Table, piece: Piece):
    """The message with a piece's values, of a table of the V1 format."""
    from tensorflow.core.util import saved_tensor_slice_pb2 as messages

    for key, value in table.block(piece.offset):
        if key == piece.key:
            return _parse(messages.SavedTensorSlices, value).data.data
    raise ValueError("the file changed while it was read")


def _parse(message, content):
    try:
        return message.FromString(content)
    except DecodeError:
        raise ValueError("an entry cannot be decoded") from None


def _shape(shape):
    sizes = tuple(dim.size for dim in shape.dim)
    if shape.unknown_rank or any(size < 0 for size in sizes):
        raise ValueError(f"a shape is {sizes}")
    return sizes
