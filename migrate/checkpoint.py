"""Reading TensorFlow 1 checkpoints: the only place that does.

V2 format (``NAME.index`` and ``NAME.data-*``) and V1 format (one file, or shards named
``NAME-?????-of-*``), through TensorFlow's own reader, which checks every checksum of
what it reads.
"""

import glob
import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from migrate.errors import MigrateError

# A part of a V2 checkpoint: index, graph or data.
_V2_PART = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")
# A shard of a V1 checkpoint, or the pattern that stands for all its shards.
_V1_SHARD = re.compile(r"-(\d{5}|\?{5})-of-(\d{5})$")
# The file that names a folder's checkpoints.
_STATE = "checkpoint"


class Entry(NamedTuple):
    """A variable's shape and dtype name, known without reading its values."""

    shape: tuple[int, ...]
    dtype: str


def find_prefix(path: str) -> str:
    """The checkpoint's prefix for what a person typed.

    Args:
      path: a prefix, one of a checkpoint's files, or a folder with a ``checkpoint``
        file that names the latest (or that file).

    Returns:
      What TensorFlow's readers take: ``NAME``, or ``NAME-?????-of-0000N`` for the
      shards of the V1 format.

    Raises:
      MigrateError: there is nothing of the kind.
    """
    path = os.fspath(path)
    if os.path.basename(path) == _STATE and os.path.isfile(path):
        path = os.path.dirname(path) or "."
    if os.path.isdir(path):
        return _latest(path)
    found = _as_prefix(_V2_PART.sub("", path))
    if found is None:
        raise MigrateError(
            f"no checkpoint at {path}: expected a prefix such as model.ckpt-1000, with "
            "its .index and .data files (or the files of the V1 format) beside it"
        )
    return found


def _as_prefix(path):
    """The prefix that ``path`` is, or is a shard of; None if there is no such file."""
    if os.path.isfile(path + ".index"):
        return path
    if (shard := _V1_SHARD.search(path)) is not None:
        path, count = path[: shard.start()], shard[2]
    elif os.path.isfile(path):
        return path
    else:
        count = "?????"
    shards = sorted(glob.glob(f"{glob.escape(path)}-?????-of-{count}"))
    shards = [name for name in shards if _V1_SHARD.search(name)]
    if not shards:
        return None
    return f"{path}-?????-of-{shards[-1][-5:]}"


def _latest(folder):
    """The prefix of the latest checkpoint that a folder's ``checkpoint`` file names."""
    named = None
    try:
        with open(os.path.join(folder, _STATE), encoding="utf-8") as stream:
            named = re.search(r'^model_checkpoint_path: *"(.+)"', stream.read(), re.M)
    except (OSError, UnicodeDecodeError):
        pass  # as if there were none
    if named is not None:
        # A copied folder's file may name the place where it was made.
        for path in (named[1], os.path.basename(named[1])):
            found = _as_prefix(os.path.join(folder, path))
            if found is not None:
                return found
    prefixes = sorted(
        name.removesuffix(".index")
        for name in os.listdir(folder)
        if name.endswith(".index")
    )
    hint = f"expected a `{_STATE}` file or a checkpoint's prefix"
    if prefixes:
        hint = "name one of the checkpoints in it: " + ", ".join(prefixes[:10])
    raise MigrateError(f"{folder} is a folder without a latest checkpoint; {hint}")


class Checkpoint(Mapping):
    """A checkpoint as a mapping from v1 names to arrays, read when asked for.

    Args:
      path: anything that ``find_prefix`` takes.

    Attributes:
      prefix: the checkpoint's prefix.
      entries: from name to ``Entry`` (shape and dtype), in the order of names.

    Raises:
      MigrateError: no checkpoint there, or files that are incomplete or damaged; also
        on reading a variable.
    """

    def __init__(self, path):
        import tensorflow as tf

        self.prefix = find_prefix(path)
        self._require_shards()
        # What TensorFlow's reader raises for damaged files, by kind of damage.
        self._errors = (
            tf.errors.OpError,
            IndexError,
            MemoryError,
            RuntimeError,
            TypeError,
            ValueError,
        )
        try:
            self._reader = tf.train.load_checkpoint(self.prefix)
            shapes = self._reader.get_variable_to_shape_map()
            dtypes = self._reader.get_variable_to_dtype_map()
        except self._errors as error:
            raise self._damaged(error) from error
        self.entries = MappingProxyType(
            {
                name: Entry(tuple(shapes[name]), dtypes[name].name.removesuffix("_ref"))
                for name in sorted(shapes)
            }
        )

    def files(self) -> list[str]:
        """The checkpoint's files."""
        names = glob.escape(self.prefix)
        if _V1_SHARD.search(self.prefix):
            names = glob.escape(self.prefix[: -len("-?????-of-NNNNN")])
            names += self.prefix[-len("-?????-of-NNNNN") :]
            return sorted(glob.glob(names))
        return [
            *filter(os.path.isfile, (self.prefix, self.prefix + ".index")),
            *sorted(glob.glob(names + ".data-?????-of-?????")),
        ]

    def _require_shards(self):
        """Every shard must be there: TensorFlow misses some only when it reads."""
        files = self.files()
        if _V1_SHARD.search(self.prefix):
            shards, count = files, int(self.prefix[-5:])
        elif os.path.isfile(self.prefix + ".index"):
            shards = [name for name in files if ".data-" in name]
            count = int(shards[-1][-5:]) if shards else 1
        else:
            return
        if len(shards) != count:
            raise self._damaged(
                f"{len(shards)} of its {count} data files are there: "
                + (", ".join(map(os.path.basename, shards)) or "none")
            )

    def _damaged(self, error, name=None):
        what = f"variable {name} of " if name else ""
        reason = " ".join(str(error).split())[:300]
        return MigrateError(
            f"cannot read {what}{self.prefix}: its files are incomplete or damaged; "
            f"copy the checkpoint again from where it came ({reason})"
        )

    def __getitem__(self, name) -> np.ndarray:
        if name not in self.entries:
            raise KeyError(name)
        try:
            return np.asarray(self._reader.get_tensor(name))
        except self._errors as error:
            raise self._damaged(error, name) from error

    def __iter__(self):
        return iter(self.entries)

    def __len__(self):
        return len(self.entries)
