"""What JAX and torch do alike: see ``on_tensorflow``, which describes the functions.

Keras has no ``tf.distribute`` there, so that a step runs on one replica.
"""

from keras import ops


def set_row(variable, row, value):
    """Assigns one row of a Keras variable."""
    index = ops.reshape(ops.cast(row, "int32"), (1, 1))
    value = ops.stop_gradient(value)
    variable.assign(ops.scatter_update(variable, index, value[None]))


def reversed_within(x, lengths):
    """``x`` [B,T,.] reversed in time within each row's length [B]."""
    time = ops.arange(x.shape[1], dtype="int32")[None, :]
    lengths = lengths[:, None]
    source = ops.where(time < lengths, lengths - 1 - time, time)
    return ops.take_along_axis(x, source[..., None], axis=1)


def asserted(tensor, condition, message):
    """``tensor``: nothing can be raised later."""
    del condition, message
    return tensor


def replicas():
    """One."""
    return 1


def replicas_sum():
    """None: there is nothing to add up."""
    return None


def replicas_mean(tables):
    """The tables as they are."""
    return tables
