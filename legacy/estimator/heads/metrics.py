"""Metrics that several heads have."""

import tensorflow.compat.v1 as tf


def given(weights):
    """Weights as metrics take them: None for 1."""
    return None if isinstance(weights, float) else weights


def mean_of(values, weights):
    values = tf.cast(values, tf.float32)
    if not isinstance(weights, float):
        weights = tf.broadcast_to(weights, tf.shape(values))
    return tf.metrics.mean(values, weights)


def at_thresholds(labels, logistic, weights, thresholds, texts=None):
    """Accuracy, precision and recall of `logistic` above each threshold."""
    names = texts or tuple(
        f"{kind}/positive_threshold_%g" for kind in ("accuracy", "precision", "recall")
    )
    metrics = {}
    for threshold in thresholds:
        above = tf.cast(logistic >= threshold, tf.float32)
        accuracy, precision, recall = (name % threshold for name in names)
        metrics[accuracy] = tf.metrics.accuracy(labels, above, weights)
        for name, function in (
            (precision, tf.metrics.precision_at_thresholds),
            (recall, tf.metrics.recall_at_thresholds),
        ):
            value, update = function(labels, logistic, [threshold], weights)
            metrics[name] = tf.squeeze(value), tf.squeeze(update)
    return metrics
