"""The reference that people mean: the graph that they trained."""

import numpy as np

from migrate.graph.inventory import GraphNetwork, names_in_source
from migrate.graph.nodes import Graph
from migrate.graph.session import UserGraph
from migrate.graph.shapes import shape_of
from migrate.proof.cases import Border, Case, Result


class UserGraphReference:
    """An RNN of the user's graph, fed at its border.

    Args:
      graph: a ``UserGraph``. network: the RNN, and what it is in that graph.
    """

    kind = "graph"

    def __init__(self, graph: UserGraph, network: GraphNetwork):
        self._graph, self._network = graph, network
        self._names = names_in_source(graph.graph)

    @property
    def border(self) -> Border:
        """What its loops take."""
        chains = self._network.chains
        batches, steps = zip(
            *(_sizes(self._graph.graph, c) for c in chains), strict=True
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
        outputs, states, statistics, first = [], [], [], 0
        for number, chain in enumerate(self._network.chains):
            count = len(chain.cells)
            cells = self._network.rnn.cells[first : first + count]
            found = self._graph.run(
                chain,
                case.reversed(case.x) if number else case.x,
                case.lengths,
                _starts(chain, case, first, cells),
                case.training,
            )
            y = found.outputs
            if y is not None and number:
                y = case.reversed(y)
            outputs += [None] * (count - 1) + [y]
            states += _states(chain, found.final_states)
            moved = {self._names[n]: array for n, array in found.statistics.items()}
            statistics += [_of_cell(cell, moved) for cell in cells]
            first += count
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


def _states(chain, final):
    found = [{} for _ in chain.cells]
    for (number, kind), tensor, value in zip(
        chain.states, chain.final_states, final, strict=True
    ):
        if number >= 0 and tensor is not None:
            found[number][kind] = value
    return found


def _of_cell(cell, moved):
    """Of the variables that a pass changed, those of a cell that are statistics."""
    return {key: moved[name] for key, name in cell.variables.items() if name in moved}


def _sizes(graph: Graph, chain) -> tuple[int | None, int | None]:
    """The rows and steps that the graph fixes for an RNN; None if it takes any."""
    if not isinstance(chain.inputs, str):
        return _dimensions(graph, chain.inputs[0])[0], len(chain.inputs)
    sizes = _dimensions(graph, chain.inputs)
    batch, steps = sizes[:2] if len(sizes) > 1 else (None, None)
    return (steps, batch) if chain.time_major else (batch, steps)


def _dimensions(graph, tensor):
    return shape_of(graph, tensor) or [None, None]
