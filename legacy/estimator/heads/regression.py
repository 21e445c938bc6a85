"""Heads whose labels are numbers."""

import tensorflow.compat.v1 as tf
from tensorflow.python.saved_model.model_utils import export_output

from legacy.estimator.heads.base import MEAN, Head
from legacy.estimator.heads.metrics import mean_of
from legacy.estimator.spec import SERVING


class RegressionHead(Head):
    """Predicts the label itself; the loss is the squared error."""

    def __init__(
        self,
        label_dimension=1,
        weight_column=None,
        loss_reduction=MEAN,
        loss_fn=None,
        inverse_link_fn=None,
        name=None,
    ):
        if label_dimension < 1:
            raise ValueError(
                f"Expected a label_dimension of 1 or more. Received: {label_dimension}"
            )
        super().__init__(label_dimension, weight_column, loss_reduction, loss_fn, name)
        self._label_dimension, self._inverse_link_fn = label_dimension, inverse_link_fn

    def _predictions(self, logits):
        if self._inverse_link_fn is None:
            return {"predictions": logits}
        return {"predictions": self._inverse_link_fn(logits), "logits": logits}

    def _outputs(self, predictions):
        output = export_output.RegressionOutput(predictions["predictions"])
        return {SERVING: output, "regression": output}

    def _targets(self, labels):
        return tf.cast(labels, tf.float32)

    def _loss(self, labels, logits):
        return tf.losses.mean_squared_error(
            labels, logits, reduction=tf.losses.Reduction.NONE
        )

    def _metrics(self, predictions, labels, weights):
        return {
            "prediction/mean": mean_of(predictions["predictions"], weights),
            "label/mean": mean_of(labels, weights),
        }


class PoissonRegressionHead(RegressionHead):
    """Counts: predicts exp(logits); the loss is Poisson's."""

    def __init__(
        self,
        label_dimension=1,
        weight_column=None,
        loss_reduction=MEAN,
        compute_full_loss=True,
        name=None,
    ):
        def loss_fn(labels, logits):
            return tf.nn.log_poisson_loss(
                targets=labels, log_input=logits, compute_full_loss=compute_full_loss
            )

        super().__init__(
            label_dimension, weight_column, loss_reduction, loss_fn, tf.exp, name
        )


class LogisticRegressionHead(RegressionHead):
    """Shares of one, in [0, 1]: predicts sigmoid(logits)."""

    def __init__(self, weight_column=None, loss_reduction=MEAN, name=None):
        def loss_fn(labels, logits):
            return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)

        super().__init__(1, weight_column, loss_reduction, loss_fn, tf.sigmoid, name)
