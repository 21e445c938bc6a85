"""The reference for the per-step cell: ``legacy.BNLSTMCell`` in a session."""

import tensorflow as tf

from legacy import cell as legacy
from migrate.cells.layouts import layout_of
from migrate.models.build import activation_named
from migrate.proof.cases import Border, Case, Result


class LegacyCell:
    """An RNN as a TensorFlow 1 graph of our cell, with a session of its own."""

    def __init__(self, source, rnn, settings):
        v1 = tf.compat.v1
        self._rnn = rnn
        activation = activation_named(settings["activation"])
        cell_class = type(
            "BNLSTMCell", (legacy.BNLSTMCell,), {"epsilon": settings["epsilon"]}
        )
        with tf.Graph().as_default() as self._graph:
            first = rnn.cells[0]
            self._x = v1.placeholder(first.dtype, [None, None, first.input_dim])
            self._lengths = v1.placeholder(tf.int32, [None])
            self._training = v1.placeholder(tf.bool, [])
            cells = [
                cell_class(
                    cell.units,
                    self._training,
                    cell.max_bn_steps,
                    activation=activation,
                    decay=settings["decay"],
                )
                for cell in rnn.cells
            ]
            self._outputs, self._states = _networks(rnn, cells, self._x, self._lengths)
            self._variables = [
                self._by_variable(cell, f"cell_{number}")
                for number, cell in enumerate(rnn.cells)
            ]
        self._values = [
            (variable, source[cell.variables[key]])
            for cell, by_variable in zip(rnn.cells, self._variables, strict=True)
            for key, variable in by_variable.items()
        ]
        self._session = v1.Session(graph=self._graph)

    kind = "legacy"
    border = Border()

    @staticmethod
    def covers(case):
        """Whether the layer is to give what the graph gives: always."""
        del case
        return True

    @staticmethod
    def _by_variable(cell, scope):
        variables = {v.op.name: v for v in tf.compat.v1.global_variables()}
        return {
            key: next(
                v for name, v in variables.items() if name.endswith(f"{scope}/{key}")
            )
            for key in layout_of(cell).shapes
        }

    def run(self, case: Case) -> Result:
        """The outputs, states and statistics of one case."""
        feed = {
            self._x: case.x,
            self._lengths: case.full_lengths,
            self._training: case.training,
        }
        for variable, value in self._values:
            start = variable.initializer
            self._session.run(start, {start.inputs[1]: value})
        outputs, states = self._session.run([self._outputs, self._states], feed)
        statistics = self._session.run(
            [
                {key: v for key, v in by_variable.items() if not v.trainable}
                for by_variable in self._variables
            ]
        )
        ends = [{"h": h, "c": c, "step": step} for c, h, step in states]
        return Result(outputs, ends, statistics)


class _Stack:
    """Cells one above the other, as MultiRNNCell, giving the outputs of all.

    The cells' scopes are numbered from ``first`` on.
    """

    def __init__(self, cells, first):
        self._cells, self._first = cells, first

    @property
    def state_size(self):
        return tuple(cell.state_size for cell in self._cells)

    @property
    def output_size(self):
        return tuple(cell.output_size for cell in self._cells)

    def zero_state(self, batch_size, dtype):
        return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)

    def __call__(self, x, state, scope=None):
        del scope
        outputs, states = [], []
        for number, (cell, before) in enumerate(zip(self._cells, state, strict=True)):
            x, after = cell(x, before, scope=f"cell_{self._first + number}")
            outputs.append(x)
            states.append(after)
        return tuple(outputs), tuple(states)


def _networks(rnn, cells, x, lengths):
    """Outputs and states of every cell, as dynamic_rnn and its relatives run them."""
    v1 = tf.compat.v1
    outputs, states, first = [], [], 0
    for number, chain in enumerate(rnn.chains):
        # bidirectional_dynamic_rnn reverses each sequence within its length.
        reverse = (
            (lambda z: tf.reverse_sequence(z, lengths, seq_axis=1, batch_axis=0))
            if number
            else tf.identity
        )
        stack = _Stack(cells[first : first + len(chain)], first)
        with v1.variable_scope(f"direction_{number}"):
            y, after = v1.nn.dynamic_rnn(
                stack, reverse(x), sequence_length=lengths, dtype=x.dtype
            )
        outputs += map(reverse, y)
        states += after
        first += len(chain)
    return outputs, states
