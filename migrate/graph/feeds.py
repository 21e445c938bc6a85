"""The user's data, held against the placeholders that are to take them."""

import numpy as np

from migrate.errors import MigrateError
from migrate.graph.nodes import Graph
from migrate.graph.sizes import shape_of


def fitting(graph: Graph, data) -> dict:
    """Arrays by the names of placeholders, in the placeholders' dtypes.

    Args:
      data: a mapping from names of placeholders, ``x`` or ``x:0``, to arrays.

    Raises:
      MigrateError: a name, a dtype or a shape that the graph does not take.
    """
    return {
        placeholder: _fitting(graph, placeholder, np.asarray(array))
        for name, array in data.items()
        if (placeholder := _placeholder(graph, name))
    }


def _placeholder(graph, name):
    found = str(name).removesuffix(":0")
    if found not in graph.placeholders:
        listed = ", ".join(sorted(graph.placeholders)) or "none"
        raise MigrateError(
            f"the graph {graph.label} has no placeholder {name}; its placeholders are "
            f"{listed}"
        )
    return found


def _fitting(graph, name, array):
    wanted = graph.placeholders[name]
    dtype = _numpy(wanted)
    array = _number(array, dtype)
    if not _takes(dtype, array):
        raise MigrateError(
            f"the placeholder {name} of {graph.label} takes {wanted}. "
            f"Received: {array.dtype}"
        )
    shape = shape_of(graph, name)
    if shape is not None and (
        len(shape) != array.ndim
        or any(s not in (None, n) for s, n in zip(shape, array.shape, strict=True))
    ):
        open_ = ", ".join("any" if size is None else str(size) for size in shape)
        raise MigrateError(
            f"the placeholder {name} of {graph.label} takes the shape [{open_}]. "
            f"Received: {list(array.shape)}"
        )
    return array.astype(dtype)


def _number(array, dtype):
    """A number that a person wrote, as an integer or a truth value if it is one."""
    if array.ndim == 0 and dtype.kind in "iub" and array.dtype.kind in "iuf":
        exact = array.astype(dtype)
        return exact if exact == array else array
    return array


def _numpy(name):
    import tensorflow as tf

    return np.dtype(tf.as_dtype(name).as_numpy_dtype)


def _takes(dtype, array):
    """Whether a placeholder of a dtype takes an array without another meaning."""
    if dtype.kind == "O":  # strings
        return array.dtype.kind in "SUO"
    if array.dtype.kind == "O" or not np.can_cast(array.dtype, dtype, "same_kind"):
        return False
    whole = dtype.kind in "iu"
    return not whole or np.array_equal(array.astype(dtype), array)
