"""Random values for the placeholders of a whole graph."""

import numpy as np

from migrate.errors import MigrateError
from migrate.graph.found import Found
from migrate.graph.nodes import Graph, output
from migrate.graph.session import UserGraph, names_of
from migrate.graph.sizes import shape_of
from migrate.proof.cases import BATCH, FEWEST_STEPS

_SAME = (
    "Identity", "Cast", "ToInt32", "ToInt64", "Reshape", "ExpandDims", "Squeeze",
    "Transpose", "StopGradient", "Enter", "Minimum", "Maximum",
)  # fmt: skip
_LOOKS_UP = ("Gather", "GatherV2", "ResourceGather")


class RandomData:
    """Draws what a graph's inputs take.

    Numbers are standard normal. Axes whose size is open are ``BATCH`` rows, else one
    step more than the longest table of statistics has rows. Indices point into the
    table that they are looked up in. Lengths go up to the steps of their RNN: these,
    and the number of lengths, are known once the graph has run up to it.

    Args:
      graph: a ``UserGraph``. found: what its graph has. rows: the longest table of
        statistics. names: the placeholders to draw for. fixed: values of others.
    """

    def __init__(self, graph: UserGraph, found: Found, rows, names, fixed):
        self._graph, self._found = graph, found
        self._steps = max(FEWEST_STEPS, rows + 1)
        self._names, self._fixed = names, fixed
        self._rnns = {}
        for rnn in found.rnns:
            for name in names_of(rnn.lengths):
                source = _placeholder(graph.graph, name)
                self._rnns.setdefault(source, []).append(rnn)

    @property
    def has_lengths(self) -> bool:
        """Whether lengths are drawn."""
        return any(name in self._rnns for name in self._names)

    def draw(self, rng, full: bool) -> dict:
        """Arrays by placeholder.

        Args:
          full: whether each sequence has all steps; else random lengths, the first of
            them full, as some loops need.

        Raises:
          MigrateError: the graph does not take them.
        """
        feeds = {
            name: self._numbers(name, rng)
            for name in self._names
            if name not in self._rnns
        }
        waiting = [name for name in self._names if name in self._rnns]
        while waiting:
            drawn = [n for n in waiting if self._lengths(n, rng, full, feeds)]
            if not drawn:
                raise MigrateError(
                    f"no random input fits {self._graph.graph.label}: it is not known "
                    f"what {', '.join(waiting)} may be; give data (--data FILE.npz)"
                )
            waiting = [name for name in waiting if name not in drawn]
        return feeds

    def _shape(self, name, first=BATCH):
        shape = shape_of(self._graph.graph, name) or ()
        sizes = [first, *[self._steps] * len(shape)]
        return [n if s is None else s for s, n in zip(shape, sizes, strict=False)]

    def _numbers(self, name, rng):
        kind, shape = self._graph.graph.placeholders[name], self._shape(name)
        if kind.startswith("float"):
            return rng.standard_normal(shape).astype(kind)
        if kind == "bool":
            return rng.random(shape) < 0.5
        if "int" not in kind:
            raise MigrateError(
                f"no random input fits {self._graph.graph.label}: {name} takes {kind}; "
                "give data (--data FILE.npz)"
            )
        return rng.integers(0, _rows(self._graph.graph, name), shape).astype(kind)

    def _lengths(self, name, rng, full, feeds):
        """Draws lengths, if the RNN that they are for can be reached already."""
        for rnn in self._rnns[name]:
            entering = names_of(rnn.inputs)
            try:
                given = {**self._fixed, **feeds}
                found, _ = self._graph.run_whole(given, entering[:1])
            except MigrateError:
                continue
            shape = found[entering[0]].shape
            rows, steps = shape[0], len(entering)
            if isinstance(rnn.inputs, str):
                steps, rows = shape[:2] if rnn.time_major else shape[1::-1]
            sizes = self._shape(name, rows)
            made = np.full(sizes, steps)
            if not full:
                made = rng.integers(1, steps + 1, sizes)
                made.reshape(-1)[0] = steps
            feeds[name] = made.astype(self._graph.graph.placeholders[name])
            return True
        return False


def _placeholder(graph, tensor):
    """The placeholder that a tensor is, but for its form."""
    name = output(tensor)[0]
    while graph.op(name) in _SAME:
        name = graph.inputs(name)[0][0]
    return name


def _rows(graph: Graph, placeholder) -> int:
    """Below what the indices in a placeholder must be: 2 if nothing says."""
    waiting, seen, rows = [placeholder], set(), []
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for taker, place, _ in graph.consumers(name):
            op = graph.op(taker)
            if op in _LOOKS_UP and place == 1:
                table = _placeholder(graph, graph.inputs(taker)[0][0])
                variable = graph.variables.get(table)
                shape = variable.shape if variable else shape_of(graph, table)
                rows += [shape[0]] if shape and shape[0] else []
            elif op in _SAME and place == 0:
                waiting.append(taker)
    return min(rows, default=2)
