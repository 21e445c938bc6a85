"""Dense networks."""

import tensorflow.compat.v1 as tf
from tf_slim.layers import optimizers as slim_optimizers

from legacy.contrib.learn import heads
from legacy.contrib.learn.canned.base import (
    Canned,
    Classifies,
    Regresses,
    named,
    optimizer_of,
    rest_of,
)
from legacy.contrib.learn.canned.logits import dense_logits, multipliers
from legacy.contrib.learn.estimator import Estimator
from legacy.estimator.canned.base import partitioner


class _Dense(Canned):
    def _start(self, head, columns, hidden_units, optimizer, layer, clip, rates, rest):
        columns, optimizer = tuple(columns or ()), optimizer or "Adagrad"

        def model_fn(features, labels, mode):
            features = named(features)
            with tf.variable_scope("dnn", partitioner=partitioner()):
                logits = dense_logits(
                    features,
                    columns,
                    head.logits_dimension,
                    hidden_units,
                    *layer,
                    mode,
                )

                def train_op_fn(loss):
                    return slim_optimizers.optimize_loss(
                        loss,
                        tf.train.get_global_step(),
                        0.05,
                        optimizer_of(optimizer, 0.05),
                        gradient_multipliers=multipliers(rates, "dnn"),
                        clip_gradients=clip,
                        name="dnn",
                        summaries=[],
                    )

                return head.create_model_fn_ops(
                    features, mode, labels, train_op_fn, logits
                )

        Estimator.__init__(self, model_fn, **rest)


class DNNClassifier(Classifies, _Dense):
    """Dense layers of `hidden_units`, for `n_classes` classes."""

    def __init__(
        self,
        hidden_units,
        feature_columns,
        model_dir=None,
        n_classes=2,
        weight_column_name=None,
        optimizer=None,
        activation_fn=tf.nn.relu,
        dropout=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        config=None,
        feature_engineering_fn=None,
        embedding_lr_multipliers=None,
        input_layer_min_slice_size=None,
        label_keys=None,
    ):
        head = heads.multi_class_head(
            n_classes,
            weight_column_name=weight_column_name,
            enable_centered_bias=enable_centered_bias,
            label_keys=label_keys,
        )
        self._start(
            head,
            feature_columns,
            hidden_units,
            optimizer,
            (activation_fn, dropout),
            gradient_clip_norm,
            embedding_lr_multipliers,
            rest_of(model_dir, config, feature_engineering_fn),
        )


class DNNRegressor(Regresses, _Dense):
    """Dense layers of `hidden_units`, for a number or `label_dimension` of them."""

    def __init__(
        self,
        hidden_units,
        feature_columns,
        model_dir=None,
        weight_column_name=None,
        optimizer=None,
        activation_fn=tf.nn.relu,
        dropout=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        config=None,
        feature_engineering_fn=None,
        label_dimension=1,
        embedding_lr_multipliers=None,
        input_layer_min_slice_size=None,
    ):
        head = heads.regression_head(
            weight_column_name=weight_column_name,
            label_dimension=label_dimension,
            enable_centered_bias=enable_centered_bias,
        )
        self._start(
            head,
            feature_columns,
            hidden_units,
            optimizer,
            (activation_fn, dropout),
            gradient_clip_norm,
            embedding_lr_multipliers,
            rest_of(model_dir, config, feature_engineering_fn),
        )


class DNNEstimator(_Dense):
    """Dense layers below a head of your own choice."""

    def __init__(
        self,
        head,
        hidden_units,
        feature_columns,
        model_dir=None,
        optimizer=None,
        activation_fn=tf.nn.relu,
        dropout=None,
        gradient_clip_norm=None,
        config=None,
        feature_engineering_fn=None,
        embedding_lr_multipliers=None,
        input_layer_min_slice_size=None,
    ):
        self._start(
            head,
            feature_columns,
            hidden_units,
            optimizer,
            (activation_fn, dropout),
            gradient_clip_norm,
            embedding_lr_multipliers,
            rest_of(model_dir, config, feature_engineering_fn),
        )
