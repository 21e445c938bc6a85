"""A source in which variables that have a moving average are their average."""

from collections.abc import Mapping

from migrate.sources.base import Source


class Averaged(Source):
    """The variables of a source, of which those that have an average are it.

    Args:
      source: a ``Source``. averages: from ``cells.inventory.averages_in``.
    """

    def __init__(self, source: Source, averages: Mapping[str, str]):
        super().__init__(lambda _: source.graph)
        self._source = source
        self.entries, self.label = source.entries, source.label
        self._average_of = {raw: name for name, raw in averages.items()}

    def __getitem__(self, name):
        return self._source[self._average_of.get(name, name)]
