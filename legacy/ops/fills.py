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


def _diagonal(name, made, arguments):
    """Puts the first kernel in place, which knows the main diagonal only."""

    @around(_ARRAY + name)
    def function(original, *given, **named):
        if len(given) > arguments + 1 or named.keys() & {"k", "padding_value"}:
            return original(*given, **named)
        return made(*given, **named)

    return function


matrix_diag = _diagonal(
    "matrix_diag",
    lambda diagonal, name="diag": tf.raw_ops.MatrixDiag(diagonal=diagonal, name=name),
    arguments=1,
)
matrix_diag_part = _diagonal(
    "matrix_diag_part",
    lambda input, name="diag_part": tf.raw_ops.MatrixDiagPart(input=input, name=name),
    arguments=1,
)
matrix_set_diag = _diagonal(
    "matrix_set_diag",
    lambda input, diagonal, name="set_diag": tf.raw_ops.MatrixSetDiag(
        input=input, diagonal=diagonal, name=name
    ),
    arguments=2,
)
