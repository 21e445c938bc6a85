"""What JAX and torch do alike: see ``on_tensorflow``, which describes the functions.

Keras has no ``tf.distribute`` there, so that a step runs on one replica.
"""

import numpy as np
from keras import ops, tree


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


def replicas_sum():
    """None: there is nothing to add up."""


def replicas_mean(tables):
    """The tables as they are."""
    return tables


def batched(array, batch_size):
    """The rows of an array or tensor in batches."""
    return [array[at : at + batch_size] for at in range(0, len(array), batch_size)]


def tensors(batch):
    """The batch with the backend's tensors; other libraries' become arrays first."""

    def convert(part):
        return ops.convert_to_tensor(part if ops.is_tensor(part) else np.asarray(part))

    return tree.map_structure(convert, batch)
