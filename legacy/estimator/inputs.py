"""Input functions over arrays in memory: ``tf.estimator.inputs``."""

import numpy as np
import tensorflow.compat.v1 as tf


def _rows(arrays, batch_size, num_epochs, shuffle):
    """Tensors of ``batch_size`` rows of each of ``arrays``; batches span epochs."""
    length = len(arrays[0])
    if any(len(array) != length for array in arrays):
        raise ValueError(
            "numpy_input_fn needs arrays of one length. "
            f"Received: {[len(array) for array in arrays]}"
        )
    numbers = tf.data.Dataset.range(length)
    if shuffle:
        numbers = numbers.shuffle(length)
    iterator = tf.data.make_initializable_iterator(
        numbers.repeat(num_epochs).batch(batch_size)
    )
    tf.add_to_collection(tf.GraphKeys.TABLE_INITIALIZERS, iterator.initializer)
    picked = tf.py_func(
        lambda rows: [array[rows] for array in arrays],
        [iterator.get_next()],
        [tf.as_dtype(array.dtype) for array in arrays],
        stateful=False,
    )
    for tensor, array in zip(picked, arrays, strict=True):
        tensor.set_shape([None, *array.shape[1:]])
    return picked


def numpy_input_fn(
    x,
    y=None,
    batch_size=128,
    num_epochs=1,
    shuffle=None,
    queue_capacity=1000,
    num_threads=1,
):
    """An input function over ``x``, an array or a dict of arrays, and labels ``y``.

    Args:
      num_epochs: passes over the data; None for no end.
      shuffle: a bool; it has no default.
      queue_capacity, num_threads: accepted; there is no queue here.

    Raises:
      ValueError: ``shuffle`` is not given, or lengths differ.
    """
    del queue_capacity, num_threads
    if shuffle not in (True, False):
        raise ValueError(
            f"numpy_input_fn needs shuffle, True or False. Received: {shuffle!r}"
        )

    def input_fn():
        keys = sorted(x) if isinstance(x, dict) else None
        features = [np.asarray(x[key]) for key in keys] if keys else [np.asarray(x)]
        label_keys = sorted(y) if isinstance(y, dict) else None
        labels = [] if y is None else [np.asarray(y)]
        if label_keys:
            labels = [np.asarray(y[key]) for key in label_keys]
        rows = _rows(features + labels, batch_size, num_epochs, shuffle)
        got, rest = rows[: len(features)], rows[len(features) :]
        answer = dict(zip(keys, got, strict=True)) if keys else got[0]
        if y is None:
            return answer
        target = dict(zip(label_keys, rest, strict=True)) if label_keys else rest[0]
        return answer, target

    return input_fn


def pandas_input_fn(
    x,
    y=None,
    batch_size=128,
    num_epochs=1,
    shuffle=None,
    queue_capacity=1000,
    num_threads=1,
    target_column="target",
):
    """An input function over a data frame ``x`` and a series or data frame ``y``."""
    columns = {name: x[name].to_numpy() for name in x.columns}
    if y is not None:
        named = hasattr(y, "columns")
        y = {name: y[name].to_numpy() for name in y.columns} if named else y.to_numpy()
    del target_column
    return numpy_input_fn(
        columns, y, batch_size, num_epochs, shuffle, queue_capacity, num_threads
    )
