"""Dense networks."""

import tensorflow.compat.v1 as tf

from legacy.estimator.canned.base import (
    SUM,
    optimizer_of,
    partitioner,
    require_dict,
    where_to_start,
)
from legacy.estimator.canned.logits import dnn_logit_fn_builder, layers_of
from legacy.estimator.core import Estimator
from legacy.estimator.heads import classes, regression


class _Dense(Estimator):
    """Dense layers below the head that a subclass makes."""

    def _start(self, head, columns, hidden_units, optimizer, layers, where):
        columns = tuple(columns or ())

        def model_fn(features, labels, mode):
            chosen = optimizer_of(optimizer, 0.05)
            require_dict(features)
            with tf.variable_scope("dnn", partitioner=partitioner()):
                logit_fn = dnn_logit_fn_builder(
                    head.logits_dimension, hidden_units, columns, **layers
                )
                logits = logit_fn(features, mode)
                return head.create_estimator_spec(
                    features, mode, logits, labels, optimizer=chosen
                )

        Estimator.__init__(self, model_fn, **where)


class DNNClassifier(_Dense):
    """Dense layers of `hidden_units`, for `n_classes` classes."""

    def __init__(
        self,
        hidden_units,
        feature_columns,
        model_dir=None,
        n_classes=2,
        weight_column=None,
        label_vocabulary=None,
        optimizer="Adagrad",
        activation_fn=tf.nn.relu,
        dropout=None,
        input_layer_partitioner=None,
        config=None,
        warm_start_from=None,
        loss_reduction=SUM,
        batch_norm=False,
    ):
        self._start(
            classes.class_head(
                n_classes, weight_column, label_vocabulary, loss_reduction
            ),
            feature_columns,
            hidden_units,
            optimizer,
            layers_of(activation_fn, dropout, input_layer_partitioner, batch_norm),
            where_to_start(model_dir, config, warm_start_from),
        )


class DNNRegressor(_Dense):
    """Dense layers of `hidden_units`, for a number or `label_dimension` of them."""

    def __init__(
        self,
        hidden_units,
        feature_columns,
        model_dir=None,
        label_dimension=1,
        weight_column=None,
        optimizer="Adagrad",
        activation_fn=tf.nn.relu,
        dropout=None,
        input_layer_partitioner=None,
        config=None,
        warm_start_from=None,
        loss_reduction=SUM,
        batch_norm=False,
    ):
        self._start(
            regression.RegressionHead(label_dimension, weight_column, loss_reduction),
            feature_columns,
            hidden_units,
            optimizer,
            layers_of(activation_fn, dropout, input_layer_partitioner, batch_norm),
            where_to_start(model_dir, config, warm_start_from),
        )


class DNNEstimator(_Dense):
    """Dense layers below a head of your own choice."""

    def __init__(
        self,
        head,
        hidden_units,
        feature_columns,
        model_dir=None,
        optimizer="Adagrad",
        activation_fn=tf.nn.relu,
        dropout=None,
        input_layer_partitioner=None,
        config=None,
        warm_start_from=None,
        batch_norm=False,
    ):
        self._start(
            head,
            feature_columns,
            hidden_units,
            optimizer,
            layers_of(activation_fn, dropout, input_layer_partitioner, batch_norm),
            where_to_start(model_dir, config, warm_start_from),
        )
