"""What is fixed before a pass is traced: activations, forms, names of arguments."""

from typing import NamedTuple

import tensorflow as tf

from bnlstm_compat import spec

#: Activations whose derivative is known from their result ``y``.
FUNCTIONS = {"tanh": tf.tanh, "sigmoid": tf.sigmoid, "relu": tf.nn.relu, "linear": None}
_SLOPES = {
    "tanh": lambda dy, y: dy * (1 - tf.square(y)),
    "sigmoid": lambda dy, y: dy * (y - tf.square(y)),
    "relu": lambda dy, y: tf.where(y > 0, dy, 0),
    "linear": lambda dy, y: dy,
}

#: Scales and offsets, in the order of ``spec.TRAINABLE``.
AFFINE = spec.TRAINABLE[2:]
#: The arguments with a gradient: what is trained, then x and the states.
ARGUMENTS = (*spec.TRAINABLE, "x", "h", "c")


class Setting(NamedTuple):
    """What is fixed before tracing.

    ``activation``, ``recurrent_activation``: keys of ``FUNCTIONS``. ``epsilon``: added
    to variances. ``factored``: sites whose moments come from those of the matmul's left
    side, never with ``share`` or given moments. ``unroll``: a Python loop. ``stacked``:
    what is saved is tensors, not TensorArrays, to be able to leave compiled code.
    ``to_input``: whether ``backward`` keeps what the gradient of x comes from.
    ``joined_gates``: of a step in one tensor, if ``stacked`` and the activations allow.
    ``portable``: in inference, a loop that any target of an export holds.
    ``by_parts``: in inference, XLA compiles what is between the matmuls.
    ``pieces``: the matmuls that make the gradient of a kernel; of more than one T is
    known.
    """

    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    epsilon: float = spec.EPSILON
    factored: frozenset = frozenset()
    unroll: bool = False
    stacked: bool = False
    to_input: bool = True
    joined_gates: bool = False
    portable: bool = False
    by_parts: bool = False
    pieces: int = 1


def activate(z, name):
    """An activation of ``FUNCTIONS``."""
    function = FUNCTIONS[name]
    return z if function is None else function(z)


def slope(dy, y, name):
    """The gradient of ``z`` from that of ``y``, its activation."""
    return _SLOPES[name](dy, y)
