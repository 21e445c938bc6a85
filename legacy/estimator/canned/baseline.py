"""Models that ignore the features."""

import tensorflow.compat.v1 as tf

from legacy.estimator.canned.base import (
    SUM,
    optimizer_of,
    require_dict,
)
from legacy.estimator.core import Estimator
from legacy.estimator.heads import classes, regression


class BaselineEstimator(Estimator):
    """Ignores the features: one bias, below a head of your own choice."""

    def __init__(self, head, model_dir=None, optimizer="Ftrl", config=None):
        def model_fn(features, labels, mode):
            require_dict(features)
            rows = tf.shape(next(iter(features.values())))[0]
            with tf.variable_scope("baseline"):
                bias = tf.get_variable(
                    "bias", [head.logits_dimension], initializer=tf.zeros_initializer
                )
                logits = bias * tf.ones([rows, head.logits_dimension])

            def train_op_fn(loss):
                step = tf.train.get_global_step()
                return optimizer_of(optimizer, 0.3).minimize(loss, global_step=step)

            return head.create_estimator_spec(
                features, mode, logits, labels, train_op_fn=train_op_fn
            )

        Estimator.__init__(self, model_fn, model_dir, config)


class BaselineClassifier(BaselineEstimator):
    """Learns how often each class is."""

    def __init__(
        self,
        model_dir=None,
        n_classes=2,
        weight_column=None,
        label_vocabulary=None,
        optimizer="Ftrl",
        config=None,
        loss_reduction=SUM,
    ):
        head = classes.class_head(
            n_classes, weight_column, label_vocabulary, loss_reduction
        )
        super().__init__(head, model_dir, optimizer, config)


class BaselineRegressor(BaselineEstimator):
    """Learns the mean label."""

    def __init__(
        self,
        model_dir=None,
        label_dimension=1,
        weight_column=None,
        optimizer="Ftrl",
        config=None,
        loss_reduction=SUM,
    ):
        head = regression.RegressionHead(label_dimension, weight_column, loss_reduction)
        super().__init__(head, model_dir, optimizer, config)
