"""Heads whose labels are one class each."""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import lookup_ops
from tensorflow.python.saved_model.model_utils import export_output

from legacy.estimator.heads.base import MEAN, Head
from legacy.estimator.heads.metrics import at_thresholds, given
from legacy.estimator.spec import SERVING


class _Classes(Head):
    """Labels are numbers of classes, or words of `label_vocabulary`."""

    def __init__(self, n_classes, label_vocabulary, *rest):
        super().__init__(*rest)
        self._n_classes = n_classes
        self._words = list(label_vocabulary) if label_vocabulary else None

    def _ids(self, labels):
        if self._words is not None:
            if labels.dtype != tf.string:
                raise ValueError(
                    "Expected labels of strings, for there is a label_vocabulary. "
                    f"Received: {labels.dtype}"
                )
            table = lookup_ops.index_table_from_tensor(self._words)
            return table.lookup(labels)
        if labels.dtype == tf.string:
            raise ValueError(
                "Expected labels of numbers, or a label_vocabulary. Received: strings"
            )
        return labels

    def _in_range(self, labels):
        high = tf.assert_less_equal(
            labels,
            tf.cast(self._n_classes - 1, labels.dtype),
            message=f"Labels must be at most n_classes - 1 = {self._n_classes - 1}",
        )
        low = tf.assert_non_negative(labels, message="Labels must be at least 0")
        with tf.control_dependencies([high, low]):
            return tf.identity(labels)

    def _names(self, logits):
        """Each row's list of all classes: numbers, and as text."""
        rows = [tf.shape(logits)[0], 1]
        ids = tf.tile(tf.expand_dims(tf.range(self._n_classes), 0), rows)
        words = self._words or tf.as_string(tf.range(self._n_classes))
        return ids, tf.tile(tf.expand_dims(words, 0), rows)

    def _chosen(self, logits):
        ids = tf.expand_dims(tf.argmax(logits, -1, name="class_ids"), -1)
        if self._words is None:
            return ids, tf.as_string(ids, name="str_classes")
        return ids, tf.gather(tf.constant(self._words), ids)

    def _outputs(self, predictions):
        output = export_output.ClassificationOutput(
            scores=predictions["probabilities"],
            classes=self._names(predictions["logits"])[1],
        )
        return {SERVING: output, "classification": output}


class MultiClassHead(_Classes):
    """One of `n_classes` classes; the loss is the softmax's cross entropy."""

    def __init__(
        self,
        n_classes,
        weight_column=None,
        label_vocabulary=None,
        loss_reduction=MEAN,
        loss_fn=None,
        name=None,
    ):
        if n_classes is None or n_classes <= 2:
            raise ValueError(f"Expected n_classes above 2. Received: {n_classes}")
        super().__init__(
            n_classes,
            label_vocabulary,
            n_classes,
            weight_column,
            loss_reduction,
            loss_fn,
            name,
        )

    def _predictions(self, logits):
        with tf.name_scope(None, "predictions"):
            all_ids, all_words = self._names(logits)
            ids, words = self._chosen(logits)
            return {
                "logits": logits,
                "probabilities": tf.nn.softmax(logits, name="probabilities"),
                "class_ids": ids,
                "classes": words,
                "all_class_ids": all_ids,
                "all_classes": all_words,
            }

    def _targets(self, labels):
        ids = self._ids(labels)
        if not ids.dtype.is_integer:
            raise ValueError(f"Expected labels of integers. Received: {ids.dtype}")
        return self._in_range(ids)

    def _loss(self, labels, logits):
        loss = tf.losses.sparse_softmax_cross_entropy(
            labels, logits, reduction=tf.losses.Reduction.NONE
        )
        return tf.expand_dims(loss, -1)

    def _metrics(self, predictions, labels, weights):
        ids = predictions["class_ids"]
        return {"accuracy": tf.metrics.accuracy(labels, ids, given(weights))}


class BinaryClassHead(_Classes):
    """Class 0 or 1; the loss is the sigmoid's cross entropy."""

    def __init__(
        self,
        weight_column=None,
        thresholds=None,
        label_vocabulary=None,
        loss_reduction=MEAN,
        loss_fn=None,
        name=None,
    ):
        super().__init__(
            2, label_vocabulary, 1, weight_column, loss_reduction, loss_fn, name
        )
        self._thresholds = tuple(thresholds or ())

    def _predictions(self, logits):
        with tf.name_scope(None, "predictions"):
            logistic = tf.sigmoid(logits, name="logistic")
            both = tf.concat([tf.zeros_like(logits), logits], -1, "two_class_logits")
            probabilities = tf.nn.softmax(both, name="probabilities")
            ids, words = self._chosen(both)
            all_ids, all_words = self._names(logits)
            return {
                "logits": logits,
                "logistic": logistic,
                "probabilities": probabilities,
                "class_ids": ids,
                "classes": words,
                "all_class_ids": all_ids,
                "all_classes": all_words,
            }

    def _outputs(self, predictions):
        outputs = super()._outputs(predictions)
        regression = export_output.RegressionOutput(predictions["logistic"])
        return {**outputs, "regression": regression}

    def _targets(self, labels):
        return self._in_range(tf.cast(self._ids(labels), tf.float32))

    def _loss(self, labels, logits):
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)

    def _metrics(self, predictions, labels, weights):
        ids, logistic = predictions["class_ids"], predictions["logistic"]
        weights = given(weights)
        mean = tf.metrics.mean(labels, weights)
        metrics = {
            "accuracy": tf.metrics.accuracy(labels, ids, weights),
            "precision": tf.metrics.precision(labels, ids, weights),
            "recall": tf.metrics.recall(labels, ids, weights),
            "prediction/mean": tf.metrics.mean(logistic, weights),
            "label/mean": mean,
            "accuracy_baseline": tuple(tf.maximum(each, 1 - each) for each in mean),
            "auc": tf.metrics.auc(labels, logistic, weights),
            "auc_precision_recall": tf.metrics.auc(
                labels, logistic, weights, curve="PR"
            ),
        }
        metrics.update(at_thresholds(labels, logistic, weights, self._thresholds))
        return metrics


def class_head(n_classes, weight_column, label_vocabulary, loss_reduction):
    """The head of a classifier: for two classes, or for more."""
    if n_classes == 2:
        return BinaryClassHead(
            weight_column,
            label_vocabulary=label_vocabulary,
            loss_reduction=loss_reduction,
        )
    return MultiClassHead(n_classes, weight_column, label_vocabulary, loss_reduction)
