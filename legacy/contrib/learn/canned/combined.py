"""Wide and deep models: a linear model and a dense network, whose logits are added."""

import math

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
from legacy.contrib.learn.canned.logits import dense_logits, linear_logits, multipliers
from legacy.contrib.learn.estimator import Estimator
from legacy.estimator.canned.base import LARGE, partitioner, summary


class _Combined(Canned):
    def _start(self, head, linear, dense, clip, rates, fixed, rest):
        columns, linear_optimizer, joint = linear
        dense_columns, dense_optimizer, hidden_units, activation_fn, dropout = dense
        columns, dense_columns = tuple(columns or ()), tuple(dense_columns or ())
        if not columns and not dense_columns:
            raise ValueError(
                "Expected linear_feature_columns or dnn_feature_columns. "
                "Received: neither"
            )
        if dense_columns and not hidden_units:
            raise ValueError("Expected dnn_hidden_units, for dnn_feature_columns.")

        def model_fn(features, labels, mode):
            features, parts = named(features), []
            if dense_columns:
                with tf.variable_scope("dnn", partitioner=partitioner()):
                    logits = dense_logits(
                        features,
                        dense_columns,
                        head.logits_dimension,
                        hidden_units,
                        activation_fn or tf.nn.relu,
                        dropout,
                        mode,
                    )
                parts.append(("dnn", logits, dense_optimizer or "Adagrad", 0.05))
            if columns:
                with tf.variable_scope(
                    "linear", partitioner=partitioner(LARGE)
                ) as scope:
                    logits = linear_logits(
                        features, columns, head.logits_dimension, joint, scope
                    )
                    summary(logits, scope.name)
                rate = min(0.2, 1.0 / math.sqrt(len(columns)))
                parts.append(("linear", logits, linear_optimizer or "Ftrl", rate))

            def train_op_fn(loss):
                step = tf.train.get_global_step()
                steps = [
                    slim_optimizers.optimize_loss(
                        loss,
                        step,
                        rate,
                        optimizer_of(chosen, rate),
                        gradient_multipliers=(
                            multipliers(rates, name) if name == "dnn" else None
                        ),
                        clip_gradients=clip,
                        variables=tf.get_collection(name),
                        name=name,
                        summaries=[],
                        increment_global_step=not fixed,
                    )
                    for name, _, chosen, rate in parts
                ]
                if not fixed:  # as it was: each of the two counts a step
                    return tf.group(*steps)
                with tf.control_dependencies([tf.group(*steps)]):
                    return tf.assign_add(step, 1).op

            logits = parts[0][1] + parts[1][1] if len(parts) == 2 else parts[0][1]
            return head.create_model_fn_ops(features, mode, labels, train_op_fn, logits)

        Estimator.__init__(self, model_fn, **rest)


class DNNLinearCombinedClassifier(Classifies, _Combined):
    """Wide and deep, for `n_classes` classes."""

    def __init__(
        self,
        model_dir=None,
        n_classes=2,
        weight_column_name=None,
        linear_feature_columns=None,
        linear_optimizer=None,
        _joint_linear_weights=False,
        dnn_feature_columns=None,
        dnn_optimizer=None,
        dnn_hidden_units=None,
        dnn_activation_fn=tf.nn.relu,
        dnn_dropout=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        config=None,
        feature_engineering_fn=None,
        embedding_lr_multipliers=None,
        input_layer_min_slice_size=None,
        label_keys=None,
        fix_global_step_increment_bug=False,
    ):
        head = heads.multi_class_head(
            n_classes,
            weight_column_name=weight_column_name,
            enable_centered_bias=enable_centered_bias,
            label_keys=label_keys,
        )
        self._start(
            head,
            (linear_feature_columns, linear_optimizer, _joint_linear_weights),
            (
                dnn_feature_columns,
                dnn_optimizer,
                dnn_hidden_units,
                dnn_activation_fn,
                dnn_dropout,
            ),
            gradient_clip_norm,
            embedding_lr_multipliers,
            fix_global_step_increment_bug,
            rest_of(model_dir, config, feature_engineering_fn),
        )


class DNNLinearCombinedRegressor(Regresses, _Combined):
    """Wide and deep, for a number or `label_dimension` of them."""

    def __init__(
        self,
        model_dir=None,
        weight_column_name=None,
        linear_feature_columns=None,
        linear_optimizer=None,
        _joint_linear_weights=False,
        dnn_feature_columns=None,
        dnn_optimizer=None,
        dnn_hidden_units=None,
        dnn_activation_fn=tf.nn.relu,
        dnn_dropout=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        label_dimension=1,
        config=None,
        feature_engineering_fn=None,
        embedding_lr_multipliers=None,
        input_layer_min_slice_size=None,
        fix_global_step_increment_bug=False,
    ):
        head = heads.regression_head(
            weight_column_name=weight_column_name,
            label_dimension=label_dimension,
            enable_centered_bias=enable_centered_bias,
        )
        self._start(
            head,
            (linear_feature_columns, linear_optimizer, _joint_linear_weights),
            (
                dnn_feature_columns,
                dnn_optimizer,
                dnn_hidden_units,
                dnn_activation_fn,
                dnn_dropout,
            ),
            gradient_clip_norm,
            embedding_lr_multipliers,
            fix_global_step_increment_bug,
            rest_of(model_dir, config, feature_engineering_fn),
        )


class DNNLinearCombinedEstimator(_Combined):
    """Wide and deep, below a head of your own choice."""

    def __init__(
        self,
        head,
        model_dir=None,
        linear_feature_columns=None,
        linear_optimizer=None,
        _joint_linear_weights=False,
        dnn_feature_columns=None,
        dnn_optimizer=None,
        dnn_hidden_units=None,
        dnn_activation_fn=None,
        dnn_dropout=None,
        gradient_clip_norm=None,
        config=None,
        feature_engineering_fn=None,
        embedding_lr_multipliers=None,
        fix_global_step_increment_bug=False,
        input_layer_partitioner=None,
    ):
        self._start(
            head,
            (linear_feature_columns, linear_optimizer, _joint_linear_weights),
            (
                dnn_feature_columns,
                dnn_optimizer,
                dnn_hidden_units,
                dnn_activation_fn,
                dnn_dropout,
            ),
            gradient_clip_norm,
            embedding_lr_multipliers,
            fix_global_step_increment_bug,
            rest_of(model_dir, config, feature_engineering_fn),
        )
