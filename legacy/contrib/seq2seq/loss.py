"""Weighted cross entropy of a batch of sequences."""

import tensorflow.compat.v1 as tf


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
    """Logits [B, T, V], targets and weights [B, T]; averages divide by the weights,
    sums by the number of those that aren't 0; with an average there is no sum.

    A scalar, [T], [B] or [B, T], as the flags leave axes. 1.0 had no sums: there the
    sixth argument was `softmax_loss_function` (told apart: it is a function, or name
    a string). ValueError for wrong ranks or two reductions of one axis.
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
            from legacy.contrib.legacy_seq2seq import _losses

            losses = _losses(softmax_loss_function, flat_targets, flat)
        losses = tf.reshape(losses, tf.shape(logits)[:2]) * weights
        averaged = [
            axis
            for axis, wanted in enumerate(
                [average_across_batch, average_across_timesteps]
            )
            if wanted
        ]
        summed = [
            axis
            for axis, wanted in enumerate([sum_over_batch, sum_over_timesteps])
            if wanted
        ]
        if averaged:
            losses = tf.reduce_sum(losses, averaged)
            losses /= tf.reduce_sum(weights, averaged) + 1e-12
        elif summed:
            losses = tf.reduce_sum(losses, summed)
            count = tf.reduce_sum(tf.cast(tf.sign(weights), losses.dtype), summed)
            losses /= count + 1e-12
        return losses
