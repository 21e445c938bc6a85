"""`tf.contrib.sparsemax`: Martins & Astudillo 2016, a softmax with zeros."""

import tensorflow.compat.v1 as tf

NAMES = {name: f"{__name__}:{name}" for name in ("sparsemax", "sparsemax_loss")}


def sparsemax(logits, name=None):
    """The point of the simplex nearest to each row of `logits` [B, K]."""
    with tf.name_scope(name, "sparsemax", [logits]):
        logits = tf.convert_to_tensor(logits)
        size = tf.shape(logits)[1]
        ordered = tf.nn.top_k(logits, k=size).values
        sums = tf.cumsum(ordered, axis=1)
        rank = tf.range(1, tf.cast(size, logits.dtype) + 1, dtype=logits.dtype)
        count = tf.reduce_sum(tf.cast(1 + rank * ordered > sums, tf.int32), 1)
        place = tf.stack([tf.range(tf.shape(logits)[0]), tf.maximum(count, 1) - 1], 1)
        threshold = (tf.gather_nd(sums, place) - 1) / tf.cast(count, logits.dtype)
        found = tf.maximum(tf.cast(0, logits.dtype), logits - threshold[:, tf.newaxis])
        bad = tf.equal(count, 0) | tf.is_nan(sums[:, -1])
        return tf.where(bad, tf.fill(tf.shape(logits), float("nan")), found)


def sparsemax_loss(logits, sparsemax, labels, name=None):
    """The loss whose gradient is sparsemax - labels; all [B, K], the result [B]."""
    with tf.name_scope(name, "sparsemax_loss", [logits, sparsemax, labels]):
        support = sparsemax > 0
        inner = sparsemax * (logits - 0.5 * sparsemax)
        inner = tf.where(support, inner, tf.zeros_like(inner))
        towards = labels * (0.5 * labels - logits)
        towards = tf.where(tf.equal(labels, 0), tf.zeros_like(towards), towards)
        return tf.reduce_sum(inner + towards, 1)
