"""From a source to one file with the Keras model of its whole graph."""

import os
from typing import Any

import keras

from migrate.errors import MigrateError
from migrate.models.whole import model
from migrate.output.atomic import workplace
from migrate.sources.arguments import Path, SourceLike


def write_model(source: SourceLike, out: Path, **options: Any) -> keras.Model:
    """Writes ``out``, a ``.keras`` file, which appears only when it is complete.

    Args:
      source, options: as for ``migrate.model``. out: the file; it must not exist.

    Returns:
      The model.

    Raises:
      MigrateError: as ``migrate.model``; ``out`` exists, has another ending, or cannot
        be written.
    """
    out = os.fspath(out)
    if not out.endswith(".keras"):
        raise MigrateError(f"expected the name of a .keras file. Received: {out}")
    if os.path.lexists(out):
        raise MigrateError(f"{out} exists; remove it, or choose another name")
    made = model(source, **options)
    with workplace(out) as folder:
        beside = os.path.join(folder, "model.keras")
        made.save(beside)
        os.rename(beside, out)
    return made
