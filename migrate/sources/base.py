"""What every source is: a mapping from v1 names to arrays, read when asked for."""

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from migrate.errors import MigrateError

#: A slice of a variable that was partitioned: (start, length) for each dimension.
Slice = tuple[tuple[int, int], ...]


class Entry(NamedTuple):
    """What is known of a variable without reading its values.

    ``shape``; ``dtype``, TensorFlow's name of it; ``parts``: if the variable was
    partitioned, the (start, length) for each dimension of each slice.
    """

    shape: tuple[int, ...]
    dtype: str
    parts: tuple[Slice, ...] = ()


class Source(Mapping):
    """Variables by their v1 names; a value is read when it is asked for.

    Attributes:
      entries: from name to ``Entry`` (shape and dtype), in the order of names.
      label: what to call the source in a message: a prefix, a file, a folder.

    Args:
      read_graph: called with the source, when its graph is first asked for; gives it.
    """

    entries: Mapping[str, Entry]
    label: str
    _read_graph = None

    def __init__(self, read_graph=None):
        self._read_graph = read_graph

    @cached_property
    def graph(self):
        """The ``migrate.graph.Graph`` that the variables belong to, or None.

        Raises:
          MigrateError: it cannot be read, or belongs to other variables; see
            ``graph.open.open_source``.
        """
        return None if self._read_graph is None else self._read_graph(self)

    def files(self) -> list[str]:
        """The files that hold the variables."""
        return []

    def __iter__(self):
        return iter(self.entries)

    def __len__(self):
        return len(self.entries)

    def __repr__(self):
        return f"{type(self).__name__}({self.label!r}, {len(self)} variables)"


def require_array(name: str, entry: Entry) -> None:
    """Raises ``MigrateError`` for a variable that only a session can hold."""
    if entry.dtype in ("variant", "resource"):
        raise MigrateError(
            f"variable {name} is a {entry.dtype}, which is no array; save a checkpoint "
            "without it (such as a dataset's iterator), from the training script, by "
            "tf.train.Saver(var_list=...), and use that"
        )
