"""Percentiles of what was drawn."""

import numpy as np
import tensorflow.compat.v1 as tf

__all__ = [
    "percentile",
]


def percentile(
    x,
    q,
    axis=None,
    interpolation=None,
    keep_dims=False,
    validate_args=False,
    name=None,
):
    """The value in x, [..., N, ...], below which `q` percent of it lie.

    ValueError for an `interpolation` other than lower, higher and nearest.
    """
    rules = {None: tf.round, "nearest": tf.round, "lower": tf.ceil, "higher": tf.floor}
    if interpolation not in rules:
        raise ValueError(
            "Expected interpolation 'lower', 'higher' or 'nearest'. Received: "
            f"{interpolation!r}"
        )
    with tf.name_scope(name or "percentile"):
        x = tf.convert_to_tensor(x, name="x")
        ndims = x.shape.ndims
        axes = range(ndims) if axis is None else np.atleast_1d(axis)
        axes = sorted(int(each) % ndims for each in axes)
        rest = [each for each in range(ndims) if each not in axes]
        flat = tf.transpose(x, rest + axes)
        flat = tf.reshape(flat, tf.concat([tf.shape(flat)[: len(rest)], [-1]], 0))
        size = tf.shape(flat)[-1]
        above = 1.0 - tf.cast(q, tf.float64) / 100.0
        place = rules[interpolation](tf.cast(size - 1, tf.float64) * above)
        place = tf.clip_by_value(tf.cast(place, tf.int32), 0, size - 1)
        found = tf.nn.top_k(flat, size).values[..., place]
        if keep_dims:
            for each in axes:
                found = tf.expand_dims(found, each)
        return found
