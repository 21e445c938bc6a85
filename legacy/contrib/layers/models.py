"""Feature columns into the inputs of a network, and into a linear model."""

import tensorflow.compat.v1 as tf

from legacy.contrib.layers.columns import numbers, vectors
from legacy.contrib.layers.columns.base import Column, with_values

__all__ = [
    "check_feature_columns",
    "input_from_feature_columns",
    "joint_weighted_sum_from_feature_columns",
    "sequence_input_from_feature_columns",
    "transform_features",
    "weighted_sum_from_feature_columns",
]


def check_feature_columns(feature_columns):
    """ValueError if two columns have one key, or if one is no column."""
    seen = set()
    for column in feature_columns:
        if not isinstance(column, Column):
            raise ValueError(
                f"Expected columns of tf.contrib.layers. Received: {column!r}"
            )
        if column.key in seen:
            raise ValueError(f"Expected different columns. Received twice: {column}")
        seen.add(column.key)


def _ordered(feature_columns):
    columns = list(dict.fromkeys(feature_columns))
    check_feature_columns(columns)
    return sorted(columns, key=lambda column: column.key)


def transform_features(features, feature_columns):
    """{column: its numbers}, for the columns that the features themselves give."""
    result = {}
    for column in _ordered(feature_columns):
        base = getattr(column, "sparse_id_column", column)
        dense = hasattr(base, "dense")
        result[column] = base.dense(features) if dense else base.ids(features)
    return result


def _variable(name, shape, initializer, trainable, collections):
    names = [tf.GraphKeys.GLOBAL_VARIABLES, *(collections or ())]
    if trainable:
        names.append(tf.GraphKeys.TRAINABLE_VARIABLES)
    return tf.get_variable(
        name,
        shape,
        initializer=initializer,
        trainable=trainable,
        collections=list(dict.fromkeys(names)),
    )


def _embedded(column, ids, weights, trainable, collections):
    """The combined vectors [rows, dimension] of one embedding column."""
    # A shared table belongs to the graph, wherever the first of its columns made it.
    shared = f"SHARED_EMBEDDING_COLLECTION_{column.shared_name}"
    tables = tf.get_collection(shared) if column.shared_name else []
    if tables:
        table = tables[0]
    else:
        with tf.variable_scope(column.name):
            table = _variable(
                column.shared_name or "weights",
                [column.vocabulary, column.dimension],
                column.start(),
                trainable and column.trainable,
                collections,
            )
        if column.shared_name:
            tf.add_to_collection(shared, table)
    return tf.nn.safe_embedding_lookup_sparse(
        [table], ids, weights, combiner=column.combiner, max_norm=column.max_norm
    )


def _network_input(column, features, trainable, collections):
    """One column as [B, ...] of floats."""
    if isinstance(column, numbers._RealValuedColumn):
        return tf.reshape(column.dense(features), [-1, column.dimension])
    if isinstance(column, numbers._BucketizedColumn):
        intervals = len(column.boundaries) + 1
        hot = tf.one_hot(column.places(features), intervals)
        return tf.reshape(hot, [-1, intervals * column.source_column.dimension])
    if isinstance(column, vectors._OneHotColumn):
        return _counts(column.sparse_id_column, features)
    if isinstance(column, vectors._EmbeddingColumn):
        source = column.sparse_id_column
        return _embedded(
            column,
            source.ids(features),
            source.weights(features),
            trainable,
            collections,
        )
    raise ValueError(
        "Expected columns that a network can read: wrap a sparse column in "
        f"embedding_column or one_hot_column. Received: {column.name}"
    )


def _counts(column, features):
    ids, weights = column.ids(features), column.weights(features)
    dense = tf.sparse.to_dense(ids, default_value=-1, validate_indices=False)
    hot = tf.one_hot(dense, column.buckets)
    if weights is not None:
        dense = tf.sparse.to_dense(weights, validate_indices=False)
        hot *= tf.expand_dims(dense, -1)
    return tf.reduce_sum(hot, 1)


def input_from_feature_columns(
    columns_to_tensors,
    feature_columns,
    weight_collections=None,
    trainable=True,
    scope=None,
    cols_to_outs=None,
):
    """All columns side by side, in the order of their keys: [B, sum of widths].

    Variables input_from_feature_columns/{column}_embedding/weights. `cols_to_outs`, a
    dict, is filled with each column's part.
    """
    everything = list(columns_to_tensors.values())
    with tf.variable_scope(scope, "input_from_feature_columns", everything):
        parts = []
        for column in _ordered(feature_columns):
            part = _network_input(
                column, columns_to_tensors, trainable, weight_collections
            )
            if cols_to_outs is not None:
                cols_to_outs[column] = part
            parts.append(part)
        return tf.concat(parts, 1)


def sequence_input_from_feature_columns(
    columns_to_tensors,
    feature_columns,
    weight_collections=None,
    trainable=True,
    scope=None,
):
    """The same for sequences: [B, T, sum of widths] of dense [B, T, D] and sparse
    [B, T, N] features; real-valued, one-hot and embedding columns only."""
    everything = list(columns_to_tensors.values())
    with tf.variable_scope(scope, "sequence_input_from_feature_columns", everything):
        parts = []
        for column in _ordered(feature_columns):
            if isinstance(column, numbers._RealValuedColumn):
                parts.append(column.dense(columns_to_tensors))
                continue
            if not isinstance(
                column, (vectors._EmbeddingColumn, vectors._OneHotColumn)
            ):
                raise ValueError(
                    "Expected real-valued, one-hot or embedding columns for sequences. "
                    f"Received: {column.name}"
                )
            source = column.sparse_id_column
            ids = source.ids(columns_to_tensors)
            shape = ids.dense_shape
            flat = tf.sparse.reshape(ids, tf.stack([shape[0] * shape[1], shape[2]]))
            if isinstance(column, vectors._OneHotColumn):
                rows = _counts(source, {**columns_to_tensors, source: flat})
                width = source.buckets
            else:
                rows = _embedded(column, flat, None, trainable, weight_collections)
                width = column.dimension
            steps = tf.cast(shape[:2], tf.int32)
            parts.append(tf.reshape(rows, tf.concat([steps, [width]], 0)))
        return tf.concat(parts, 2)


def weighted_sum_from_feature_columns(
    columns_to_tensors,
    feature_columns,
    num_outputs,
    weight_collections=None,
    trainable=True,
    scope=None,
):
    """A linear model: (logits [B, num_outputs], {column: [variable]}, bias).

    Variables weighted_sum_from_feature_columns/{column}/weights [buckets, outputs]
    (real-valued: /weight [dimension, outputs]), /bias_weight [outputs], all zeros.
    """
    everything = list(columns_to_tensors.values())
    with tf.variable_scope(scope, "weighted_sum_from_feature_columns", everything):
        sums, used = [], {}
        for column in _ordered(feature_columns):
            real = isinstance(column, numbers._RealValuedColumn)
            if isinstance(column, (vectors._OneHotColumn, vectors._EmbeddingColumn)):
                raise ValueError(
                    "Expected columns that a linear model can read. Received: "
                    f"{column.name}"
                )
            with tf.variable_scope(column.name):
                table = _variable(
                    "weight" if real else "weights",
                    [column.dimension if real else column.buckets, num_outputs],
                    tf.zeros_initializer(),
                    trainable,
                    weight_collections,
                )
            if real:
                number = column.dense(columns_to_tensors)
                number = tf.reshape(number, [-1, column.dimension])
                sums.append(tf.matmul(number, table))
            else:
                sums.append(
                    tf.nn.safe_embedding_lookup_sparse(
                        [table],
                        column.ids(columns_to_tensors),
                        column.weights(columns_to_tensors),
                        combiner=column.combiner,
                    )
                )
            used[column] = [table]
        total, bias = _biased(
            tf.add_n(sums), num_outputs, trainable, weight_collections
        )
        return total, used, bias


def _biased(total, num_outputs, trainable, collections):
    bias = _variable(
        "bias_weight", [num_outputs], tf.zeros_initializer(), trainable, collections
    )
    return tf.nn.bias_add(total, bias), bias


def joint_weighted_sum_from_feature_columns(
    columns_to_tensors,
    feature_columns,
    num_outputs,
    weight_collections=None,
    trainable=True,
    scope=None,
):
    """The same with one variable for all columns, linear_weights/weights.

    For sparse columns that are summed; ValueError for others.
    """
    everything = list(columns_to_tensors.values())
    with tf.variable_scope(
        scope, "joint_weighted_sum_from_feature_columns", everything
    ):
        first, ids, weights = 0, [], []
        ordered = _ordered(feature_columns)
        for column in ordered:
            if getattr(column, "combiner", None) != "sum":
                raise ValueError(
                    "Expected sparse columns with the combiner sum. Received: "
                    f"{column.name}"
                )
            found = column.ids(columns_to_tensors)
            weight = column.weights(columns_to_tensors)
            if weight is None:
                ones = tf.ones_like(found.values, tf.float32)
                weight = with_values(found, ones)
            # As in the original, a missing value (-1) of any column but the first
            # counts as the last bucket of the column before.
            ids.append(with_values(found, found.values + first))
            weights.append(weight)
            first += column.buckets
        with tf.variable_scope("linear_weights"):
            table = _variable(
                "weights",
                [first, num_outputs],
                tf.zeros_initializer(),
                trainable,
                weight_collections,
            )
        total = tf.nn.safe_embedding_lookup_sparse(
            [table], tf.sparse.concat(1, ids), tf.sparse.concat(1, weights), "sum"
        )
        total, bias = _biased(total, num_outputs, trainable, weight_collections)
        return total, {column: [table] for column in ordered}, bias
