"""Weighted cross entropy of a batch of sequences."""

import tensorflow.compat.v1 as tf

__all__ = [
    "sequence_loss",
]


def sequence_loss(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    average_across_batch=True,
    sum_over_timesteps=False,
    sum_over_batch=False,
    softmax_loss_function=None,
    name=None,
):
    """Cross entropy of logits [B, T, V]; targets and weights are [B, T].

    Averages divide by the sum of the weights, sums by the number of weights that are
    not 0. If there is an average, there is no sum. The flags decide which axes are
    left: the result is a scalar, [T], [B] or [B, T]. Release 1.0 had no sums: its sixth
    argument was `softmax_loss_function`, which is told apart by its type. ValueError
    for wrong ranks, or for an average and a sum over one axis.
    """
    if callable(sum_over_timesteps):
        sum_over_timesteps, softmax_loss_function = False, sum_over_timesteps
    if len(logits.shape) != 3 or len(targets.shape) != 2 or len(weights.shape) != 2:
        raise ValueError(
            "Expected logits [batch, time, classes], targets and weights [batch, "
            f"time]. Received: {logits.shape}, {targets.shape}, {weights.shape}"
        )
    for axis, average, total in (
        ("timesteps", average_across_timesteps, sum_over_timesteps),
        ("batch", average_across_batch, sum_over_batch),
    ):
        if average and total:
            raise ValueError(
                f"Expected an average or a sum over {axis}. Received: both"
            )
    with tf.name_scope(name, "sequence_loss", [logits, targets, weights]):
        flat = tf.reshape(logits, [-1, tf.shape(logits)[2]])
        flat_targets = tf.reshape(targets, [-1])
        if softmax_loss_function is None:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=flat_targets, logits=flat
            )
        else:
            from legacy.contrib.legacy_seq2seq.losses import loss_of

            losses = loss_of(softmax_loss_function, flat_targets, flat)
        losses *= tf.reshape(weights, [-1])
        averages = average_across_batch, average_across_timesteps
        # With an average there is no sum.
        wanted = averages if any(averages) else (sum_over_batch, sum_over_timesteps)
        axes = [axis for axis in (0, 1) if wanted[axis]]
        if len(axes) < 2:
            losses = tf.reshape(losses, tf.shape(logits)[0:2])
        if not axes:
            return losses
        axes = axes if len(axes) == 1 else None
        losses = tf.reduce_sum(losses, axes)
        if any(averages):
            return tf.div_no_nan(losses, tf.reduce_sum(weights, axes))
        count = tf.cast(tf.count_nonzero(weights, axes), losses.dtype)
        return tf.div_no_nan(losses, count)
