"""The user's own graph, run in a TensorFlow 1 session: the reference of the proof.

Only the part of the graph between the tensors fed and the tensors fetched is imported
and run. It may use nothing but tensors (``harmless``), the memory and the time that it
is given.

Order: the steps of a loop run one after another here, and TensorFlow 1 ran up to 32 of
them at once. So where several steps update one row of the statistics, which is a race
in TensorFlow 1, the result here is that of the steps in order, and has the same bits in
every run. Not ordered: one variable that two loops update, or that several steps
outside any loop update (a cell with shared statistics in an RNN that Python wrote out).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from migrate.errors import MigrateError
from migrate.graph import memory
from migrate.graph.found import GraphRNN
from migrate.graph.gradients import GradientProgram, cotangent
from migrate.graph.nodes import Graph, output
from migrate.graph.program import Program
from migrate.graph.starts import constant_starts
from migrate.graph.updates import updated

_UPDATE_OPS = "update_ops"


class Result(NamedTuple):
    """What an RNN gave: ``outputs`` [B, T, units] (None if its graph collects none);
    ``final_states``, in the order of ``rnn.final_states``, None if the graph lacks one
    (a frozen graph keeps what is used); ``statistics``: the variables that the pass may
    have changed, by name, as they are after it."""

    outputs: np.ndarray | None
    final_states: tuple[np.ndarray | None, ...]
    statistics: dict[str, np.ndarray]


class Entering(NamedTuple):
    """What enters an RNN: ``x`` [B, T, D]; ``lengths`` [B], or None; its initial
    states, in the order of ``rnn.initial_states``."""

    x: np.ndarray
    lengths: np.ndarray | None
    initial_states: tuple[np.ndarray, ...]


class UserGraph:
    """A graph with values for its variables.

    Args:
      graph: what ``migrate.graph.read`` gave.
      variables: arrays by name, the checkpoint's; names as in the checkpoint or in the
        graph. Read when a run needs them. A frozen graph needs none.
      seconds: the longest time of one run.
      more_memory: bytes that a run may take beyond what the process has, and beyond
        four times its variables.

    Every run starts from these values; what a run assigns is gone afterwards.
    """

    def __init__(
        self,
        graph: Graph,
        variables: Mapping,
        seconds: float = 45.0,
        more_memory: int = memory.GIB,
    ):
        self.graph, self.variables = graph, variables
        self.seconds, self.more_memory = seconds, more_memory
        self._programs = {}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """Frees the sessions."""
        for program in self._programs.values():
            program.session.close()
        self._programs.clear()

    def run(
        self,
        rnn: GraphRNN,
        x,
        lengths=None,
        initial_states=None,
        training: bool = False,
    ) -> Result:
        """Runs one RNN of the graph, fed at its border.

        Args:
          rnn: what ``migrate.graph.find`` found in this graph.
          x: [B, T, D], the values of ``rnn.inputs`` with the batch first; of a
            backward direction, as they enter its loop, turned round already.
          lengths: [B], None if each sequence has T steps.
          initial_states: arrays in the order of ``rnn.initial_states``; None for what
            the graph starts from.
          training: the value of the training switch. In training, updates in the
            collection UPDATE_OPS that change variables of its cells run as well.

        Raises:
          MigrateError: the RNN needs more than what its border gives, draws random
            numbers that cannot be switched off, or cannot run here.
        """
        feeds = self._border_feeds(rnn, x, lengths, initial_states)
        feeds.update(self._neutral(rnn))
        feeds.update(
            (name, training != (name in rnn.inverted)) for name in rnn.switches
        )
        # A frozen graph keeps only the states that something uses.
        states = tuple(name for name in rnn.final_states if name is not None)
        fetches = (*names_of(rnn.outputs), *states)
        updates = self._updates(rnn) if training else ()
        wanted = (*fetches, *updates)
        feeds.update(constant_starts(self.graph, feeds, wanted, np.shape(x)[0]))
        values, statistics = self._run(feeds, fetches, updates)
        return _result(rnn, values, statistics)

    def run_whole(
        self,
        feeds: Mapping,
        fetches,
        updates=False,
        *,
        of=None,
        by=(),
        altered=None,
    ):
        """Runs the whole graph on the user's data.

        Args:
          feeds: arrays by the names of placeholders (or of other tensors).
          fetches: names of tensors, such as those of ``border(rnn)``.
          updates: run the collection UPDATE_OPS as well, as a training step does; or
            the nodes of it to run.
          of: gradients are asked for: from tensors in ``fetches`` to the gradients that
            reach them. by: the variables by which.
          altered: a function that changes the array of each variable first.

        Returns:
          (arrays by the names in ``fetches`` and ``by``, statistics as in ``Result``).

        Raises:
          MigrateError: a name that is not there, a placeholder without a value, or a
            graph that cannot run here.
        """
        for name in (*feeds, *fetches):
            if output(name)[0] not in self.graph:
                raise MigrateError(
                    f"the graph {self.graph.label} has no {name!r}; its placeholders "
                    f"are {', '.join(sorted(self.graph.placeholders)) or 'none'}"
                )
        extra = updates if isinstance(updates, tuple) else ()
        if updates is True:
            extra = self.graph.collections.get(_UPDATE_OPS, ())
        return self._run(dict(feeds), tuple(fetches), extra, of, tuple(by), altered)

    def run_inside(
        self, rnns: tuple[GraphRNN, ...], feeds: Mapping, training: bool = False
    ) -> tuple[list[Entering], list[Result]]:
        """Runs RNNs where they stand, on what the model makes of the user's data.

        Args:
          rnns: that run together, such as the two directions of one RNN.
          feeds: arrays by the names of placeholders; training switches and dropout in
            the loop are set here, whatever these say of them.
          training: the value of the training switch, as in ``run``.

        Returns:
          For each RNN what enters it, and what it gave.

        Raises:
          MigrateError: as ``run_whole``.
        """
        feeds = dict(feeds)
        for rnn in rnns:
            feeds.update(self._neutral(rnn))
            feeds.update((n, training != (n in rnn.inverted)) for n in rnn.switches)
        fetches = dict.fromkeys(name for rnn in rnns for name in border(rnn))
        updates = [op for rnn in rnns for op in self._updates(rnn)] if training else ()
        values, moved = self._run(feeds, tuple(fetches), tuple(dict.fromkeys(updates)))
        entering = [
            Entering(
                _batch_major(rnn, rnn.inputs, values),
                None if rnn.lengths is None else values[rnn.lengths],
                tuple(values[name] for name in rnn.initial_states),
            )
            for rnn in rnns
        ]
        return entering, [_result(rnn, values, moved) for rnn in rnns]

    def _border_feeds(self, rnn, x, lengths, initial_states):
        x = np.asarray(x)
        if isinstance(rnn.inputs, str):
            feeds = {rnn.inputs: x.swapaxes(0, 1) if rnn.time_major else x}
        elif len(rnn.inputs) == x.shape[1]:
            feeds = {name: x[:, t] for t, name in enumerate(rnn.inputs)}
        else:
            raise MigrateError(
                f"{rnn.scope} in {self.graph.label} was written out for "
                f"{len(rnn.inputs)} steps. Received: {x.shape[1]} steps"
            )
        if rnn.lengths is not None:
            full = np.full(x.shape[0], x.shape[1])
            feeds[rnn.lengths] = full if lengths is None else np.asarray(lengths)
        elif lengths is not None:
            raise MigrateError(
                f"{rnn.scope} in {self.graph.label} takes no lengths: its loop runs "
                "each sequence to the end. Received: lengths"
            )
        if initial_states is not None:
            self._give_states(rnn, feeds, initial_states)
        return feeds

    def _give_states(self, rnn, feeds, initial_states):
        for name, state in zip(rnn.initial_states, initial_states, strict=True):
            if name in feeds and not np.array_equal(feeds[name], state):
                raise MigrateError(
                    f"{rnn.scope} in {self.graph.label} starts two states from one "
                    f"tensor, {name}. Received: different values for them"
                )
            feeds[name] = state

    def _neutral(self, rnn):
        """What turns dropout in the loop off."""
        for wrapper in rnn.wrappers:
            if wrapper.off is None:
                raise MigrateError(
                    f"{rnn.scope} in {self.graph.label} has {wrapper.what} with a rate "
                    f"that the graph fixes (node {wrapper.node}), so each run gives "
                    "another result; give the graph that was made for inference"
                )
            yield wrapper.off

    def _updates(self, rnn):
        """Operations of UPDATE_OPS that change variables of the RNN's cells."""
        cells = {
            name
            for cell in rnn.cells
            for names in cell.variables.values()
            for name in names_of(names)
        }
        return tuple(
            node
            for node in self.graph.collections.get(_UPDATE_OPS, ())
            if updated(self.graph, node) & cells
        )

    def _run(self, feeds, fetches, extra, of=None, by=(), altered=None):
        of = of or {}
        key = (tuple(feeds), fetches, extra, tuple(of), by)
        if key not in self._programs:
            bounds = self.seconds, self.more_memory
            given = self.graph, tuple(feeds), fetches, extra, self.variables, *bounds
            self._programs[key] = (
                GradientProgram(*given, of=tuple(of), by=by) if of else Program(*given)
            )
        feeds |= {cotangent(name): array for name, array in of.items()}
        return self._programs[key].run(feeds, altered)


def border(rnn: GraphRNN) -> tuple[str, ...]:
    """The tensors at an RNN's border: what enters it, then what leaves it."""
    entering = (*names_of(rnn.inputs), *names_of(rnn.lengths), *rnn.initial_states)
    leaving = (name for name in rnn.final_states if name is not None)
    return (*entering, *names_of(rnn.outputs), *leaving)


def _result(rnn, values, statistics):
    final = tuple(map(values.get, rnn.final_states))
    return Result(_batch_major(rnn, rnn.outputs, values), final, statistics)


def _batch_major(rnn, tensors, values):
    """[B, T, .] of a tensor, or of one a step; None if there is none."""
    if isinstance(tensors, str):
        whole = values[tensors]
        return whole.swapaxes(0, 1) if rnn.time_major else whole
    return np.stack([values[name] for name in tensors], axis=1) if tensors else None


def names_of(tensors) -> tuple[str, ...]:
    """Tensors that a ``GraphRNN`` has as one name, as several, or as None."""
    if tensors is None:
        return ()
    return (tensors,) if isinstance(tensors, str) else tuple(tensors)
