"""Linear models."""

import math

import tensorflow.compat.v1 as tf

from legacy.contrib.learn import heads
from legacy.contrib.learn.canned.base import (
    Canned,
    Classifies,
    Regresses,
    named,
    optimizer_of,
    rest_of,
)
from legacy.contrib.learn.canned.logits import linear_logits
from legacy.contrib.learn.estimator import Estimator
from legacy.estimator.canned.base import LARGE, partitioner


class _Linear(Canned):
    def _start(self, head, columns, optimizer, clip, joint, rest):
        columns = tuple(columns or ())
        if not columns:
            raise ValueError("Expected feature_columns. Received: none")

        def model_fn(features, labels, mode):
            features = named(features)
            rate = min(0.2, 1.0 / math.sqrt(len(columns)))
            with tf.variable_scope("linear", partitioner=partitioner(LARGE)) as scope:
                logits = linear_logits(
                    features, columns, head.logits_dimension, joint, scope
                )

                def train_op_fn(loss):
                    variables = tf.get_collection("linear")
                    gradients = tf.gradients(loss, variables)
                    if clip:
                        gradients, _ = tf.clip_by_global_norm(gradients, clip)
                    chosen = (
                        optimizer_of(optimizer, 0.2)
                        if optimizer
                        else tf.train.FtrlOptimizer(rate)
                    )
                    return chosen.apply_gradients(
                        zip(gradients, variables, strict=True),
                        global_step=tf.train.get_global_step(),
                    )

                return head.create_model_fn_ops(
                    features, mode, labels, train_op_fn, logits
                )

        Estimator.__init__(self, model_fn, **rest)


class LinearClassifier(Classifies, _Linear):
    """A linear model of `n_classes` classes."""

    def __init__(
        self,
        feature_columns,
        model_dir=None,
        n_classes=2,
        weight_column_name=None,
        optimizer=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        _joint_weight=False,
        config=None,
        feature_engineering_fn=None,
        label_keys=None,
    ):
        head = heads.multi_class_head(
            n_classes,
            weight_column_name=weight_column_name,
            enable_centered_bias=enable_centered_bias,
            label_keys=label_keys,
        )
        rest = rest_of(model_dir, config, feature_engineering_fn)
        self._start(
            head, feature_columns, optimizer, gradient_clip_norm, _joint_weight, rest
        )


class LinearRegressor(Regresses, _Linear):
    """A linear model of a number, or of `label_dimension` numbers."""

    def __init__(
        self,
        feature_columns,
        model_dir=None,
        weight_column_name=None,
        optimizer=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        label_dimension=1,
        _joint_weights=False,
        config=None,
        feature_engineering_fn=None,
    ):
        head = heads.regression_head(
            weight_column_name=weight_column_name,
            label_dimension=label_dimension,
            enable_centered_bias=enable_centered_bias,
        )
        rest = rest_of(model_dir, config, feature_engineering_fn)
        self._start(
            head, feature_columns, optimizer, gradient_clip_norm, _joint_weights, rest
        )


class LinearEstimator(_Linear):
    """A linear model below a head of your own choice."""

    def __init__(
        self,
        feature_columns,
        head,
        model_dir=None,
        weight_column_name=None,
        optimizer=None,
        gradient_clip_norm=None,
        _joint_weights=False,
        config=None,
        feature_engineering_fn=None,
    ):
        rest = rest_of(model_dir, config, feature_engineering_fn)
        self._start(
            head, feature_columns, optimizer, gradient_clip_norm, _joint_weights, rest
        )
