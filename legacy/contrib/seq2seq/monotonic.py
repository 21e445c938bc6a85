"""Attention mechanisms that only move forward over their memory."""

import functools

import numpy as np
import tensorflow.compat.v1 as tf

from legacy.contrib.seq2seq.attention import (
    Additive,
    Multiplicative,
    _BaseAttentionMechanism,
    dense,
)

__all__ = [
    "BahdanauMonotonicAttention",
    "LuongMonotonicAttention",
    "_BaseMonotonicAttentionMechanism",
    "_monotonic_probability_fn",
    "monotonic_attention",
    "safe_cumprod",
]


def safe_cumprod(x, *args, **kwargs):
    """The cumulative product of x in [0, 1], computed by logarithms.

    Factors are at least the dtype's smallest normal number. Further arguments are those
    of `tf.cumsum`.
    """
    with tf.name_scope(None, "SafeCumprod", [x]):
        x = tf.convert_to_tensor(x, name="x")
        tiny = np.finfo(x.dtype.as_numpy_dtype).tiny
        return tf.exp(tf.cumsum(tf.log(tf.clip_by_value(x, tiny, 1)), *args, **kwargs))


def monotonic_attention(p_choose_i, previous_attention, mode):
    """Raffel et al. 2017: the probability of reading place j after `previous`.

    Both [B, L]. `mode`: "recursive" (their eq. 9), "parallel" (eq. 11, fast) or
    "hard" (0/1 choices, for inference); ValueError for another.
    """
    p = tf.convert_to_tensor(p_choose_i, name="p_choose_i")
    previous = tf.convert_to_tensor(previous_attention, name="previous_attention")
    if mode == "recursive":
        batch = tf.dimension_value(p.shape[0]) or tf.shape(p)[0]
        passed = tf.concat([tf.ones([batch, 1]), 1 - p[:, :-1]], 1)
        reached = tf.scan(
            lambda q, column: tf.reshape(column[0] * q + column[1], [batch]),
            [tf.transpose(passed), tf.transpose(previous)],
            tf.zeros([batch]),
        )
        return p * tf.transpose(reached)
    if mode == "parallel":
        skipped = safe_cumprod(1 - p, axis=1, exclusive=True)
        arrived = previous / tf.clip_by_value(skipped, 1e-10, 1.0)
        return p * skipped * tf.cumsum(arrived, axis=1)
    if mode == "hard":
        p = p * tf.cumsum(previous, axis=1)
        return p * tf.cumprod(1 - p, axis=1, exclusive=True)
    raise ValueError(
        f"Expected mode 'recursive', 'parallel' or 'hard'. Received: mode={mode!r}"
    )


def _monotonic_probability_fn(
    score, previous_alignments, sigmoid_noise, mode, seed=None
):
    """Probabilities of reading each place, [B, L], from scores with some noise."""
    if sigmoid_noise > 0:
        draw = tf.random_normal(tf.shape(score), dtype=score.dtype, seed=seed)
        score = score + sigmoid_noise * draw
    if mode == "hard":
        p = tf.cast(score > 0, score.dtype)
    else:
        p = tf.sigmoid(score)
    return monotonic_attention(p, previous_alignments, mode)


class _BaseMonotonicAttentionMechanism(_BaseAttentionMechanism):
    """Adds a learnt bias to the score; begins at the first place of the memory."""

    def initial_alignments(self, batch_size, dtype):
        return tf.one_hot(
            tf.zeros([batch_size], tf.int32), self.alignments_size, dtype=dtype
        )

    def _bias(self, dtype):
        return tf.get_variable(
            "attention_score_bias",
            [],
            dtype,
            tf.constant_initializer(self._score_bias_init),
        )


class BahdanauMonotonicAttention(Additive, _BaseMonotonicAttentionMechanism):
    """`BahdanauAttention` that only moves forward (Raffel et al. 2017)."""

    _scope = "bahdanau_monotonic_attention"

    def __init__(
        self,
        num_units,
        memory,
        memory_sequence_length=None,
        normalize=False,
        score_mask_value=None,
        sigmoid_noise=0.0,
        sigmoid_noise_seed=None,
        score_bias_init=0.0,
        mode="parallel",
        dtype=None,
        name="BahdanauMonotonicAttention",
    ):
        dtype = dtype or tf.float32
        super().__init__(
            query_layer=dense(num_units, "query_layer", dtype),
            memory_layer=dense(num_units, "memory_layer", dtype),
            memory=memory,
            probability_fn=functools.partial(
                _monotonic_probability_fn,
                sigmoid_noise=sigmoid_noise,
                mode=mode,
                seed=sigmoid_noise_seed,
            ),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units, self._name = num_units, name
        self._normalize, self._score_bias_init = normalize, score_bias_init

    def _score(self, query):
        score = self._additive(query)
        return score + self._bias(score.dtype)


class LuongMonotonicAttention(Multiplicative, _BaseMonotonicAttentionMechanism):
    """`LuongAttention` that only moves forward (Raffel et al. 2017)."""

    _scope = "luong_monotonic_attention"

    def __init__(
        self,
        num_units,
        memory,
        memory_sequence_length=None,
        scale=False,
        score_mask_value=None,
        sigmoid_noise=0.0,
        sigmoid_noise_seed=None,
        score_bias_init=0.0,
        mode="parallel",
        dtype=None,
        name="LuongMonotonicAttention",
    ):
        super().__init__(
            query_layer=None,
            memory_layer=dense(num_units, "memory_layer", dtype or tf.float32),
            memory=memory,
            probability_fn=functools.partial(
                _monotonic_probability_fn,
                sigmoid_noise=sigmoid_noise,
                mode=mode,
                seed=sigmoid_noise_seed,
            ),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units, self._name = num_units, name
        self._scale, self._score_bias_init = scale, score_bias_init

    def _score(self, query):
        score = self._multiplicative(query)
        return score + self._bias(score.dtype)
