"""What a model is trained towards: label columns with their loss."""

import tensorflow.compat.v1 as tf

__all__ = [
    "multi_class_target",
    "regression_target",
]


class _Target:
    """Labels, maybe weighted: losses of (logits, target, features), predictions."""

    def __init__(self, loss, outputs, label_name, weight_column_name):
        self._loss, self.num_label_columns = loss, outputs
        self.label_name, self.weight_column_name = label_name, weight_column_name

    def logits_to_predictions(self, logits, proba=False):
        """Class numbers, or their probabilities; for a regression the logits."""
        raise NotImplementedError

    def _weighted(self, logits, target, features):
        """The examples' losses, and their weights or None."""
        if isinstance(target, dict):
            target = target[self.label_name]
        losses = self._loss(logits, target)
        if self.weight_column_name is None:
            return losses, None
        weights = tf.cast(features[self.weight_column_name], tf.float32)
        weights = tf.reshape(weights, [-1])
        return tf.reshape(losses, [-1]) * weights, weights

    def loss(self, logits, target, features):
        """The mean of the losses, weighted if there are weights."""
        losses, weights = self._weighted(logits, target, features)
        if weights is None:
            return tf.reduce_mean(losses, name="loss")
        return tf.divide(tf.reduce_sum(losses), tf.reduce_sum(weights), name="loss")

    def training_loss(self, logits, target, features, name="training_loss"):
        """The mean of the losses times their weights, if there are any."""
        losses, _ = self._weighted(logits, target, features)
        return tf.reduce_mean(losses, name=name)


class _Regression(_Target):
    def logits_to_predictions(self, logits, proba=False):
        return tf.squeeze(logits, [1]) if self.num_label_columns == 1 else logits


class _Classes(_Target):
    def logits_to_predictions(self, logits, proba=False):
        if self.num_label_columns == 1:
            logits = tf.concat([tf.zeros_like(logits), logits], 1)
        return tf.nn.softmax(logits) if proba else tf.argmax(logits, 1)


def _squared(logits, target):
    if target.shape.ndims == 1:
        target = tf.expand_dims(target, 1)
    return tf.square(logits - tf.cast(target, tf.float32))


def _two_classes(logits, target):
    if target.shape.ndims == 1:
        target = tf.expand_dims(target, 1)
    return tf.nn.sigmoid_cross_entropy_with_logits(
        labels=tf.cast(target, tf.float32), logits=logits
    )


def _many_classes(logits, target):
    if target.shape.ndims == 2:
        target = tf.squeeze(target, [1])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits)


def regression_target(label_name=None, weight_column_name=None, label_dimension=1):
    """Squared error of `label_dimension` numbers."""
    return _Regression(_squared, label_dimension, label_name, weight_column_name)


def multi_class_target(n_classes, label_name=None, weight_column_name=None):
    """Cross entropy of `n_classes` >= 2 classes (one logit for two of them)."""
    if n_classes < 2:
        raise ValueError(f"Expected n_classes of at least 2. Received: {n_classes}")
    loss = _two_classes if n_classes == 2 else _many_classes
    outputs = 1 if n_classes == 2 else n_classes
    return _Classes(loss, outputs, label_name, weight_column_name)
