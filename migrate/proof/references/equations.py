"""The reference for layouts without a cell in ``legacy``: the equations in float64."""

import tensorflow as tf

from migrate.cells import equations
from migrate.cells.layouts import layout_of
from migrate.models.build import activation_named
from migrate.proof.cases import Border, Case, Result, reversed_in_time


class Equations:
    """An RNN as equations in float64, from its own v1 variables."""

    def __init__(self, source, rnn, settings):
        self._source, self._rnn = source, rnn
        self._settings = settings | {
            "gate": _in_numpy(settings["recurrent_activation"])
        }
        self._activation = _in_numpy(settings["activation"])

    kind = "equations"
    border = Border()

    def covers(self, case):
        """Whether the layer is to give what the equations give.

        Not where rows of a batch leave the moments at different steps while each step
        has a gamma of its own: see the layout ``unrolled``.
        """
        by_step = any(
            layout_of(cell).padding(cell) == "masked" for cell in self._rnn.cells
        )
        return not (by_step and case.training and case.lengths is not None)

    def run(self, case: Case) -> Result:
        """The outputs and statistics of one case."""
        lengths = case.full_lengths
        outputs, states, statistics = [], [], []
        for number, chain in enumerate(self._rnn.chains):
            cells = [self._cell(cell) for cell in chain]
            x = reversed_in_time(case.x, lengths) if number else case.x
            ys, ends = equations.run(cells, x, lengths, case.training)
            for y, end in zip(ys, ends, strict=True):
                outputs.append(reversed_in_time(y, lengths) if number else y)
                states.append(_named(end))
            statistics += [cell.statistics() for cell in cells]
        return Result(outputs, states, statistics)

    def _cell(self, cell):
        arrays = {key: self._source[name] for key, name in cell.variables.items()}
        return layout_of(cell).equations(arrays, self._activation, self._settings)


def _named(end):
    """A final state by name: h alone in a GRU; c, h and perhaps the step in an LSTM."""
    if len(end) == 1:
        return {"h": end[0]}
    return {"c": end[0], "h": end[1]}


def _in_numpy(name):
    activation = activation_named(name)
    return lambda z: activation(tf.constant(z)).numpy()
