"""From features to logits: linear models and dense layers."""

import tensorflow.compat.v1 as tf
from tf_slim.layers import layers

from legacy.contrib.layers import models
from legacy.contrib.layers.columns.base import Column
from legacy.contrib.learn.estimator import ModeKeys
from legacy.estimator.canned.base import LARGE, partitioner, summary


def _are_old(columns):
    return all(isinstance(column, Column) for column in columns)


def linear_logits(features, columns, units, joint, scope):
    if not _are_old(columns):
        return tf.feature_column.linear_model(
            features, columns, units, weight_collections=["linear"]
        )
    function = (
        models.joint_weighted_sum_from_feature_columns
        if joint
        else models.weighted_sum_from_feature_columns
    )
    return function(
        columns_to_tensors=features,
        feature_columns=columns,
        num_outputs=units,
        weight_collections=["linear"],
        scope=scope,
    )[0]


def dense_logits(features, columns, units, hidden_units, activation_fn, dropout, mode):
    with tf.variable_scope(
        "input_from_feature_columns", partitioner=partitioner(LARGE)
    ) as scope:
        if _are_old(columns):
            net = models.input_from_feature_columns(
                columns_to_tensors=features,
                feature_columns=columns,
                weight_collections=["dnn"],
                scope=scope,
            )
        else:
            net = tf.feature_column.input_layer(
                features, columns, weight_collections=["dnn"]
            )
    for number, size in enumerate(hidden_units):
        with tf.variable_scope(f"hiddenlayer_{number}") as scope:
            net = layers.fully_connected(
                net,
                size,
                activation_fn=activation_fn,
                variables_collections=["dnn"],
                scope=scope,
            )
            if dropout is not None and mode == ModeKeys.TRAIN:
                net = layers.dropout(net, keep_prob=1.0 - dropout)
        summary(net, scope.name)
    with tf.variable_scope("logits") as scope:
        logits = layers.fully_connected(
            net, units, None, variables_collections=["dnn"], scope=scope
        )
    summary(logits, scope.name)
    return logits


def multipliers(given, parent):
    """Factors of embeddings' gradients, by variable."""
    factors = {}
    for column, factor in (given or {}).items():
        scope = f"{parent}/input_from_feature_columns/{column.name}_embedding"
        for variable in tf.trainable_variables(scope):
            factors[variable] = factor
    return factors or None
