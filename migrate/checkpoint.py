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


class Entry(NamedTuple):
    """A variable's shape and dtype name, known without reading its values."""

    shape: tuple[int, ...]
    dtype: str


# Files that are parts of a V2 checkpoint, not a V1 checkpoint of one file.
_PART = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")


def _exists(prefix: str) -> bool:
    one_file = os.path.isfile(prefix) and not _PART.search(prefix)
    return (
        one_file
        or os.path.isfile(prefix + ".index")
        or bool(glob.glob(glob.escape(prefix) + "-?????-of-?????"))
    )


def find_prefix(path: str) -> str:
    """The checkpoint's prefix for what a person typed.

    Args:
      path: a prefix, one of a checkpoint's files, or a folder with a ``checkpoint``
        file that names the latest.

    Raises:
      MigrateError: there is nothing of the kind.
    """
    path = os.fspath(path)
    if os.path.isdir(path):
        import tensorflow as tf

        latest = tf.train.latest_checkpoint(path)
        if latest is None:
            prefixes = sorted(
                name[: -len(".index")]
                for name in os.listdir(path)
                if name.endswith(".index")
            )
            hint = (
                "name one of the checkpoints in it: " + ", ".join(prefixes[:10])
                if prefixes
                else "expected a `checkpoint` file or a checkpoint's prefix"
            )
            raise MigrateError(
                f"{path} is a folder without a latest checkpoint; {hint}"
            )
        return latest
    if not _exists(path):
        path = _PART.sub("", path)
    if not _exists(path):
        raise MigrateError(
            f"no checkpoint at {path}: expected a prefix such as model.ckpt-1000, with "
            "its .index and .data files (or the one file of the V1 format) beside it"
        )
    return path


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

    def _require_shards(self):
        """A V2 index is of no use without every one of its data files."""
        if not os.path.isfile(self.prefix + ".index"):
            return
        shards = glob.glob(glob.escape(self.prefix) + ".data-?????-of-?????")
        count = int(shards[0][-5:]) if shards else 1
        if len(shards) != count:
            raise self._damaged(
                f"{os.path.basename(self.prefix)}.data-*-of-{count:05}: "
                f"{len(shards)} of {count} files are there"
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
