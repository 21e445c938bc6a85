"""Columns that make a vector of a sparse one: counts, or learnt embeddings."""

import collections
import math

import tensorflow.compat.v1 as tf

from legacy.contrib.layers.columns.base import (
    Column,
)

__all__ = [
    "embedding_column",
    "one_hot_column",
    "shared_embedding_columns",
]


class _OneHotColumn(
    Column, collections.namedtuple("_OneHotColumn", ("sparse_id_column",))
):
    @property
    def name(self):
        return self.sparse_id_column.name + "_one_hot"

    def spec(self):
        return self.sparse_id_column.spec()


class _EmbeddingColumn(
    Column,
    collections.namedtuple(
        "_EmbeddingColumn",
        (
            "sparse_id_column",
            "dimension",
            "combiner",
            "initializer",
            "checkpoint",
            "shared_name",
            "vocabulary",
            "max_norm",
            "trainable",
        ),
    ),
):
    @property
    def name(self):
        kind = "_shared_embedding" if self.shared_name else "_embedding"
        return self.sparse_id_column.name + kind

    def spec(self):
        return self.sparse_id_column.spec()

    def start(self):
        """The initialiser: a checkpoint's value, the given one, or a draw."""
        if self.checkpoint[0] is not None:
            path, tensor = self.checkpoint
            value = tf.train.load_variable(path, tensor)
            return tf.constant_initializer(value)
        if self.initializer is not None:
            return self.initializer
        return tf.truncated_normal_initializer(0.0, 1 / math.sqrt(self.vocabulary))


def one_hot_column(sparse_id_column):
    """How often each value occurs: [B, buckets]."""
    return _OneHotColumn(sparse_id_column)


def embedding_column(
    sparse_id_column,
    dimension,
    combiner="mean",
    initializer=None,
    ckpt_to_load_from=None,
    tensor_name_in_ckpt=None,
    max_norm=None,
    trainable=True,
):
    """The combined vectors of a sparse column's values: [B, dimension]."""
    if initializer is not None and not callable(initializer):
        raise ValueError(
            f"Expected initializer as a function. Received: {initializer!r}"
        )
    return _EmbeddingColumn(
        sparse_id_column,
        dimension,
        combiner,
        initializer,
        (ckpt_to_load_from, tensor_name_in_ckpt),
        None,
        sparse_id_column.buckets,
        max_norm,
        trainable,
    )


def shared_embedding_columns(
    sparse_id_columns,
    dimension,
    combiner="mean",
    shared_embedding_name=None,
    initializer=None,
    ckpt_to_load_from=None,
    tensor_name_in_ckpt=None,
    max_norm=None,
    trainable=True,
):
    """Embedding columns of one variable, for columns of one bucket size and type."""
    if not isinstance(sparse_id_columns, (list, tuple)) or not sparse_id_columns:
        raise TypeError(
            f"Expected a list of sparse columns. Received: {sparse_id_columns!r}"
        )
    sizes = {column.buckets for column in sparse_id_columns}
    if len(sizes) > 1:
        raise ValueError(f"Expected columns of one size. Received: {sorted(sizes)}")
    ordered = sorted(sparse_id_columns, key=lambda column: column.key)
    if shared_embedding_name is None:
        shared_embedding_name = "_".join(column.name for column in ordered[:2])
        if len(ordered) > 2:
            shared_embedding_name += f"_plus_{len(ordered) - 2}_others"
        shared_embedding_name += "_shared_embedding"
    if initializer is None:
        initializer = tf.truncated_normal_initializer(0.0, 1 / math.sqrt(dimension))
    return [
        embedding_column(
            column,
            dimension,
            combiner,
            initializer,
            ckpt_to_load_from,
            tensor_name_in_ckpt,
            max_norm,
            trainable,
        )._replace(shared_name=shared_embedding_name)
        for column in sparse_id_columns
    ]
