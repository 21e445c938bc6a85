"""Opening what a person names as a source."""

from migrate.sources.base import Source
from migrate.sources.checkpoint import Checkpoint


def open_source(path) -> Source:
    """The source at ``path``; a ``Source`` is given back as it is.

    Raises:
      MigrateError: nothing that can be read is there.
    """
    return path if isinstance(path, Source) else Checkpoint(path)
