"""The cells of `tf.nn.rnn_cell`: tf_keras's own, called as each release called them."""

import warnings

import tensorflow.compat.v1 as tf

from legacy.contrib.rnn.base import LayerRNNCell, Plain
from legacy.contrib.rnn.scopes import PerScope, Remembers, another, shares

__all__ = ["LayerRNNCell"]
_cells = tf.nn.rnn_cell
RNNCell = _cells.RNNCell
LSTMStateTuple = _cells.LSTMStateTuple


def _is_size(value):
    """Whether an argument is the `input_size` of releases up to 1.1."""
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


class DeviceWrapper(Remembers, _cells.DeviceWrapper):
    """A cell on a device."""


class DropoutWrapper(Remembers, _cells.DropoutWrapper):
    """Dropout of a cell's inputs, outputs or state (Gal & Ghahramani 2016)."""


class ResidualWrapper(Remembers, _cells.ResidualWrapper):
    """A cell's inputs added to its outputs."""


class _Early(PerScope):
    """Mixin: also takes the `input_size` that releases up to 1.1 had at `_place`."""

    _place = 1

    def __init__(self, *args, input_size=None, **kwargs):
        args = _without_size(args, self._place)
        super().__init__(*args, **kwargs)


class BasicRNNCell(_Early, _cells.BasicRNNCell):
    """tanh(W [x, h] + b). Up to 1.1: (num_units, input_size, activation)."""


class GRUCell(_Early, _cells.GRUCell):
    """Cho et al. 2014. Up to 1.1: (num_units, input_size, activation)."""


class BasicLSTMCell(_Early, _cells.BasicLSTMCell):
    """LSTM without peepholes. Up to 1.1 `input_size` came after `forget_bias`."""

    _place = 2


class LSTMCell(_Early, _cells.LSTMCell):
    """Sak et al. 2014. Up to 1.1 `input_size` came after `num_units`."""


def _without_size(args, place):
    """Positional arguments less the `input_size` that early releases had there.

    Told apart by type: a size is None or a whole number, and what 1.15 has in that
    place (an activation, use_peepholes, state_is_tuple) is neither. None as 1.15's
    activation is its default, so to drop it as the last argument changes nothing.
    """
    if len(args) > place and _is_size(args[place]):
        rest = args[place + 1 :]
        return args[:place] + rest
    return args


# MultiRNNCell says itself, once it has decided, what becomes of a repeated cell.
tf.get_logger().addFilter(lambda record: "will share weights" not in str(record.msg))


class MultiRNNCell(PerScope, Plain, _cells.MultiRNNCell):
    """Cells on top of each other, and `[cell] * n`.

    One cell in several places: releases 1.2 to 1.15 share its weights, and fail where
    the input is not as wide as the cell; releases up to 1.0 gave each place weights of
    its own. So: one each for a script of those releases, and where 1.15 would fail;
    shared, with a warning, otherwise.
    """

    _settled = False

    def call(self, inputs, state):
        if not self._settled:
            self._settle(inputs)
        return super().call(inputs, state)

    def _settle(self, inputs):
        """Decides, at the first call, what becomes of a cell in several places."""
        self._settled = True
        places = {}
        for place, cell in enumerate(self._cells):
            places.setdefault(id(cell), []).append(place)
        widths = [tf.dimension_value(tf.nest.flatten(inputs)[0].shape[-1])]
        widths += [cell.output_size for cell in self._cells[:-1]]
        for group in places.values():
            if len(group) == 1:
                continue
            if shares() and len({widths[place] for place in group}) == 1:
                warnings.warn(
                    f"MultiRNNCell: layers {group} are one cell object and share its "
                    "weights, as in TensorFlow 1.2 to 1.15; up to 1.0 each had its own "
                    "(for that, make one cell a layer).",
                    stacklevel=2,
                )
                continue
            for place in group[1:]:
                self._cells[place] = another(self._cells[place])
