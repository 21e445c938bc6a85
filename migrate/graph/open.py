"""Opening what a person names: its variables, and the graph that they belong to."""

import os
import warnings
from typing import NamedTuple

from migrate.errors import MigrateError, MigrateWarning
from migrate.graph.beside import graph_beside, mismatch
from migrate.graph.nodes import Graph
from migrate.graph.other import kind_of, what_is
from migrate.graph.parts import joined
from migrate.graph.read import read
from migrate.sources.base import Source
from migrate.sources.checkpoint import Checkpoint
from migrate.sources.frozen import FrozenGraph
from migrate.sources.prefix import as_prefix, files_of, find_prefix

_SAVED_MODELS = ("saved_model.pb", "saved_model.pbtxt")
_WITHOUT = "--no-graph (graph=False in Python) goes on without it"


def open_source(path, graph=None, *, lenient=False) -> Source:
    """The source at ``path``; a ``Source`` is given back as it is.

    Args:
      path: a checkpoint (its prefix, one of its files, or a folder with a
        ``checkpoint`` file), V1 or V2 format; a ``.meta`` beside its checkpoint; a
        frozen graph (``.pb``, ``.pbtxt``); or the folder of a TensorFlow 1 SavedModel.
      graph: the file of the checkpoint's graph, or a ``migrate.graph.Graph``; None: the
        ``.meta`` of the same prefix, of another step of the same name, or the only one
        in the folder; False: none.
      lenient: if a graph that was found so is damaged or belongs to other variables,
        warn, and go on without.

    Returns:
      A ``Source``. Its ``graph`` is read when it is first asked for.

    Raises:
      MigrateError: nothing that can be read is there. On asking for ``graph``: it is
        damaged, or belongs to other variables.

    Warns:
      MigrateWarning: a ``checkpoint`` file that names another folder.
    """
    if isinstance(path, Source):
        if graph is not None:
            raise MigrateError(
                "expected a path to go with a graph. Received: a source, which has its "
                "own"
            )
        return path
    path = os.fspath(path)
    _require_known(path)
    if os.path.basename(path) in _SAVED_MODELS and os.path.isfile(path):
        path = os.path.dirname(path) or "."
    if os.path.isfile(path):
        own = _of_graph_file(path, graph, lenient)
        if own is not None:
            return own
    elif _is_saved_model(path) and not _has_variables(path):
        return _frozen(path, graph)
    prefix = find_prefix(path)
    _require_known(prefix)
    for file in files_of(prefix):
        if kind_of(file) == "pointer":
            _require_known(file)
    return Checkpoint(prefix, _reader(prefix, graph, lenient))


def _require_known(path):
    if kind_of(path) not in (None, "valueless"):  # of that, ``FrozenGraph`` knows more
        raise MigrateError(f"{path} is {what_is(path)}")


def _is_saved_model(path):
    return any(os.path.isfile(os.path.join(path, name)) for name in _SAVED_MODELS)


def _has_variables(path):
    return os.path.isfile(os.path.join(path, "variables", "variables.index"))


def _of_graph_file(path, graph, lenient):
    """The source of a file that holds a graph; None if it is of another kind."""
    if path.endswith(".meta"):
        prefix = as_prefix(path.removesuffix(".meta"))
        if prefix is None:
            return _frozen(path, graph)
        given = path if graph is None else graph
        return Checkpoint(prefix, _reader(prefix, given, lenient))
    return _frozen(path, graph) if path.endswith((".pb", ".pbtxt")) else None


def _frozen(path, graph):
    if graph:
        raise MigrateError(
            f"expected a checkpoint to go with a graph. Received: {path}, which is a "
            "graph itself"
        )
    own = read(path)
    return FrozenGraph(own, path, None if graph is False else lambda _: own)


class _Reader(NamedTuple):
    """Reads the graph of a source.

    ``path``: its file. ``given``: the user named it. ``certain``: if not, its name says
    that it is the source's. ``lenient``: see ``open_source``.
    """

    path: str
    given: bool
    certain: bool
    lenient: bool

    def __call__(self, source) -> Graph | None:
        try:
            graph = joined(read(self.path))
            reason = mismatch(graph, source)
        except MigrateError as error:
            return self._without(str(error), self.lenient)
        if reason is None:
            return graph
        return self._without(
            f"the graph {self.path} does not belong to {source.label}: {reason}; give "
            "the graph that was saved with these variables",
            self.lenient or not self.certain,
        )

    def _without(self, text, may):
        if self.given:
            raise MigrateError(text)
        if not may:
            raise MigrateError(f"{text}; {_WITHOUT}")
        warnings.warn(f"{text}; going on without a graph", MigrateWarning, stacklevel=2)


def _reader(prefix, graph, lenient):
    """What reads the graph of a checkpoint when it is asked for; None: it has none."""
    if graph is False:
        return None
    if isinstance(graph, Graph):
        return lambda source: _required(graph, source)
    if graph is not None:
        return _Reader(os.fspath(graph), True, True, lenient)
    path, certain = graph_beside(prefix)
    return None if path is None else _Reader(path, False, certain, lenient)


def _required(graph, source):
    reason = mismatch(graph, source)
    if reason is not None:
        raise MigrateError(
            f"the graph {graph.label} does not belong to {source.label}: {reason}"
        )
    return graph
