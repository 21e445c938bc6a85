"""The head whose labels are any number of classes."""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import lookup_ops
from tensorflow.python.saved_model.model_utils import export_output

from legacy.estimator.heads.base import MEAN, Head
from legacy.estimator.heads.metrics import at_thresholds, given
from legacy.estimator.spec import SERVING


class MultiLabelHead(Head):
    """Any number of `n_classes` classes; labels are [B, n_classes] of 0 and 1."""

    def __init__(
        self,
        n_classes,
        weight_column=None,
        thresholds=None,
        label_vocabulary=None,
        loss_reduction=MEAN,
        loss_fn=None,
        classes_for_class_based_metrics=None,
        name=None,
    ):
        if n_classes is None or n_classes < 2:
            raise ValueError(f"Expected n_classes above 1. Received: {n_classes}")
        if classes_for_class_based_metrics:
            raise ValueError(
                "Expected no classes_for_class_based_metrics, which are not emulated. "
                f"Received: {classes_for_class_based_metrics}"
            )
        super().__init__(n_classes, weight_column, loss_reduction, loss_fn, name)
        self._label_dimension, self._thresholds = n_classes, tuple(thresholds or ())
        self._words = list(label_vocabulary) if label_vocabulary else None

    def _labels(self, labels, logits):
        if not isinstance(labels, tf.SparseTensor):
            return super()._labels(labels, logits)
        ids = labels
        if self._words is not None:
            table = lookup_ops.index_table_from_tensor(self._words)
            ids = tf.SparseTensor(
                labels.indices, table.lookup(labels.values), labels.dense_shape
            )
        indicator = tf.sparse_to_indicator(ids, self.logits_dimension)
        return tf.reshape(tf.cast(indicator, tf.int64), [-1, self.logits_dimension])

    def _predictions(self, logits):
        probabilities = tf.sigmoid(logits, name="probabilities")
        return {"logits": logits, "probabilities": probabilities}

    def _outputs(self, predictions):
        rows = [tf.shape(predictions["logits"])[0], 1]
        words = self._words or tf.as_string(tf.range(self.logits_dimension))
        output = export_output.ClassificationOutput(
            scores=predictions["probabilities"],
            classes=tf.tile(tf.expand_dims(words, 0), rows),
        )
        return {SERVING: output, "classification": output}

    def _targets(self, labels):
        return labels

    def _loss(self, labels, logits):
        loss = tf.losses.sigmoid_cross_entropy(
            labels, logits, reduction=tf.losses.Reduction.NONE
        )
        return tf.reduce_mean(loss, -1, keepdims=True)

    def _metrics(self, predictions, labels, weights):
        probabilities = predictions["probabilities"]
        weights = given(weights)
        metrics = {
            "auc": tf.metrics.auc(labels, probabilities, weights),
            "auc_precision_recall": tf.metrics.auc(
                labels, probabilities, weights, curve="PR"
            ),
        }
        metrics.update(at_thresholds(labels, probabilities, weights, self._thresholds))
        return metrics
