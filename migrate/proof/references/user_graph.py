"""The reference that people mean: the graph that they trained."""

from dataclasses import replace

import numpy as np

from migrate.errors import MigrateError
from migrate.graph.inventory import GraphNetwork, names_in_source
from migrate.graph.session import UserGraph
from migrate.graph.sizes import rows_and_steps
from migrate.proof.cases import Border, Case, Result


class UserGraphReference:
    """An RNN of the user's graph, fed at its border.

    Args:
      graph: a ``UserGraph``. network: the RNN, and what it is in that graph.
    """

    kind = "graph"

    def __init__(self, graph: UserGraph, network: GraphNetwork):
        self._graph, self._network = graph, network
        self._names = names_in_source(graph.graph, graph.variables)

    @property
    def border(self) -> Border:
        """What its loops take."""
        chains = self._network.chains
        batches, steps = zip(
            *(rows_and_steps(self._graph.graph, c) for c in chains), strict=True
        )
        return Border(
            batch=max(filter(None, batches), default=None),
            steps=max(filter(None, steps), default=None),
            lengths=all(chain.lengths is not None for chain in chains),
            to_the_end=True,
            states=all(map(_takes_states, chains)),
        )

    def covers(self, case):
        """Whether the layer is to give what the graph gives: always."""
        del case
        return True

    def run(self, case: Case) -> Result:
        """The outputs, states and statistics of one case."""
        found, first = [], 0
        for number, chain in enumerate(self._network.chains):
            cells = self._cells(first, chain)
            found.append(
                self._graph.run(
                    chain,
                    case.reversed(case.x) if number else case.x,
                    case.lengths,
                    _starts(chain, case, first, cells),
                    case.training,
                )
            )
            first += len(cells)
        return self._result(case, found)

    def on(self, data, training: bool) -> Case:
        """The case that the model makes of the user's data, with its result.

        Args:
          data: arrays by the names of placeholders, all that the RNN needs but its
            training switch. training: the value of that switch.

        Raises:
          MigrateError: data that do not suffice or do not fit.
        """
        chains = self._network.chains
        entering, found = self._graph.run_inside(chains, data, training)
        states = []
        for chain, given in zip(chains, entering, strict=True):
            states += _states(chain, chain.initial_states, given.initial_states)
            for (number, kind), value in zip(
                chain.states, given.initial_states, strict=True
            ):
                if (kind == "step" or number < 0) and np.any(value):
                    raise MigrateError(
                        f"on your data {chain.scope} begins at another step than the "
                        "first, and the layer begins at the first; give data that "
                        "begin a sequence"
                    )
        begins = any(np.any(value) for state in states for value in state.values())
        case = Case(
            f"{'training' if training else 'inference'}, given data",
            entering[0].x,
            entering[0].lengths,
            training,
            states if begins else None,
        )
        return replace(case, expected=self._result(case, found))

    def _cells(self, first, chain):
        return self._network.rnn.cells[first : first + len(chain.cells)]

    def _result(self, case, found):
        """What the chains gave, as the layer gives it."""
        outputs, states, statistics, first = [], [], [], 0
        for number, (chain, ran) in enumerate(
            zip(self._network.chains, found, strict=True)
        ):
            cells = self._cells(first, chain)
            y = ran.outputs
            if y is not None and number:
                y = case.reversed(y)
            outputs += [None] * (len(cells) - 1) + [y]
            states += _states(chain, chain.final_states, ran.final_states)
            moved = {self._names[n]: array for n, array in ran.statistics.items()}
            statistics += [_of_cell(cell, moved) for cell in cells]
            first += len(cells)
        return Result(outputs, states, statistics)


def _takes_states(chain):
    """Whether each state of a chain begins from a tensor of its own."""
    own = len(set(chain.initial_states)) == len(chain.initial_states)
    return own and all(number >= 0 for number, _ in chain.states)


def _starts(chain, case, first, cells):
    """Arrays for the tensors that enter the loop, or None for what they hold."""
    if case.states is None:
        return None
    starts = []
    for number, kind in chain.states:
        if kind == "step":
            starts.append(np.zeros((len(case.x), 1), cells[number].dtype))
        else:
            starts.append(case.states[first + number][kind])
    return tuple(starts)


def _states(chain, tensors, values):
    """The states by name, of each cell."""
    found = [{} for _ in chain.cells]
    for (number, kind), tensor, value in zip(
        chain.states, tensors, values, strict=True
    ):
        if number >= 0 and tensor is not None:
            found[number][kind] = value
    return found


def _of_cell(cell, moved):
    """Of the variables that a pass changed, those of a cell that are statistics."""
    return {key: moved[name] for key, name in cell.variables.items() if name in moved}
