"""Reading TensorFlow 1 checkpoints: the only place that does.

V2 format (``NAME.index`` and ``NAME.data-*``) and V1 format (one file, or shards named
``NAME-?????-of-*``). Not through TensorFlow's own reader, which believes hostile files;
here every checksum and every size is checked before it is used.
"""

import math
import os
import re
from types import MappingProxyType

import numpy as np

from migrate.bits import numpy_dtype
from migrate.errors import MigrateError
from migrate.sources import bundle
from migrate.sources.base import Entry, Source, require_array
from migrate.sources.prefix import V1_SHARD, files_of, find_prefix
from migrate.sources.sstable import crc32c, unmask, varint


class Checkpoint(Source):
    """A checkpoint, V2 or V1 format, one file or shards.

    Args:
      path: anything that ``find_prefix`` takes. read_graph: see ``Source``.

    Attributes:
      prefix: the checkpoint's prefix, which is its label, too.

    Raises:
      MigrateError: no checkpoint there, or files that are incomplete or damaged; also
        on reading a variable.
    """

    def __init__(self, path, read_graph=None):
        super().__init__(read_graph)
        self.prefix = self.label = find_prefix(path)
        try:
            self._v2 = os.path.isfile(self.prefix + ".index")
            if self._v2:
                self._variables, count = bundle.read_v2(self.prefix + ".index")
                self._files = self._shards(count)
            else:
                self._files = self.files()
                if V1_SHARD.search(self.prefix):
                    self._require_count(int(self.prefix[-5:]), self._files)
                self._variables, self._tables = bundle.read_v1(self._files)
            entries = {
                name: self._entry(self._variables[name])
                for name in sorted(self._variables)
            }
        except _ERRORS as error:
            raise self._damaged(error) from error
        self.entries = MappingProxyType(entries)

    @staticmethod
    def _entry(variable):
        import tensorflow as tf

        parts = tuple(sorted(p.slice for p in variable.pieces if p.slice))
        return Entry(variable.shape, tf.as_dtype(variable.dtype).name, parts)

    def files(self) -> list[str]:
        """The checkpoint's files."""
        return files_of(self.prefix)

    def _shards(self, count):
        """The data files of a V2 checkpoint; each must be there."""
        # Numbers are taken from names, as no name should be made of a forged count.
        number = re.compile(rf"\.data-([0-9]{{5}})-of-{count:05d}$")
        found = [(name, number.search(name)) for name in self.files()]
        there = [name for name, match in found if match and int(match[1]) < count]
        self._require_count(count, there)
        return there

    def _require_count(self, count, there):
        if len(there) != count:
            raise ValueError(
                f"{len(there)} of its {count} data files are there: "
                + (", ".join(map(os.path.basename, there)) or "none")
            )

    def _damaged(self, error, name=None):
        what = f"variable {name} of " if name else ""
        if isinstance(error, PermissionError):
            return MigrateError(
                f"cannot read {what}{self.prefix}: {error.filename}: {error.strerror}"
            )
        reason = " ".join(str(error).split())[:300]
        # A file of the V1 format has no mark of its own in its name.
        doubt = "" if self._v2 else "it is no checkpoint, or "
        return MigrateError(
            f"cannot read {what}{self.prefix}: {doubt}its files are incomplete or "
            f"damaged; copy the checkpoint again from where it came ({reason})"
        )

    def __getitem__(self, name) -> np.ndarray:
        if name not in self.entries:
            raise KeyError(name)
        require_array(name, self.entries[name])
        try:
            return self._read(self._variables[name], self.entries[name])
        except _ERRORS as error:
            raise self._damaged(error, name) from error

    def _read(self, variable, entry):
        """A new array of a variable's values."""
        dtype = numpy_dtype(entry.dtype)
        shapes = [_shape(piece, entry) for piece in variable.pieces]
        read = self._piece_v1
        if self._v2:
            read = self._piece_v2
            for piece, shape in zip(variable.pieces, shapes, strict=True):
                self._require_room(piece, dtype, shape)
        if not entry.parts:
            (piece,) = variable.pieces
            return read(piece, variable, dtype, entry.shape)
        self._require_cover(entry)
        complete = np.empty(entry.shape, dtype)
        for piece, shape in zip(variable.pieces, shapes, strict=True):
            complete[_location(piece.slice)] = read(piece, variable, dtype, shape)
        return complete

    def _require_room(self, piece, dtype, shape):
        """Bytes that are there, and as many as the shape needs."""
        if not 0 <= piece.file < len(self._files):
            raise ValueError("it names a data file that is not there")
        path, count = self._files[piece.file], math.prod(shape)
        if not 0 <= piece.offset <= piece.offset + piece.size <= os.path.getsize(path):
            raise ValueError(f"{os.path.basename(path)} is cut off")
        text = dtype.kind == "O"
        if count > piece.size or (not text and count * dtype.itemsize != piece.size):
            raise ValueError("its size does not fit its shape")

    def _require_cover(self, entry):
        """Parts that fill the whole, and do not overlap."""
        sizes = [math.prod(length for _, length in part) for part in entry.parts]
        if sum(sizes) == math.prod(entry.shape):
            covered = np.zeros(entry.shape, bool)
            for part in entry.parts:
                covered[_location(part)] = True
            if covered.all():
                return
        raise ValueError("its parts are not its whole")

    def _piece_v1(self, piece, variable, dtype, shape):
        import tensorflow as tf

        values = bundle.values_v1(self._tables[piece.file], piece)
        values.dtype = variable.dtype
        values.tensor_shape.CopyFrom(tf.TensorShape(shape).as_proto())
        return tf.make_ndarray(values).view(dtype)

    def _piece_v2(self, piece, _, dtype, shape):
        with open(self._files[piece.file], "rb") as stream:
            stream.seek(piece.offset)
            raw = np.fromfile(stream, np.uint8, piece.size)
        if raw.size != piece.size:
            raise ValueError("the file changed while it was read")
        if dtype.kind == "O":
            strings = _strings(raw.tobytes(), math.prod(shape), piece.crc)
            return strings.reshape(shape)
        raw.flags.writeable = False
        _require_crc(crc32c(raw), piece.crc)
        raw.flags.writeable = True
        return raw.view(dtype).reshape(shape)


# What damaged files end in: our own complaints, and Python's at what they ask for.
_ERRORS = (OSError, ValueError, TypeError, KeyError, MemoryError, OverflowError)


def _shape(piece, entry):
    """The shape of a piece of a variable."""
    if piece.slice is None:
        return entry.shape
    return tuple(length for _, length in piece.slice)


def _location(part):
    """Where a part is in the whole, as an index."""
    return tuple(slice(start, start + length) for start, length in part)


def _require_crc(crc, stored):
    if crc != unmask(stored):
        raise ValueError("a checksum is wrong")


def _strings(raw, count, stored):
    """An array of ``count`` strings: their lengths, a checksum of these, the strings.

    Both checksums are of the lengths as numbers of four bytes, or eight where needed.
    """
    lengths, place = [], 0
    for _ in range(count):
        length, place = varint(raw, place)
        lengths.append(length)
    crc = crc32c(
        b"".join(n.to_bytes(4 if n < 1 << 32 else 8, "little") for n in lengths)
    )
    checksum, place = raw[place : place + 4], place + 4
    _require_crc(crc, int.from_bytes(checksum, "little"))
    if place + sum(lengths) != len(raw):
        raise ValueError("its size does not fit its strings")
    _require_crc(crc32c(raw[place:], crc32c(checksum, crc)), stored)
    array = np.empty(count, object)
    for number, length in enumerate(lengths):
        array[number] = raw[place : place + length]
        place += length
    return array
