"""The cells of `tf.nn.rnn_cell`: tf_keras's own, called as each release called them."""

import tensorflow.compat.v1 as tf

from legacy.contrib.rnn.base import LayerRNNCell, Plain
from legacy.contrib.rnn.scopes import PerScope

__all__ = [
    "BasicLSTMCell",
    "BasicRNNCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "GRUCell",
    "LSTMCell",
    "LSTMStateTuple",
    "LayerRNNCell",
    "MultiRNNCell",
    "RNNCell",
    "ResidualWrapper",
]
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
    """Mixin: also accepts the argument `input_size`, which releases up to 1.1 had.

    `_place` is its position among the arguments."""

    _place = 1

    def __init__(self, *args, input_size=None, **kwargs):
        args = _without_size(args, self._place)
        super().__init__(*args, **kwargs)


class BasicRNNCell(_Early, _cells.BasicRNNCell):
    """tanh(W [x, h] + b). Up to 1.1: (num_units, input_size, activation)."""


class GRUCell(_Early, _cells.GRUCell):
    """Cho et al. 2014. Up to 1.1: (num_units, input_size, activation)."""


class _JoinedState(Plain):
    """Mixin: also takes c and h as one tensor [B, c + h], and then gives one.

    Up to 0.9 that was the default; later releases took such a tensor only with
    `state_is_tuple=False`.
    """

    def call(self, inputs, state):
        joined = tf.is_tensor(state) and self._state_is_tuple
        if joined:
            state = tf.split(state, list(self.state_size), 1)
        output, state = super().call(inputs, state)
        return output, tf.concat(state, 1) if joined else state


class BasicLSTMCell(_Early, _JoinedState, _cells.BasicLSTMCell):
    """LSTM without peepholes. Up to 1.1 `input_size` came after `forget_bias`."""

    _place = 2


class LSTMCell(_Early, _JoinedState, _cells.LSTMCell):
    """Sak et al. 2014. Up to 1.1 `input_size` came after `num_units`."""


def _without_size(args, place):
    """The positional arguments without the `input_size` of releases up to 1.1.

    The types tell the releases apart. A size is None or a whole number. What 1.15 has
    in that position (an activation, use_peepholes, state_is_tuple) is neither, except
    for an activation of None: that is the default, so it can be dropped as well.
    """
    if len(args) > place and _is_size(args[place]):
        rest = args[place + 1 :]
        return args[:place] + rest
    return args


# The cell itself says so, once it is known to be true (`scopes`).
tf.get_logger().addFilter(lambda record: "will share weights" not in str(record.msg))


class MultiRNNCell(PerScope, Plain, _cells.MultiRNNCell):
    """Cells on top of each other; one cell may be in the list more than once.

    Each layer has its own variable scope, `cell_0`, `cell_1`, ... A cell that makes its
    variables when it is called has other variables in each layer.
    """
