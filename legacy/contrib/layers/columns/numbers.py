"""Columns of numbers: as they are, or by the interval that they are in."""

import collections

import tensorflow.compat.v1 as tf

from legacy.contrib.layers.columns.base import (
    Column,
)

__all__ = [
    "bucketized_column",
    "real_valued_column",
]


class _RealValuedColumn(
    Column,
    collections.namedtuple(
        "_RealValuedColumn",
        ("column_name", "dimension", "default_value", "dtype", "normalizer"),
    ),
):
    @property
    def name(self):
        return self.column_name

    def spec(self):
        default = self.default_value
        return {
            self.column_name: tf.FixedLenFeature([self.dimension], self.dtype, default)
        }

    def dense(self, features):
        """[B, dimension] float."""
        value = features[self if self in features else self.column_name]
        if isinstance(value, tf.SparseTensor):
            raise ValueError(
                f"Expected a dense tensor for the column {self.name}. Received: {value}"
            )
        value = self.normalizer(value) if self.normalizer else value
        return tf.cast(value, tf.float32)


class _BucketizedColumn(
    Column,
    collections.namedtuple("_BucketizedColumn", ("source_column", "boundaries")),
):
    @property
    def name(self):
        return self.source_column.name + "_bucketized"

    @property
    def buckets(self):
        return (len(self.boundaries) + 1) * self.source_column.dimension

    combiner = "sum"

    def spec(self):
        return self.source_column.spec()

    def places(self, features):
        """[B, dimension] int32: which bucket each number falls in."""
        number = self.source_column.dense(features)
        edges = tf.constant(self.boundaries, tf.float32)
        above = tf.cast(tf.expand_dims(number, -1) >= edges, tf.int32)
        return tf.reduce_sum(above, -1)

    def ids(self, features):
        places = self.places(features)
        width = self.source_column.dimension
        offsets = tf.range(width) * (len(self.boundaries) + 1)
        ids = tf.cast(tf.reshape(places, [-1, width]) + offsets, tf.int64)
        shape = tf.shape(ids, out_type=tf.int64)
        return tf.SparseTensor(
            tf.where(tf.ones_like(ids, tf.bool)), tf.reshape(ids, [-1]), shape
        )

    def weights(self, features):
        return None


def real_valued_column(
    column_name, dimension=1, default_value=None, dtype=tf.float32, normalizer=None
):
    """`dimension` numbers an example; TypeError, ValueError for wrong settings."""
    if not isinstance(dimension, int):
        raise TypeError(f"Expected dimension as an int. Received: {dimension!r}")
    if dimension < 1:
        raise ValueError(f"Expected dimension of at least 1. Received: {dimension}")
    if not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"Expected a dtype of numbers. Received: {dtype}")
    if normalizer is not None and not callable(normalizer):
        raise TypeError(f"Expected normalizer as a function. Received: {normalizer!r}")
    if default_value is not None:
        if not isinstance(default_value, (list, tuple)):
            default_value = [default_value] * dimension
        if len(default_value) != dimension:
            raise ValueError(
                f"Expected {dimension} default values. Received: {default_value}"
            )
        kind = int if dtype.is_integer else float
        default_value = tuple(kind(value) for value in default_value)
    return _RealValuedColumn(column_name, dimension, default_value, dtype, normalizer)


def bucketized_column(source_column, boundaries):
    """Which of len(boundaries) + 1 intervals [a, b) a number is in."""
    if not isinstance(source_column, _RealValuedColumn):
        raise TypeError(
            f"Expected a real_valued_column. Received: source_column={source_column!r}"
        )
    boundaries = tuple(boundaries)
    if not boundaries or list(boundaries) != sorted(set(boundaries)):
        raise ValueError(f"Expected sorted boundaries. Received: {list(boundaries)}")
    return _BucketizedColumn(source_column, boundaries)
