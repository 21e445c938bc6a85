"""Sampling of examples by acceptance, by class, and by weight.

Random numbers differ from those of the old releases; distributions do not.
"""

import numpy as np
import tensorflow.compat.v1 as tf

__all__ = [
    "rejection_sample",
    "resample_at_rate",
    "stratified_sample",
    "weighted_resample",
]


def _listed(tensors):
    keys = sorted(tensors) if isinstance(tensors, dict) else None
    parts = [tensors[key] for key in keys] if keys else tensors
    parts = parts if isinstance(parts, list | tuple) else [parts]
    return keys, [tf.convert_to_tensor(part) for part in parts]


def _like(keys, values):
    return dict(zip(keys, values, strict=True)) if keys else list(values)


def rejection_sample(
    tensors,
    accept_prob_fn,
    batch_size,
    queue_threads=1,
    enqueue_many=False,
    prebatch_capacity=16,
    prebatch_threads=1,
    runtime_checks=False,
    name=None,
):
    """Batches of the examples that a draw with ``accept_prob_fn(tensors)`` accepts.

    Args:
      tensors: a list or dict of tensors: one example, or many with ``enqueue_many``.
      accept_prob_fn: probability of keeping, in [0, 1], of one example.

    Returns:
      Batched tensors, like ``tensors``.
    """
    keys, parts = _listed(tensors)
    with tf.name_scope(name, "rejection_sample", parts):
        if enqueue_many:
            # One example at a time, through a queue of its own.
            parts = tf.train.batch(
                parts, 1, prebatch_threads, prebatch_capacity, enqueue_many=True
            )
            parts = parts if isinstance(parts, list) else [parts]
            parts = [tf.squeeze(part, [0]) for part in parts]
        chance = accept_prob_fn(_like(keys, parts))
        if runtime_checks:
            checks = [
                tf.Assert((chance >= 0) & (chance <= 1), ["not a probability", chance])
            ]
            with tf.control_dependencies(checks):
                chance = tf.identity(chance)
        accepted = tf.random_uniform([]) < chance
        batch = tf.train.maybe_batch(
            parts, accepted, batch_size, num_threads=queue_threads
        )
        return _like(keys, batch if isinstance(batch, list) else [batch])


def stratified_sample(
    tensors,
    labels,
    target_probs,
    batch_size,
    init_probs=None,
    enqueue_many=False,
    queue_capacity=16,
    threads_per_queue=1,
    name=None,
):
    """Batches in which classes come with ``target_probs``.

    Args:
      tensors: a list of tensors: one example, or many with ``enqueue_many``.
      labels: its class, an integer; a vector with ``enqueue_many``.
      target_probs: probability of each class, summing to 1.
      init_probs: those of the incoming data; estimated on the way if not given.

    Returns:
      ``(list of batched tensors, labels [batch])``.
    """
    _, parts = _listed(tensors)
    target = np.asarray(target_probs, np.float32)
    if target.ndim != 1 or abs(target.sum() - 1) > 1e-5 or (target < 0).any():
        raise ValueError(
            "stratified_sample needs probabilities that sum to 1. "
            f"Received: target_probs={target_probs}"
        )
    with tf.name_scope(name, "stratified_sample", [*parts, labels]):
        labels = tf.convert_to_tensor(labels)
        if init_probs is None:
            seen = tf.Variable(
                tf.ones_like(target), trainable=False, name="class_counts"
            )
            hot = tf.one_hot(tf.reshape(labels, [-1]), len(target))
            counts = tf.assign_add(seen, tf.reduce_sum(hot, 0))
            init_probs = counts / tf.reduce_sum(counts)
        init_probs = tf.convert_to_tensor(init_probs, tf.float32)
        ratio = tf.where(
            init_probs > 0,
            target / tf.maximum(init_probs, 1e-30),
            tf.zeros_like(target),
        )
        accept = ratio / tf.reduce_max(ratio)

        def chance(example):
            return tf.gather(accept, example[-1])

        *batch, classes = rejection_sample(
            [*parts, labels],
            chance,
            batch_size,
            queue_threads=threads_per_queue,
            enqueue_many=enqueue_many,
            prebatch_capacity=queue_capacity,
        )
        return batch, classes


def resample_at_rate(inputs, rates, scope=None, seed=None, back_prop=False):
    """Each row of the list of tensors ``inputs`` repeated Poisson(``rates``) times.

    Returns the resampled tensors; their number of rows is random.
    """
    del back_prop
    with tf.name_scope(scope, "resample_at_rate", [*inputs, rates]):
        rates = tf.convert_to_tensor(rates, tf.float32)
        counts = tf.cast(tf.random_poisson(rates, [], seed=seed), tf.int32)
        rows = tf.repeat(tf.range(tf.size(counts)), counts)
        return [tf.gather(each, rows) for each in inputs]


def weighted_resample(
    inputs,
    weights,
    overall_rate,
    scope=None,
    mean_decay=0.999,
    warmup=10,
    seed=None,
):
    """Rows drawn in proportion to ``weights``, ``overall_rate`` of them on average.

    Returns:
      ``(resampled tensors, rates)``; the weights' mean is a moving one.
    """
    with tf.name_scope(scope, "weighted_resample", [*inputs, weights]):
        weights = tf.convert_to_tensor(weights, tf.float32)
        mean = tf.Variable(0.0, trainable=False, name="weights_mean")
        passes = tf.Variable(0.0, trainable=False, name="passes")
        number = tf.assign_add(passes, 1.0)
        # A plain mean at first, then one that decays.
        keep = tf.minimum(mean_decay, 1 - 1 / number)
        keep = tf.where(number <= warmup, 1 - 1 / number, keep)
        now = tf.assign(mean, keep * mean + (1 - keep) * tf.reduce_mean(weights))
        rates = overall_rate * weights / now
        return resample_at_rate(inputs, rates, seed=seed), rates
