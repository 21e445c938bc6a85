"""`tf.contrib.grid_rnn`: cells along several dimensions (Kalchbrenner's grid LSTM).

Origin: TensorFlow 1.15.5, arXiv 1507.01526. Inputs [B, D]; each dimension has H units.
"""

import functools

import tensorflow.compat.v1 as tf
from tf_slim.layers import layers

from legacy.contrib.rnn.standard_cells import (
    BasicLSTMCell,
    BasicRNNCell,
    GRUCell,
    LSTMCell,
    RNNCell,
)

_PUBLIC = """Grid1BasicLSTMCell Grid1BasicRNNCell Grid1LSTMCell Grid2BasicLSTMCell
Grid2BasicRNNCell Grid2GRUCell Grid2LSTMCell Grid3LSTMCell GridRNNCell"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}
NAMES["namedtuple"] = "collections:namedtuple"


def _dimensions(given, count):
    """Sorted numbers of dimensions, each below `count`."""
    given = () if given is None else given
    given = given if isinstance(given, list | tuple) else [given]
    wrong = [each for each in given if not 0 <= each < count]
    if wrong:
        raise ValueError(
            f"Expected dimensions from 0 to {count - 1}. Received: {wrong}"
        )
    return sorted(set(given))


class GridRNNCell(RNNCell):
    """One step of a grid of `num_dims` dimensions.

    Args:
      num_units: H.
      input_dims, output_dims: dimensions that the input goes into, and that are given.
      priority_dims: dimensions that are computed last and see the others' outputs.
      non_recurrent_dims: dimensions without a state, of `non_recurrent_fn` (relu).
      tied: all dimensions have one cell's weights.
      cell_fn: makes a cell of so many units; `LSTMCell` by default.
      state_is_tuple, output_is_tuple: else they are joined in their last dimension.
    """

    def __init__(
        self,
        num_units,
        num_dims=1,
        input_dims=None,
        output_dims=None,
        priority_dims=None,
        non_recurrent_dims=None,
        tied=False,
        cell_fn=None,
        non_recurrent_fn=None,
        state_is_tuple=True,
        output_is_tuple=True,
    ):
        if num_dims < 1:
            raise ValueError(f"Expected num_dims of 1 or more. Received: {num_dims}")
        super().__init__()
        self._units, self._dims, self._tied = num_units, num_dims, tied
        self._inputs = _dimensions(input_dims, num_dims)
        self._outputs = _dimensions(output_dims, num_dims)
        self._last = _dimensions(priority_dims, num_dims)
        self._plain = _dimensions(non_recurrent_dims, num_dims)
        self._function = non_recurrent_fn or tf.nn.relu
        self._recurrent = [each for each in range(num_dims) if each not in self._plain]
        self._tuples, self._output_tuples = state_is_tuple, output_is_tuple
        if cell_fn is None:
            cell_fn = functools.partial(LSTMCell, state_is_tuple=state_is_tuple)
        cells = [cell_fn(num_units) for _ in range(1 if tied else num_dims)]
        if not isinstance(cells[0], tf.nn.rnn_cell.RNNCell):
            raise TypeError(f"Expected cell_fn to give a cell. Received: {cells[0]!r}")
        self._cells = cells * num_dims if tied else cells

    def _state_width(self):
        size = self._cells[0].state_size
        return sum(size) if isinstance(size, tuple) else size

    @property
    def output_size(self):
        size, count = self._cells[0].output_size, len(self._outputs)
        return (size,) * count if self._output_tuples else size * count

    @property
    def state_size(self):
        count = len(self._recurrent)
        if self._tuples:
            return (self._cells[0].state_size,) * count
        return self._state_width() * count

    def _parts(self, state):
        """c (or None) and m of each dimension."""
        c, m = [None] * self._dims, [None] * self._dims
        width = self._state_width()
        if self._tuples:
            if len(state) != len(self._recurrent):
                raise ValueError(
                    f"Expected a state of {len(self._recurrent)} parts. "
                    f"Received: {len(state)}"
                )
            parts = state
        else:
            parts = tf.split(state, len(self._recurrent), axis=1)
        for place, part in zip(self._recurrent, parts, strict=True):
            if width == self._units:
                m[place] = part
            elif self._tuples:
                c[place], m[place] = part
            else:
                c[place], m[place] = tf.split(
                    part, [self._units, width - self._units], axis=1
                )
        return c, m

    def _project(self, inputs, c, m):
        if inputs is None or not inputs.shape[1] or not self._inputs:
            return
        parts = tf.split(inputs, len(self._inputs), axis=1)
        for place, part in zip(self._inputs, parts, strict=True):
            shape = [part.shape[1], self._units]
            weights = tf.get_variable(f"project_m_{place}", shape, part.dtype)
            m[place] = tf.matmul(part, weights)
            if self._state_width() > self._units:
                weights = tf.get_variable(f"project_c_{place}", shape, part.dtype)
                c[place] = tf.matmul(part, weights)

    def _step(self, places, c, m, outputs, states, first):
        """Fills `outputs` and `states` of the dimensions `places`."""
        newest = [
            old if new is None else new for old, new in zip(m, outputs, strict=True)
        ]
        if self._dims > 1:
            inputs = tf.concat(newest[:-1], 1)
        else:
            inputs = tf.zeros([tf.shape(m[0])[0], 0], m[0].dtype)
            inputs.set_shape([m[0].shape[0], 0])
        last = newest[-1]
        for place in places:
            plain = place in self._plain
            scope = "non_recurrent" if plain else "recurrent"
            with tf.variable_scope(scope if self._tied else f"{scope}/cell_{place}"):
                if self._tied and not (first and place == places[0]):
                    tf.get_variable_scope().reuse_variables()
                if plain:
                    joined = tf.concat([inputs, last], 1) if self._dims > 1 else last
                    outputs[place] = layers.fully_connected(
                        joined, self._units, activation_fn=self._function
                    )
                    continue
                state = last if c[place] is None else (c[place], last)
                outputs[place], states[place] = self._cells[place](inputs, state)

    def __call__(self, inputs, state, scope=None):
        c, m = self._parts(state)
        outputs, states = [None] * self._dims, [None] * self._dims
        with tf.variable_scope(scope or type(self).__name__):
            self._project(inputs, c, m)
            rest = [place for place in range(self._dims) if place not in self._last]
            self._step(rest, c, m, outputs, states, True)
            self._step(self._last, c, m, outputs, states, False)
            given = tuple(outputs[place] for place in self._outputs)
            kept = tuple(states[place] for place in self._recurrent)
            if not self._output_tuples:
                given = tf.concat(given, 1)
            if not self._tuples:
                flat = [
                    part
                    for one in kept
                    for part in (one if isinstance(one, tuple) else (one,))
                ]
                kept = tf.concat(flat, 1)
        return given, kept


class _Grid(GridRNNCell):
    """A grid whose input, output and last dimension is the first."""

    _count = 1

    def _start(
        self,
        num_units,
        cell_fn,
        state_is_tuple,
        output_is_tuple,
        tied=False,
        plain=None,
    ):
        first = None if plain is None else 0
        GridRNNCell.__init__(
            self,
            num_units,
            self._count,
            0,
            0,
            0,
            first,
            tied,
            cell_fn,
            plain,
            state_is_tuple,
            output_is_tuple,
        )


class Grid1BasicRNNCell(_Grid):
    """A grid of one dimension of `BasicRNNCell`."""

    def __init__(self, num_units, state_is_tuple=True, output_is_tuple=True):
        self._start(num_units, BasicRNNCell, state_is_tuple, output_is_tuple)


class Grid2BasicRNNCell(_Grid):
    """A grid of two dimensions of `BasicRNNCell`."""

    _count = 2

    def __init__(
        self,
        num_units,
        tied=False,
        non_recurrent_fn=None,
        state_is_tuple=True,
        output_is_tuple=True,
    ):
        rest = state_is_tuple, output_is_tuple, tied, non_recurrent_fn
        self._start(num_units, BasicRNNCell, *rest)


class Grid1BasicLSTMCell(_Grid):
    """A grid of one dimension of `BasicLSTMCell`."""

    def __init__(
        self, num_units, forget_bias=1, state_is_tuple=True, output_is_tuple=True
    ):
        cell = functools.partial(BasicLSTMCell, forget_bias=forget_bias)
        self._start(num_units, cell, state_is_tuple, output_is_tuple)


class Grid2BasicLSTMCell(_Grid):
    """A grid of two dimensions of `BasicLSTMCell`."""

    _count = 2

    def __init__(
        self,
        num_units,
        tied=False,
        non_recurrent_fn=None,
        forget_bias=1,
        state_is_tuple=True,
        output_is_tuple=True,
    ):
        cell = functools.partial(BasicLSTMCell, forget_bias=forget_bias)
        rest = state_is_tuple, output_is_tuple, tied, non_recurrent_fn
        self._start(num_units, cell, *rest)


class Grid1LSTMCell(_Grid):
    """A grid of one dimension of `LSTMCell`."""

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        forget_bias=1.0,
        state_is_tuple=True,
        output_is_tuple=True,
    ):
        cell = functools.partial(
            LSTMCell, forget_bias=forget_bias, use_peepholes=use_peepholes
        )
        self._start(num_units, cell, state_is_tuple, output_is_tuple)


class Grid2LSTMCell(_Grid):
    """A grid of two dimensions of `LSTMCell`."""

    _count = 2

    def __init__(
        self,
        num_units,
        tied=False,
        non_recurrent_fn=None,
        use_peepholes=False,
        forget_bias=1.0,
        state_is_tuple=True,
        output_is_tuple=True,
    ):
        cell = functools.partial(
            LSTMCell, forget_bias=forget_bias, use_peepholes=use_peepholes
        )
        rest = state_is_tuple, output_is_tuple, tied, non_recurrent_fn
        self._start(num_units, cell, *rest)


class Grid3LSTMCell(Grid2LSTMCell):
    """A grid of three dimensions of `LSTMCell`."""

    _count = 3


class Grid2GRUCell(_Grid):
    """A grid of two dimensions of `GRUCell`."""

    _count = 2

    def __init__(
        self,
        num_units,
        tied=False,
        non_recurrent_fn=None,
        state_is_tuple=True,
        output_is_tuple=True,
    ):
        rest = state_is_tuple, output_is_tuple, tied, non_recurrent_fn
        self._start(num_units, GRUCell, *rest)
