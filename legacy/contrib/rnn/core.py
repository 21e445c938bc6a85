"""The cells of `tf.nn.rnn_cell`: tf_keras's own, called as each release called them."""

import tensorflow.compat.v1 as tf

from legacy.contrib.rnn.base import LayerRNNCell, Plain
from legacy.contrib.rnn.scopes import PerScope

__all__ = ["LayerRNNCell"]
_cells = tf.nn.rnn_cell
DeviceWrapper = _cells.DeviceWrapper
DropoutWrapper = _cells.DropoutWrapper
ResidualWrapper = _cells.ResidualWrapper
RNNCell = _cells.RNNCell
LSTMStateTuple = _cells.LSTMStateTuple


def _is_size(value):
    """Whether an argument is the `input_size` of releases up to 1.1."""
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


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


# The cell itself says so, once it is known to be true (`scopes`).
tf.get_logger().addFilter(lambda record: "will share weights" not in str(record.msg))


class MultiRNNCell(PerScope, Plain, _cells.MultiRNNCell):
    """Cells on top of each other, and `[cell] * n`.

    Each place has a variable scope of its own, `cell_0`, `cell_1`, ...; so a cell that
    makes its variables when it is called has variables of its own in each.
    """
