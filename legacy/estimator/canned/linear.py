"""Linear models."""

import math

import tensorflow.compat.v1 as tf

from legacy.estimator.canned.base import (
    LARGE,
    SUM,
    optimizer_of,
    partitioner,
    require_dict,
)
from legacy.estimator.canned.logits import linear_logit_fn_builder
from legacy.estimator.core import Estimator
from legacy.estimator.heads import classes, regression


class _Linear(Estimator):
    """A linear model below the head that a subclass makes."""

    def _start(
        self, head, columns, optimizer, combiner, parts, model_dir, config, warm
    ):
        columns = tuple(columns or ())

        def model_fn(features, labels, mode):
            require_dict(features)
            rate = min(0.2, 1.0 / math.sqrt(max(len(columns), 1)))
            with tf.variable_scope("linear", partitioner=parts or partitioner(LARGE)):
                logit_fn = linear_logit_fn_builder(
                    head.logits_dimension, columns, combiner
                )
                logits = logit_fn(features)
                if optimizer is None:
                    chosen = tf.train.FtrlOptimizer(rate)
                else:
                    chosen = optimizer_of(optimizer, 0.2)
                return head.create_estimator_spec(
                    features, mode, logits, labels, optimizer=chosen
                )

        Estimator.__init__(self, model_fn, model_dir, config, warm_start_from=warm)


class LinearClassifier(_Linear):
    """A linear model of `n_classes` classes; see :class:`legacy.estimator.heads`."""

    def __init__(
        self,
        feature_columns,
        model_dir=None,
        n_classes=2,
        weight_column=None,
        label_vocabulary=None,
        optimizer="Ftrl",
        config=None,
        partitioner=None,
        warm_start_from=None,
        loss_reduction=SUM,
        sparse_combiner="sum",
    ):
        head = classes.class_head(
            n_classes, weight_column, label_vocabulary, loss_reduction
        )
        self._start(
            head,
            feature_columns,
            optimizer,
            sparse_combiner,
            partitioner,
            model_dir,
            config,
            warm_start_from,
        )


class LinearRegressor(_Linear):
    """A linear model of a number, or of `label_dimension` numbers."""

    def __init__(
        self,
        feature_columns,
        model_dir=None,
        label_dimension=1,
        weight_column=None,
        optimizer="Ftrl",
        config=None,
        partitioner=None,
        warm_start_from=None,
        loss_reduction=SUM,
        sparse_combiner="sum",
    ):
        head = regression.RegressionHead(label_dimension, weight_column, loss_reduction)
        self._start(
            head,
            feature_columns,
            optimizer,
            sparse_combiner,
            partitioner,
            model_dir,
            config,
            warm_start_from,
        )


class LinearEstimator(_Linear):
    """A linear model below a head of your own choice."""

    def __init__(
        self,
        head,
        feature_columns,
        model_dir=None,
        optimizer="Ftrl",
        config=None,
        partitioner=None,
        sparse_combiner="sum",
        warm_start_from=None,
    ):
        self._start(
            head,
            feature_columns,
            optimizer,
            sparse_combiner,
            partitioner,
            model_dir,
            config,
            warm_start_from,
        )
