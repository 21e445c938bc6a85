"""Crossed columns: every combination of the values of several columns, hashed."""

import collections

import tensorflow.compat.v1 as tf

from legacy.contrib.layers.columns.base import (
    Column,
    checked_size,
    with_values,
)
from legacy.contrib.layers.columns.numbers import _BucketizedColumn

__all__ = [
    "SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY",
    "crossed_column",
]

SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY = 956888297470  # of the original, documented


def _sparse_cross(parts, **settings):
    """Every combination of the parts' values, row by row."""
    hashed = settings.pop("hashed_output", False)
    strings = all(part.values.dtype == tf.string for part in parts)
    settings.setdefault("num_buckets", 0)
    settings.setdefault("hash_key", SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY)
    return tf.SparseTensor(
        *tf.raw_ops.SparseCross(
            indices=[part.indices for part in parts],
            values=[part.values for part in parts],
            shapes=[part.dense_shape for part in parts],
            dense_inputs=[],
            hashed_output=hashed,
            out_type=tf.int64 if hashed else tf.string,
            internal_type=tf.string if strings else tf.int64,
            **settings,
        )
    )


def _unsigned(values):
    """Each value as int64: the number, or the FarmHash fingerprint of the string."""
    if values.dtype == tf.string:
        return tf.bitcast(tf.fingerprint(values), tf.int64)
    return tf.cast(values, tf.int64)


def _crossed(parts, buckets):
    """Crosses with the hash of releases that had no hash_key; its kernel is gone.

    The hash is h <- h ^ (f + 0x9e3779b97f4a7800 + (h << 10) + (h >> 4)) over the
    fingerprints f. It starts with 0xDECAFCAFFE and has 64 bits with a sign, which h >>
    4 keeps (measured). The bucket is that of h without a sign.
    """
    numbered = [
        with_values(part, tf.as_string(tf.range(tf.size(part.values))))
        for part in parts
    ]
    crossed = _sparse_cross(numbered)
    places = tf.strings.split(crossed.values, "_X_").values
    places = tf.reshape(tf.strings.to_number(places, tf.int64), [-1, len(parts)])
    bits = tf.bitwise
    state = tf.fill(tf.shape(places)[:1], tf.constant(0xDECAFCAFFE, tf.int64))
    golden_ratio = tf.constant(0x9E3779B97F4A7800 - 2**64, tf.int64)
    for number, part in enumerate(parts):
        value = tf.gather(_unsigned(part.values), places[:, number])
        high = bits.left_shift(state, tf.constant(10, tf.int64))
        low = bits.right_shift(state, tf.constant(4, tf.int64))
        mixed = value + golden_ratio + high + low
        state = bits.bitwise_xor(state, mixed)
    bucket = tf.math.floormod(
        tf.bitcast(state, tf.uint64), tf.constant(buckets, tf.uint64)
    )
    return with_values(crossed, tf.bitcast(bucket, tf.int64))


class _CrossedColumn(
    Column,
    collections.namedtuple(
        "_CrossedColumn", ("columns", "buckets", "hash_key", "combiner")
    ),
):
    @property
    def name(self):
        return "_X_".join(sorted(column.name for column in self.columns))

    def spec(self):
        return {k: v for column in self.columns for k, v in column.spec().items()}

    def _parts(self, features):
        for column in self.columns:
            if isinstance(column, (_CrossedColumn, _BucketizedColumn)):
                yield column.ids(features)
            else:
                yield column.raw(features)

    def ids(self, features):
        if self in features:
            return features[self]
        parts = list(self._parts(features))
        if self.hash_key is None:
            return _crossed(parts, self.buckets)
        # The kernel takes strings and int64 only.
        parts = [
            part
            if part.values.dtype in (tf.string, tf.int64)
            else with_values(part, tf.cast(part.values, tf.int64))
            for part in parts
        ]
        return _sparse_cross(
            parts, hashed_output=True, num_buckets=self.buckets, hash_key=self.hash_key
        )

    def weights(self, features):
        return None


def crossed_column(
    columns,
    hash_bucket_size,
    combiner="sum",
    ckpt_to_load_from=None,
    tensor_name_in_ckpt=None,
    hash_key=None,
):
    """Every combination of the columns' values, hashed.

    Up to 0.12 the third argument was called `combiner` too, default "sum".
    """
    if len(set(columns)) < 2:
        raise ValueError(f"Expected at least 2 columns. Received: {columns}")
    ordered = tuple(sorted(columns, key=lambda column: column.name))
    size = checked_size("hash_bucket_size", hash_bucket_size)
    return _CrossedColumn(ordered, size, hash_key, combiner)
