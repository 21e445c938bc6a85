"""Zeros, ones and diagonal matrices with the operations of TensorFlow 1.15."""

import functools
import operator

import tensorflow.compat.v1 as tf

from legacy.ops.replace import around

_ARRAY = "tensorflow.python.ops.array_ops:"


@around(_ARRAY + "_constant_if_small")
def constant_if_small(original, value, shape, dtype, name, layout=None):
    """Asks, in the graph, how many elements there are if a size is a tensor's.

    NumPy of the time multiplied tensors, and nobody used the answer.
    """
    if isinstance(shape, (list, tuple)) and any(map(tf.is_tensor, shape)):
        try:
            functools.reduce(operator.mul, shape) < 1000  # noqa: B015
        except TypeError:  # sizes of several types
            return None
        return None
    return original(value, shape, dtype, name, layout=layout)


# The first kernels, which the following three make, know the main diagonal only.


@around(_ARRAY + "matrix_diag")
def matrix_diag(original, diagonal, name="diag", **others):
    if others.keys() & {"k", "num_rows", "num_cols", "padding_value"}:
        return original(diagonal, name, **others)
    return tf.raw_ops.MatrixDiag(diagonal=diagonal, name=name)


@around(_ARRAY + "matrix_diag_part")
def matrix_diag_part(original, input, name="diag_part", **others):
    if others.keys() & {"k", "padding_value"}:
        return original(input, name, **others)
    return tf.raw_ops.MatrixDiagPart(input=input, name=name)


@around(_ARRAY + "matrix_set_diag")
def matrix_set_diag(original, input, diagonal, name="set_diag", **others):
    if "k" in others:
        return original(input, diagonal, name, **others)
    return tf.raw_ops.MatrixSetDiag(input=input, diagonal=diagonal, name=name)
