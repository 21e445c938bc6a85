"""`tf.contrib.learn.io`: input functions, and arrays of tables."""

import numpy as np

from legacy.contrib.learn import graph_io
from legacy.estimator import inputs

_PUBLIC = """HAS_DASK HAS_PANDAS extract_dask_data extract_dask_labels
extract_pandas_data extract_pandas_labels extract_pandas_matrix generator_input_fn
numpy_input_fn pandas_input_fn"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}
NAMES.update(graph_io.NAMES)

try:
    import pandas

    HAS_PANDAS = True
except ImportError:
    pandas, HAS_PANDAS = None, False
# Of a Dask frame the rows are computed, as every caller did next.
HAS_DASK = False


def numpy_input_fn(
    x,
    y=None,
    batch_size=128,
    num_epochs=1,
    shuffle=True,
    queue_capacity=1000,
    num_threads=1,
):
    """`tf.estimator.inputs.numpy_input_fn`, which shuffles unless told otherwise."""
    return inputs.numpy_input_fn(
        x, y, batch_size, num_epochs, shuffle, queue_capacity, num_threads
    )


def pandas_input_fn(
    x,
    y=None,
    batch_size=128,
    num_epochs=1,
    shuffle=True,
    queue_capacity=1000,
    num_threads=1,
    target_column="target",
):
    """`tf.estimator.inputs.pandas_input_fn`, which shuffles unless told otherwise."""
    return inputs.pandas_input_fn(
        x,
        y,
        batch_size,
        num_epochs,
        shuffle,
        queue_capacity,
        num_threads,
        target_column,
    )


def _is_table(data, kinds=("DataFrame",)):
    names = [getattr(pandas, kind) for kind in kinds] if HAS_PANDAS else []
    return isinstance(data, tuple(names))


def _numeric(frame):
    bad = [name for name, kind in frame.dtypes.items() if kind.kind not in "biuf"]
    if bad:
        raise ValueError(
            "Expected columns of numbers or booleans only. Received other types in: "
            + ", ".join(map(str, bad))
        )
    return frame.values.astype("float")


def extract_pandas_data(data):
    """The numbers of a DataFrame; ValueError for columns of other types."""
    return _numeric(data) if _is_table(data) else data


def extract_pandas_matrix(data):
    """A DataFrame's values as a matrix."""
    return data.to_numpy() if _is_table(data) else data


def extract_pandas_labels(labels):
    """One column of labels, or a Series, as an array."""
    if _is_table(labels):
        if len(labels.columns) > 1:
            raise ValueError(
                f"Expected one column of labels. Received: {len(labels.columns)}"
            )
        return _numeric(labels).reshape(-1, 1) if len(labels) else labels.values
    return labels.values if _is_table(labels, ("Series",)) else labels


def _computed(data):
    return data.compute() if hasattr(data, "dask") else data


def extract_dask_data(data):
    """The rows of a Dask frame; anything else as it is."""
    return extract_pandas_data(_computed(data))


def extract_dask_labels(labels):
    """The labels of a Dask frame or series; anything else as it is."""
    return extract_pandas_labels(_computed(labels))


def generator_input_fn(
    x,
    target_key=None,
    batch_size=128,
    num_epochs=1,
    shuffle=True,
    queue_capacity=1000,
    num_threads=1,
    pad_value=None,
):
    """An input function over `x()`, a generator of dicts of one example each."""
    if not callable(x):
        raise TypeError(f"Expected x to be a generator function. Received: {type(x)}")
    if num_threads != 1:
        raise ValueError(f"Expected num_threads=1. Received: {num_threads}")
    keys = [target_key] if isinstance(target_key, str) else list(target_key or ())

    def input_fn():
        rows = list(x())
        features = {key: np.stack([row[key] for row in rows]) for key in rows[0]}
        labels = {key: features.pop(key) for key in keys}
        if isinstance(target_key, str):
            labels = labels[target_key]
        return inputs.numpy_input_fn(
            features,
            labels if keys else None,
            batch_size,
            num_epochs,
            shuffle,
            queue_capacity,
        )()

    return input_fn
