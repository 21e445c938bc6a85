"""Specifications for ``tf.parse_example`` with a label."""

import tensorflow.compat.v1 as tf


def _with_label(feature_columns, label_key, feature, weight_column):
    columns = list(feature_columns)
    if weight_column is not None:
        if isinstance(weight_column, str):
            weight_column = tf.feature_column.numeric_column(weight_column)
        columns.append(weight_column)
    parsing = tf.feature_column.make_parse_example_spec(columns)
    if label_key in parsing:
        raise ValueError(
            "The label must not be a feature too. "
            f"Received: label_key={label_key!r}, features {sorted(parsing)}"
        )
    return {**parsing, label_key: feature}


def classifier_parse_example_spec(
    feature_columns,
    label_key,
    label_dtype=tf.int64,
    label_default=None,
    weight_column=None,
):
    """Features of the columns, and one label ``label_key`` of shape [1]."""
    label = tf.FixedLenFeature((1,), label_dtype, label_default)
    return _with_label(feature_columns, label_key, label, weight_column)


def regressor_parse_example_spec(
    feature_columns,
    label_key,
    label_dtype=tf.float32,
    label_default=None,
    label_dimension=1,
    weight_column=None,
):
    """Features of the columns, and a label of shape [label_dimension]."""
    label = tf.FixedLenFeature((label_dimension,), label_dtype, label_default)
    return _with_label(feature_columns, label_key, label, weight_column)
