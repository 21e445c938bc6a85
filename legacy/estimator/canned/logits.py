"""From features to logits: linear models and dense layers."""

import tensorflow.compat.v1 as tf

from legacy.estimator import core
from legacy.estimator.canned.base import LARGE, partitioner, summary
from legacy.estimator.spec import ModeKeys


def linear_logit_fn_builder(units, feature_columns, sparse_combiner="sum"):
    """A function from features to [B, units]: one weight for each value."""

    def logit_fn(features):
        made = {}
        logits = tf.feature_column.linear_model(
            features, feature_columns, units, sparse_combiner, cols_to_vars=made
        )
        bias = made["bias"]
        bias = bias[0] if isinstance(bias, list) else bias
        if units > 1:
            tf.summary.histogram("bias", bias)
        else:
            tf.summary.scalar("bias", bias[0])
        return logits

    return logit_fn


def dnn_logit_fn_builder(
    units,
    hidden_units,
    feature_columns,
    activation_fn=tf.nn.relu,
    dropout=None,
    input_layer_partitioner=None,
    batch_norm=False,
):
    """A function from features and mode to [B, units]: dense layers."""

    def logit_fn(features, mode):
        training = mode == ModeKeys.TRAIN
        with tf.variable_scope(
            "input_from_feature_columns",
            partitioner=input_layer_partitioner or partitioner(LARGE),
            use_resource=True,
        ):
            net = tf.feature_column.input_layer(features, feature_columns)
        glorot = tf.glorot_uniform_initializer
        for number, size in enumerate(hidden_units):
            with tf.variable_scope(f"hiddenlayer_{number}", use_resource=True) as scope:
                net = tf.layers.dense(
                    net, size, activation_fn, kernel_initializer=glorot(), name=scope
                )
                if dropout is not None and training:
                    net = tf.layers.dropout(net, dropout, training=True)
                if batch_norm:
                    net = tf.layers.batch_normalization(
                        net,
                        momentum=0.999,
                        training=training,
                        name=f"batchnorm_{number}",
                    )
            summary(net, scope.name)
        with tf.variable_scope("logits", use_resource=True) as scope:
            logits = tf.layers.dense(
                net, units, kernel_initializer=glorot(), name=scope
            )
        summary(logits, scope.name)
        return logits

    return logit_fn


def layers_of(activation_fn, dropout, input_layer_partitioner, batch_norm):
    return {
        "activation_fn": activation_fn,
        "dropout": dropout,
        "input_layer_partitioner": input_layer_partitioner,
        "batch_norm": batch_norm,
    }


def call_logit_fn(logit_fn, features, mode, params, config):
    """What `logit_fn` gives for those of the arguments that it has."""
    return core._called(
        logit_fn, features=features, mode=mode, params=params, config=config
    )
