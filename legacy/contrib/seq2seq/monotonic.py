"""Attention mechanisms that only move forward over their memory."""

import functools

import numpy as np
import tensorflow.compat.v1 as tf

from legacy.contrib.seq2seq.attention import (
    Additive,
    Attention,
    Multiplicative,
    dense,
)

__all__ = [
    "BahdanauMonotonicAttention",
    "LuongMonotonicAttention",
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


def _monotonic_probability(score, previous, noise, mode, seed):
    if noise > 0:
        draw = tf.random_normal(tf.shape(score), dtype=score.dtype, seed=seed)
        score = score + noise * draw
    if mode == "hard":
        p = tf.cast(score > 0, score.dtype)
    else:
        p = tf.sigmoid(score)
    return monotonic_attention(p, previous, mode)


class _Monotonic(Attention):
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
            tf.constant_initializer(self._bias_start),
        )


class BahdanauMonotonicAttention(Additive, _Monotonic):
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
            memory,
            memory_sequence_length,
            dense(num_units, "memory_layer", dtype),
            dense(num_units, "query_layer", dtype),
            functools.partial(
                _monotonic_probability,
                noise=sigmoid_noise,
                mode=mode,
                seed=sigmoid_noise_seed,
            ),
            score_mask_value,
            name,
        )
        self._normalize, self._bias_start = normalize, score_bias_init

    def _score(self, query):
        score = self._additive(query)
        return score + self._bias(score.dtype)


class LuongMonotonicAttention(Multiplicative, _Monotonic):
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
            memory,
            memory_sequence_length,
            dense(num_units, "memory_layer", dtype or tf.float32),
            None,
            functools.partial(
                _monotonic_probability,
                noise=sigmoid_noise,
                mode=mode,
                seed=sigmoid_noise_seed,
            ),
            score_mask_value,
            name,
        )
        self._scale, self._bias_start = scale, score_bias_init

    def _score(self, query):
        score = self._multiplicative(query)
        return score + self._bias(score.dtype)
