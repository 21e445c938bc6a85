"""Heads of `tf.contrib.learn`: predictions, mean loss and metrics of logits.

Origin: TensorFlow 1.15.5. Labels are [B] or [B, 1], logits [B, D].
"""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import lookup_ops

from legacy.contrib.learn.estimator import ModeKeys, ModelFnOps, ProblemType
from legacy.estimator.heads.metrics import at_thresholds

_AT = tuple(
    f"{name}_%f{end}"
    for name, end in (
        ("accuracy/threshold", "_mean"),
        ("precision/positive_threshold", "_mean"),
        ("recall/positive_threshold", "_mean"),
    )
)


def _weighted(loss, weights):
    """(mean of the weighted loss, the same over the sum of weights)."""
    if weights is None:
        loss = tf.reduce_mean(loss)
        return loss, loss
    weights = weights + tf.zeros_like(loss)
    weighted = loss * weights
    return (
        tf.reduce_mean(weighted),
        tf.reduce_sum(weighted) / tf.reduce_sum(weights),
    )


def _column(values):
    return tf.expand_dims(values, 1) if values.shape.ndims == 1 else values


class Head:
    """What all heads have: a subclass says what its logits mean."""

    def __init__(
        self,
        problem_type,
        logits_dimension,
        label_name=None,
        weight_column_name=None,
        enable_centered_bias=False,
        head_name=None,
    ):
        self._problem_type, self.logits_dimension = problem_type, logits_dimension
        self.label_name, self.weight_column_name = label_name, weight_column_name
        self.head_name, self._centered = head_name, enable_centered_bias

    def _key(self, name):
        return f"{name}/{self.head_name}" if self.head_name else name

    def _labels(self, labels):
        labels = labels[self.label_name] if isinstance(labels, dict) else labels
        if isinstance(labels, tf.SparseTensor):
            raise ValueError("Expected labels as a tensor. Received: a SparseTensor")
        return tf.convert_to_tensor(labels)

    def _weights(self, features):
        if not self.weight_column_name:
            return None
        if self.weight_column_name not in features:
            raise ValueError(
                f"Expected the weights {self.weight_column_name!r} among the features. "
                f"Received: {sorted(features)}"
            )
        return _column(tf.cast(features[self.weight_column_name], tf.float32))

    def _centre(self, logits):
        if not self._centered:
            return logits, None
        bias = tf.Variable(
            tf.zeros([self.logits_dimension]), name="centered_bias_weight"
        )
        return tf.nn.bias_add(logits, bias), bias

    def _train(self, loss, train_op_fn, bias, logits, labels, weights):
        with tf.name_scope(None, "train_op"):
            train_op = train_op_fn(loss)
            if bias is None:
                return train_op
            alone = tf.zeros_like(logits) + bias
            own = tf.reduce_mean(tf.stack(self._loss(labels, alone, weights)))
            step = tf.train.AdagradOptimizer(0.1).minimize(own, var_list=[bias])
            return tf.group(train_op, step)

    def create_model_fn_ops(
        self,
        features,
        mode,
        labels=None,
        train_op_fn=None,
        logits=None,
        logits_input=None,
        scope=None,
    ):
        """`ModelFnOps` of logits, or of a linear layer over `logits_input`.

        ValueError if both or neither are given, or if training has no `train_op_fn`.
        """
        if (logits is None) == (logits_input is None):
            raise ValueError("Expected either logits or logits_input.")
        with tf.variable_scope(scope, self.head_name or self._scope):
            if labels is not None and mode != ModeKeys.INFER:
                labels = self._labels(labels)
            if logits is None:
                from tf_slim.layers import layers

                logits = layers.linear(
                    logits_input, self.logits_dimension, scope="logits"
                )
            logits, bias = self._centre(tf.convert_to_tensor(logits))
            predictions = self._predictions(logits)
            loss = train_op = metrics = None
            if labels is not None and mode != ModeKeys.INFER:
                weights = self._weights(features)
                loss, average = self._loss(labels, logits, weights)
                with tf.name_scope(""):
                    tf.summary.scalar(self._key("loss"), tf.identity(average))
                if mode == ModeKeys.TRAIN:
                    if train_op_fn is None:
                        raise ValueError("Expected a train_op_fn for training.")
                    train_op = self._train(
                        loss, train_op_fn, bias, logits, labels, weights
                    )
                metrics = {"loss": tf.metrics.mean(average)}
                metrics.update(self._metrics(predictions, labels, weights))
                metrics = {self._key(name): metric for name, metric in metrics.items()}
            outputs = {
                self.head_name: (self._problem_type, self._exported(predictions))
            }
            return ModelFnOps(
                mode,
                predictions,
                loss,
                train_op,
                metrics,
                outputs,
            )

    def _exported(self, predictions):
        return predictions

    def _metrics(self, predictions, labels, weights):
        return {}


class _RegressionHead(Head):
    """Numbers; squared error, unless another loss of labels and logits is given."""

    _scope = "regression_head"

    def __init__(self, label_dimension, link_fn, loss_fn, *rest):
        super().__init__(ProblemType.LINEAR_REGRESSION, label_dimension, *rest)
        self._link_fn, self._loss_fn = link_fn or tf.identity, loss_fn

    def _predictions(self, logits):
        if self.logits_dimension == 1:
            logits = tf.squeeze(logits, axis=[1], name="scores")
        return {"scores": self._link_fn(logits)}

    def _loss(self, labels, logits, weights):
        labels = tf.cast(_column(labels), tf.float32)
        logits.shape.assert_is_compatible_with(labels.shape)
        return _weighted(self._loss_fn(labels, logits), weights)


class _BinaryHead(Head):
    """Classes 0 and 1; the sigmoid's cross entropy."""

    _scope = "binary_logistic_head"

    def __init__(self, loss_fn, thresholds, *rest):
        super().__init__(ProblemType.LOGISTIC_REGRESSION, 1, *rest)
        self._loss_fn, self._thresholds = loss_fn, tuple(thresholds or (0.5,))

    def _loss(self, labels, logits, weights):
        labels = tf.cast(_column(labels), tf.float32)
        if self._loss_fn is not None:
            return _weighted(self._loss_fn(labels, logits), weights)
        loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        return _weighted(loss, weights)

    def _predictions(self, logits):
        with tf.name_scope(None, "predictions"):
            both = tf.concat([tf.zeros_like(logits), logits], 1)
            return {
                "logits": logits,
                "logistic": tf.sigmoid(logits, name="logistic"),
                "probabilities": tf.nn.softmax(both, name="probabilities"),
                "classes": tf.argmax(both, 1, name="classes"),
            }

    def _exported(self, predictions):
        return _classification(predictions)

    def _metrics(self, predictions, labels, weights):
        logistic, labels = predictions["logistic"], _column(labels)
        mean = tf.metrics.mean(tf.cast(labels, tf.float32), weights)
        metrics = {
            "accuracy": tf.metrics.accuracy(
                labels, _column(predictions["classes"]), weights
            ),
            "labels/prediction_mean": tf.metrics.mean(logistic, weights),
            "labels/actual_label_mean": mean,
            "accuracy/baseline_label_mean": mean,
            "auc": tf.metrics.auc(labels, logistic, weights),
            "auc_precision_recall": tf.metrics.auc(
                labels, logistic, weights, curve="PR"
            ),
        }
        labels = tf.cast(labels, tf.float32)
        metrics.update(at_thresholds(labels, logistic, weights, self._thresholds, _AT))
        return metrics


class _SvmHead(_BinaryHead):
    """Classes 0 and 1; the hinge loss."""

    _scope = "binary_svm_head"

    def _loss(self, labels, logits, weights):
        loss = tf.losses.hinge_loss(
            tf.reshape(labels, [-1, 1]), logits, reduction=tf.losses.Reduction.NONE
        )
        return _weighted(loss, weights)

    def _predictions(self, logits):
        both = tf.concat([tf.zeros_like(logits), logits], 1)
        return {"logits": logits, "classes": tf.argmax(both, 1, name="classes")}

    def _exported(self, predictions):
        return predictions

    def _metrics(self, predictions, labels, weights):
        classes = _column(predictions["classes"])
        return {"accuracy": tf.metrics.accuracy(_column(labels), classes, weights)}


def _classification(predictions, words=None):
    probabilities = predictions["probabilities"]
    words = words or tf.as_string(tf.range(tf.shape(probabilities)[1]))
    rows = [tf.shape(probabilities)[0], 1]
    return {
        "probabilities": probabilities,
        "classes": tf.tile(tf.expand_dims(words, 0), rows, name="classes_tensor"),
    }


class _MultiClassHead(Head):
    """One of more than two classes; the softmax's cross entropy."""

    _scope = "multi_class_head"

    def __init__(self, n_classes, loss_fn, label_keys, *rest):
        super().__init__(ProblemType.CLASSIFICATION, n_classes, *rest)
        self._loss_fn, self._words = loss_fn, label_keys

    def _loss(self, labels, logits, weights):
        if self._words:
            labels = lookup_ops.index_table_from_tensor(self._words).lookup(labels)
        if not labels.dtype.is_integer:
            raise ValueError(f"Expected labels of integers. Received: {labels.dtype}")
        if self._loss_fn is not None:
            return _weighted(self._loss_fn(labels, logits), weights)
        labels, flat = tf.reshape(labels, [-1]), labels.shape.ndims == 1
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=labels, logits=logits
        )
        return _weighted(loss if flat and weights is None else _column(loss), weights)

    def _predictions(self, logits):
        with tf.name_scope(None, "predictions"):
            classes = tf.argmax(logits, 1, name="classes")
            return {
                "logits": logits,
                "probabilities": tf.nn.softmax(logits, name="probabilities"),
                "classes": tf.gather(self._words, classes) if self._words else classes,
            }

    def _exported(self, predictions):
        return _classification(predictions, self._words)

    def _metrics(self, predictions, labels, weights):
        classes = _column(predictions["classes"])
        return {"accuracy": tf.metrics.accuracy(_column(labels), classes, weights)}


class _MultiLabelHead(Head):
    """Any number of classes; labels are [B, n_classes] of 0 and 1."""

    _scope = "multi_label_head"

    def __init__(self, n_classes, loss_fn, *rest):
        super().__init__(ProblemType.CLASSIFICATION, n_classes, *rest)
        self._loss_fn = loss_fn

    def _labels(self, labels):
        labels = labels[self.label_name] if isinstance(labels, dict) else labels
        if isinstance(labels, tf.SparseTensor):
            return tf.sparse_to_indicator(labels, self.logits_dimension)
        return tf.convert_to_tensor(labels)

    def _loss(self, labels, logits, weights):
        labels = tf.cast(labels, tf.float32)
        if self._loss_fn is not None:
            return _weighted(self._loss_fn(labels, logits), weights)
        loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        return _weighted(loss, weights)

    def _predictions(self, logits):
        with tf.name_scope(None, "predictions"):
            return {
                "logits": logits,
                "probabilities": tf.sigmoid(logits, name="probabilities"),
                "classes": tf.cast(logits > 0, tf.int64, name="classes"),
            }

    def _exported(self, predictions):
        return _classification(predictions)

    def _metrics(self, predictions, labels, weights):
        probabilities = predictions["probabilities"]
        classes = predictions["classes"]
        return {
            "accuracy": tf.metrics.accuracy(labels, classes, weights),
            "auc": tf.metrics.auc(labels, probabilities, weights),
            "auc_precision_recall": tf.metrics.auc(
                labels, probabilities, weights, curve="PR"
            ),
        }


def regression_head(
    label_name=None,
    weight_column_name=None,
    label_dimension=1,
    enable_centered_bias=False,
    head_name=None,
    link_fn=None,
):
    """A head for numbers, with the squared error."""
    rest = label_name, weight_column_name, enable_centered_bias, head_name
    return _RegressionHead(label_dimension, link_fn, tf.squared_difference, *rest)


def poisson_regression_head(
    label_name=None,
    weight_column_name=None,
    label_dimension=1,
    enable_centered_bias=False,
    head_name=None,
):
    """A head for counts, with Poisson's loss."""

    def loss_fn(labels, logits):
        return tf.nn.log_poisson_loss(
            targets=labels, log_input=logits, compute_full_loss=True
        )

    rest = label_name, weight_column_name, enable_centered_bias, head_name
    return _RegressionHead(label_dimension, tf.exp, loss_fn, *rest)


def multi_class_head(
    n_classes,
    label_name=None,
    weight_column_name=None,
    enable_centered_bias=False,
    head_name=None,
    thresholds=None,
    metric_class_ids=None,
    loss_fn=None,
    label_keys=None,
):
    """A head for one of `n_classes` classes. Metrics of single classes are left out."""
    if n_classes is None or n_classes < 2:
        raise ValueError(f"Expected n_classes above 1. Received: {n_classes}")
    rest = label_name, weight_column_name, enable_centered_bias, head_name
    if n_classes == 2:
        if metric_class_ids or label_keys:
            raise ValueError(
                "Expected neither metric_class_ids nor label_keys for two classes."
            )
        return _BinaryHead(loss_fn, thresholds, *rest)
    return _MultiClassHead(n_classes, loss_fn, label_keys, *rest)


def binary_svm_head(
    label_name=None,
    weight_column_name=None,
    enable_centered_bias=False,
    head_name=None,
    thresholds=None,
):
    """A head for two classes, with the hinge loss."""
    rest = label_name, weight_column_name, enable_centered_bias, head_name
    return _SvmHead(None, thresholds, *rest)


def multi_label_head(
    n_classes,
    label_name=None,
    weight_column_name=None,
    enable_centered_bias=False,
    head_name=None,
    thresholds=None,
    metric_class_ids=None,
    loss_fn=None,
):
    """A head for any of `n_classes` classes. Metrics of single classes are left out."""
    if n_classes is None or n_classes < 2:
        raise ValueError(f"Expected n_classes above 1. Received: {n_classes}")
    rest = label_name, weight_column_name, enable_centered_bias, head_name
    return _MultiLabelHead(n_classes, loss_fn, *rest)


def no_op_train_fn(loss):
    """A training step that does nothing."""
    return tf.no_op()
