"""Wide and deep models: a linear model and a dense network, whose logits are added."""

import math

import tensorflow.compat.v1 as tf

from legacy.estimator.canned.base import (
    LARGE,
    SUM,
    optimizer_of,
    partitioner,
    require_dict,
    summary,
    where_to_start,
)
from legacy.estimator.canned.logits import (
    dnn_logit_fn_builder,
    layers_of,
    linear_logit_fn_builder,
)
from legacy.estimator.core import Estimator
from legacy.estimator.heads import classes, regression


class _Combined(Estimator):
    """A linear model and dense layers, whose logits are added."""

    def _start(self, head, linear, dense, layers, combiner, where):
        linear_columns, linear_optimizer = linear
        dense_columns, dense_optimizer, hidden_units = dense
        linear_columns = tuple(linear_columns or ())
        dense_columns = tuple(dense_columns or ())
        if not linear_columns and not dense_columns:
            raise ValueError(
                "Expected linear_feature_columns or dnn_feature_columns. "
                "Received: neither"
            )
        if dense_columns and not hidden_units:
            raise ValueError("Expected dnn_hidden_units, for dnn_feature_columns.")

        def model_fn(features, labels, mode):
            require_dict(features)
            parts = []
            if dense_columns:
                chosen = optimizer_of(dense_optimizer, 0.001)
                with tf.variable_scope("dnn", partitioner=partitioner()) as scope:
                    logit_fn = dnn_logit_fn_builder(
                        head.logits_dimension, hidden_units, dense_columns, **layers
                    )
                    parts.append((logit_fn(features, mode), chosen, scope.name))
            if linear_columns:
                rate = min(0.005, 1.0 / math.sqrt(len(linear_columns)))
                chosen = optimizer_of(linear_optimizer, rate)
                with tf.variable_scope(
                    "linear", partitioner=partitioner(LARGE)
                ) as scope:
                    logit_fn = linear_logit_fn_builder(
                        head.logits_dimension, linear_columns, combiner
                    )
                    logits = logit_fn(features)
                    summary(logits, scope.name)
                    parts.append((logits, chosen, scope.name))
            logits = parts[0][0] + parts[1][0] if len(parts) == 2 else parts[0][0]

            def train_op_fn(loss):
                steps = [
                    chosen.minimize(
                        loss,
                        var_list=tf.get_collection(
                            tf.GraphKeys.TRAINABLE_VARIABLES, scope=scope
                        ),
                    )
                    for _, chosen, scope in parts
                ]
                with tf.control_dependencies([tf.group(*steps)]):
                    return tf.assign_add(tf.train.get_global_step(), 1).op

            return head.create_estimator_spec(
                features, mode, logits, labels, train_op_fn=train_op_fn
            )

        Estimator.__init__(self, model_fn, **where)


class DNNLinearCombinedClassifier(_Combined):
    """Wide and deep, for `n_classes` classes."""

    def __init__(
        self,
        model_dir=None,
        linear_feature_columns=None,
        linear_optimizer="Ftrl",
        dnn_feature_columns=None,
        dnn_optimizer="Adagrad",
        dnn_hidden_units=None,
        dnn_activation_fn=tf.nn.relu,
        dnn_dropout=None,
        n_classes=2,
        weight_column=None,
        label_vocabulary=None,
        input_layer_partitioner=None,
        config=None,
        warm_start_from=None,
        loss_reduction=SUM,
        batch_norm=False,
        linear_sparse_combiner="sum",
    ):
        self._start(
            classes.class_head(
                n_classes, weight_column, label_vocabulary, loss_reduction
            ),
            (linear_feature_columns, linear_optimizer),
            (dnn_feature_columns, dnn_optimizer, dnn_hidden_units),
            layers_of(
                dnn_activation_fn, dnn_dropout, input_layer_partitioner, batch_norm
            ),
            linear_sparse_combiner,
            where_to_start(model_dir, config, warm_start_from),
        )


class DNNLinearCombinedRegressor(_Combined):
    """Wide and deep, for a number or `label_dimension` of them."""

    def __init__(
        self,
        model_dir=None,
        linear_feature_columns=None,
        linear_optimizer="Ftrl",
        dnn_feature_columns=None,
        dnn_optimizer="Adagrad",
        dnn_hidden_units=None,
        dnn_activation_fn=tf.nn.relu,
        dnn_dropout=None,
        label_dimension=1,
        weight_column=None,
        input_layer_partitioner=None,
        config=None,
        warm_start_from=None,
        loss_reduction=SUM,
        batch_norm=False,
        linear_sparse_combiner="sum",
    ):
        self._start(
            regression.RegressionHead(label_dimension, weight_column, loss_reduction),
            (linear_feature_columns, linear_optimizer),
            (dnn_feature_columns, dnn_optimizer, dnn_hidden_units),
            layers_of(
                dnn_activation_fn, dnn_dropout, input_layer_partitioner, batch_norm
            ),
            linear_sparse_combiner,
            where_to_start(model_dir, config, warm_start_from),
        )


class DNNLinearCombinedEstimator(_Combined):
    """Wide and deep, below a head of your own choice."""

    def __init__(
        self,
        head,
        model_dir=None,
        linear_feature_columns=None,
        linear_optimizer="Ftrl",
        dnn_feature_columns=None,
        dnn_optimizer="Adagrad",
        dnn_hidden_units=None,
        dnn_activation_fn=tf.nn.relu,
        dnn_dropout=None,
        input_layer_partitioner=None,
        config=None,
        linear_sparse_combiner="sum",
    ):
        self._start(
            head,
            (linear_feature_columns, linear_optimizer),
            (dnn_feature_columns, dnn_optimizer, dnn_hidden_units),
            layers_of(dnn_activation_fn, dnn_dropout, input_layer_partitioner, False),
            linear_sparse_combiner,
            where_to_start(model_dir, config, None),
        )
