"""What a proof is about: the files that were compared, as they were then."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.errors import MigrateError
from migrate.output.atomic import state

_CHUNK = 1 << 20


@dataclass(frozen=True)
class File:
    """One file: its path, what it is, bytes, SHA-256, whether it was compared."""

    path: str
    role: str
    size: int
    sha256: str
    compared: bool = True


@dataclass(frozen=True, eq=False, repr=False)
class Subject:
    """What was compared, and how it was asked for.

    Attributes:
      source, conversion: the two; of a whole model its ``ModelFile``.
      notes: sentences on what no layer can express, so that it stayed as variables.
      seed, data: as given to ``verify``. call: that call in Python.
      role: what the conversion's files are part of.
      seen: for each file, what changes when it is replaced, when the work began.
    """

    source: object
    conversion: object
    notes: tuple[str, ...]
    seed: int
    data: Mapping[str, Any] | None
    call: str
    role: str = "conversion"
    seen: dict = field(default_factory=dict)

    def __post_init__(self):
        self.seen.update((path, state(path)) for _, path, _ in self._files())

    def files(self) -> list[File]:
        """All files, with their checksums.

        Raises:
          MigrateError: one has changed since it was compared, or cannot be read.
        """
        return [self._file(*item) for item in self._files()]

    def _files(self):
        """(role, path, compared) of each file."""
        graph = self.source.graph
        shown = [] if graph is None or graph.file is None else [graph.file]
        # A frozen graph is both.
        source = [path for path in self.source.files() if os.path.isfile(path)]
        found = [("checkpoint", path, True) for path in source]
        found += [("graph", path, True) for path in shown if path not in source]
        found += [(self.role, f, True) for f in self.conversion.read_files()]
        return found + [(self.role, f, False) for f in self.conversion.other_files()]

    def _file(self, role, path, compared):
        digest = hashlib.sha256()
        try:
            size = os.path.getsize(path)
            with open(path, "rb") as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
        except OSError as error:
            raise MigrateError(f"cannot read {path}: {error.strerror}") from error
        if self.seen.get(path) != state(path):
            raise MigrateError(
                f"{path} has changed since it was verified; verify again"
            )
        return File(path, role, size, digest.hexdigest(), compared)
