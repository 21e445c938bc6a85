"""What the columns share: their order, and sparse tensors."""

import tensorflow.compat.v1 as tf


def sparse_of(tensor):
    """A SparseTensor; of a dense tensor, without the values '' and -1."""
    if isinstance(tensor, tf.SparseTensor):
        return tensor
    tensor = tf.convert_to_tensor(tensor)
    nothing = "" if tensor.dtype == tf.string else -1
    places = tf.where(tf.not_equal(tensor, tf.cast(nothing, tensor.dtype)))
    return tf.SparseTensor(
        places, tf.gather_nd(tensor, places), tf.shape(tensor, out_type=tf.int64)
    )


def with_values(sparse, values):
    return tf.SparseTensor(sparse.indices, values, sparse.dense_shape)


def checked_size(name, size):
    if size is None or size < 1:
        raise ValueError(f"Expected {name} of at least 1. Received: {size}")
    return size


class Column:
    """All columns have a sort key, a `name` and `spec()`: {feature: how to parse}."""

    @property
    def key(self):
        return str(self)

    def __hash__(self):
        return hash(self.key)

    def __eq__(self, other):
        return type(self) is type(other) and self.key == other.key

    def __ne__(self, other):
        return not self == other
