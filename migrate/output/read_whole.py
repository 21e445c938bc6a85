"""A Keras model of a whole graph, read as the source that it was made of."""

import os
import zipfile
from dataclasses import dataclass

import keras
import numpy as np

from migrate.bits import same_bits
from migrate.errors import MigrateError
from migrate.graph.inventory import inventory
from migrate.models import whole  # noqa: F401  registers its layers with Keras
from migrate.models.origins import origins
from migrate.sources.base import Source

SUFFIX = ".keras"


@dataclass(frozen=True)
class ModelFile:
    """The file of a whole model, named as a ``Conversion`` names its files; ``path`` is
    None if a person gave the model itself."""

    path: str | None

    def read_files(self) -> list[str]:
        """The file, if there is one."""
        return [] if self.path is None else [self.path]

    def other_files(self) -> list[str]:
        """None: it has no other formats."""
        return []


def is_whole(out) -> bool:
    """Whether a person means a whole model, not a conversion's folder."""
    return isinstance(out, keras.Model) or os.fspath(out).endswith(SUFFIX)


def read_whole(out) -> keras.Model:
    """The model in a ``.keras`` file; a model is given back as it is.

    Raises:
      MigrateError: it cannot be read, or holds something else than a model of names.
    """
    if isinstance(out, keras.Model):
        return out
    try:
        return keras.models.load_model(out, compile=False)
    except FileNotFoundError:
        raise MigrateError(f"there is no file {out}") from None
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())[:200]
        raise MigrateError(
            f"{out} cannot be read as a Keras model: {reason}"
        ) from error


class Whole(Source):
    """The variables of a source, with the weights that a model of it has now.

    What the model does not hold (optimizer slots, counters, the loss's own variables)
    is as in the source.

    Args:
      model: a model that ``migrate.model`` made of the source, trained perhaps.
      source: the source.

    Attributes:
      model, source: as given.
      assignments: what of the source the model's weights are.
      foreign: weights of the model that are nothing of the source.

    Raises:
      MigrateError: the model holds none of the source's variables.
    """

    def __init__(self, model, source):
        self.model, self.source = model, source
        self.label, self.entries = source.label, source.entries
        found = origins(model, source, inventory(source))
        self.assignments, self.foreign = found.assignments, found.foreign
        if not self.assignments:
            raise MigrateError(
                f"expected a model that migrate.model made of {source.label}. "
                "Received: a model that holds none of its variables"
            )
        self._held = None

    @property
    def graph(self):
        """See ``Source``."""
        return self.source.graph

    def held(self) -> dict[str, np.ndarray]:
        """The variables that the model holds, with the values that it has now.

        Raises:
          MigrateError: two parts of the model hold different values of one variable.
        """
        found = {}
        for assignment in self.assignments:
            for name, array in assignment.variables_now(self.source).items():
                if name in found and not same_bits(found[name], array):
                    raise MigrateError(
                        f"the model holds {name} several times, and they have become "
                        "different, so that one variable cannot hold them"
                    )
                found[name] = array
        return found

    def __getitem__(self, name):
        """A variable, as it was when the first was asked for."""
        if self._held is None:
            self._held = self.held()
        return self._held[name] if name in self._held else self.source[name]
