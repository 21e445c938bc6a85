"""The weighted cross entropy of lists of steps."""

import inspect

import tensorflow.compat.v1 as tf

__all__ = [
    "sequence_loss",
    "sequence_loss_by_example",
]


def loss_of(function, target, logit):
    """Calls a user's softmax_loss_function as its release did.

    Releases from 1.1 call it by the names labels and logits, 1.0 with (labels, logits),
    and up to 0.12 with (logits, labels). The names of its parameters tell which.
    """
    names = list(inspect.signature(function).parameters)
    if {"labels", "logits"} <= set(names):
        return function(labels=target, logits=logit)
    if names[:1] and names[0].startswith(("label", "target")):
        return function(target, logit)
    return function(logit, target)


def sequence_loss_by_example(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    softmax_loss_function=None,
    name=None,
):
    """Weighted cross entropy of each example, [B]; lists of [B, V], [B], [B].

    ValueError when the lists differ in length.
    """
    if not len(logits) == len(targets) == len(weights):
        raise ValueError(
            "Expected logits, targets and weights of one length. Received: "
            f"{len(logits)}, {len(targets)}, {len(weights)}"
        )
    with tf.name_scope(name, "sequence_loss_by_example", logits + targets + weights):
        losses = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                target = tf.reshape(target, [-1])
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
                    labels=target, logits=logit
                )
            else:
                loss = loss_of(softmax_loss_function, target, logit)
            losses.append(loss * weight)
        total = tf.add_n(losses)
        if average_across_timesteps:
            total /= tf.add_n(weights) + 1e-12
        return total


def sequence_loss(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    average_across_batch=True,
    softmax_loss_function=None,
    name=None,
):
    """The sum (or mean) over the batch of `sequence_loss_by_example`: a scalar."""
    with tf.name_scope(name, "sequence_loss", logits + targets + weights):
        cost = tf.reduce_sum(
            sequence_loss_by_example(
                logits,
                targets,
                weights,
                average_across_timesteps,
                softmax_loss_function,
            )
        )
        if average_across_batch:
            cost /= tf.cast(tf.shape(targets[0])[0], cost.dtype)
        return cost
