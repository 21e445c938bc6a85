"""Sparse columns: which of a number of values each entry is."""

import collections

import tensorflow.compat.v1 as tf

from legacy.contrib.layers.columns.base import (
    Column,
    checked_size,
    sparse_of,
    with_values,
)

__all__ = [
    "sparse_column_with_hash_bucket",
    "sparse_column_with_integerized_feature",
    "sparse_column_with_keys",
    "sparse_column_with_vocabulary_file",
    "weighted_sparse_column",
]


class _SparseColumn(
    collections.namedtuple(
        "_SparseColumn",
        ("column_name", "is_integerized", "buckets", "source", "combiner", "dtype"),
    )
):
    @property
    def name(self):
        return self.column_name

    def spec(self):
        return {self.column_name: tf.VarLenFeature(self.dtype)}

    def raw(self, features):
        """The feature as it comes, what a cross is made of."""
        return sparse_of(features[self.column_name])

    def weights(self, features):
        return None

    def ids(self, features):
        if self in features:
            return features[self]
        raw = self.raw(features)
        return with_values(raw, self.number(raw.values))


class _SparseColumnIntegerized(Column, _SparseColumn):
    def number(self, values):
        return tf.mod(tf.cast(values, tf.int64), self.buckets)


class _SparseColumnHashed(Column, _SparseColumn):
    def number(self, values):
        if values.dtype != tf.string:
            values = tf.as_string(values)
        return tf.string_to_hash_bucket_fast(values, self.buckets)


class _SparseColumnKeys(Column, _SparseColumn):
    def number(self, values):
        keys, default = self.source
        from tensorflow.python.ops import lookup_ops

        table = lookup_ops.index_table_from_tensor(
            tf.constant(keys, self.dtype), default_value=default, dtype=self.dtype
        )
        return table.lookup(values)


class _SparseColumnVocabulary(Column, _SparseColumn):
    def number(self, values):
        from tensorflow.python.ops import lookup_ops

        path, extra, size, default = self.source
        table = lookup_ops.index_table_from_file(
            path, extra, size, default, key_dtype=self.dtype
        )
        return table.lookup(values)


class _WeightedSparseColumn(
    Column,
    collections.namedtuple(
        "_WeightedSparseColumn", ("sparse_id_column", "weight_column_name", "dtype")
    ),
):
    @property
    def name(self):
        return f"{self.sparse_id_column.name}_weighted_by_{self.weight_column_name}"

    @property
    def buckets(self):
        return self.sparse_id_column.buckets

    @property
    def combiner(self):
        return self.sparse_id_column.combiner

    def spec(self):
        weight = {self.weight_column_name: tf.VarLenFeature(self.dtype)}
        return {**self.sparse_id_column.spec(), **weight}

    def ids(self, features):
        return self.sparse_id_column.ids(features)

    def weights(self, features):
        weights = sparse_of(features[self.weight_column_name])
        return with_values(weights, tf.cast(weights.values, tf.float32))


def sparse_column_with_integerized_feature(
    column_name, bucket_size, combiner="sum", dtype=tf.int64
):
    """Whole numbers, modulo `bucket_size`."""
    if not dtype.is_integer:
        raise ValueError(f"Expected a dtype of whole numbers. Received: {dtype}")
    size = checked_size("bucket_size", bucket_size)
    return _SparseColumnIntegerized(column_name, True, size, None, combiner, dtype)


def sparse_column_with_hash_bucket(
    column_name, hash_bucket_size, combiner="sum", dtype=tf.string, hash_keys=None
):
    """Strings or whole numbers, by the fingerprint of their text."""
    if hash_keys:
        raise ValueError(
            "hash_keys (columns hashed several times) are not emulated: use one column "
            "a key."
        )
    size = checked_size("hash_bucket_size", hash_bucket_size)
    return _SparseColumnHashed(column_name, False, size, None, combiner, dtype)


def sparse_column_with_keys(
    column_name, keys, default_value=-1, combiner="sum", dtype=tf.string
):
    """The place of a value in `keys`; others get `default_value` (-1: left out)."""
    keys = tuple(keys)
    source = keys, default_value
    return _SparseColumnKeys(column_name, False, len(keys), source, combiner, dtype)


def sparse_column_with_vocabulary_file(
    column_name,
    vocabulary_file,
    num_oov_buckets=0,
    vocab_size=None,
    default_value=-1,
    combiner="sum",
    dtype=tf.string,
):
    """The line of a value in a file; others in `num_oov_buckets` more by their hash."""
    if not vocabulary_file:
        raise ValueError("Expected vocabulary_file. Received: none")
    size = checked_size("vocab_size", vocab_size)
    source = vocabulary_file, num_oov_buckets, size, default_value
    return _SparseColumnVocabulary(
        column_name, False, size + num_oov_buckets, source, combiner, dtype
    )


def weighted_sparse_column(sparse_id_column, weight_column_name, dtype=tf.float32):
    """A sparse column with the weights of another feature."""
    return _WeightedSparseColumn(sparse_id_column, weight_column_name, dtype)
