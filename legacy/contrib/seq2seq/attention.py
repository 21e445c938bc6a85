"""Attention mechanisms: from a query to probabilities over a memory."""

import abc
import math

import numpy as np
import tensorflow.compat.v1 as tf
from tf_keras.src.layers.rnn.legacy_cells import _zero_state_tensors

__all__ = [
    "AttentionMechanism",
    "BahdanauAttention",
    "LuongAttention",
    "hardmax",
]

nest = tf.nest


class AttentionMechanism(abc.ABC):
    """mechanism(query, state) -> (alignments [B, L], next state)."""

    @abc.abstractmethod
    def __call__(self, query, state):
        """One reading."""

    @property
    def alignments_size(self):
        raise NotImplementedError

    @property
    def state_size(self):
        raise NotImplementedError


def dense(units, name, dtype):
    return tf.layers.Dense(units, name=name, use_bias=False, dtype=dtype)


def _masked_memory(memory, lengths, check_depth=True):
    """The nested memory [B, L, D], with zeros after the end of each row's sequence."""
    memory = nest.map_structure(
        lambda tensor: tf.convert_to_tensor(tensor, name="memory"), memory
    )
    for tensor in nest.flatten(memory) if check_depth else ():
        if not tensor.shape[2:].is_fully_defined():
            raise ValueError(
                "Expected memory with known sizes after [batch, time]. Received: "
                f"{tensor.shape}"
            )
    if lengths is None:
        return memory
    first = nest.flatten(memory)[0]
    valid = tf.sequence_mask(lengths, tf.shape(first)[1], dtype=first.dtype)

    def mask(tensor):
        rank = tf.rank(tensor) if tensor.shape.ndims is None else tensor.shape.ndims
        ones = tf.ones(rank - 2, tf.int32)
        masked = tensor * tf.reshape(valid, tf.concat([tf.shape(valid), ones], 0))
        masked.set_shape(tensor.shape)
        return masked

    return nest.map_structure(mask, memory)


class Attention(AttentionMechanism):
    """Keys and values from a memory, scores to probabilities over it."""

    _scope = None

    def __init__(
        self,
        memory,
        lengths,
        memory_layer,
        query_layer,
        probability_fn,
        score_mask_value,
        name,
        custom_key_value_fn=None,
    ):
        self.query_layer, self.memory_layer = query_layer, memory_layer
        self.dtype = memory_layer.dtype
        with tf.name_scope(name, "BaseAttentionMechanismInit", nest.flatten(memory)):
            self._lengths = None
            if lengths is not None:
                self._lengths = tf.convert_to_tensor(
                    lengths, name="memory_sequence_length"
                )
            self._values = _masked_memory(memory, self._lengths)
            self._keys = memory_layer(self._values)
            if custom_key_value_fn is not None:
                self._keys, self._values = custom_key_value_fn(self._keys, self._values)
            self._batch, self._places = (
                tf.dimension_value(self._keys.shape[axis]) or tf.shape(self._keys)[axis]
                for axis in (0, 1)
            )
        self._probability_fn = probability_fn
        self._mask_value = -np.inf if score_mask_value is None else score_mask_value

    @property
    def keys(self):
        return self._keys

    @property
    def values(self):
        return self._values

    @property
    def batch_size(self):
        return self._batch

    @property
    def alignments_size(self):
        return self._places

    @property
    def state_size(self):
        return self.alignments_size

    def initial_alignments(self, batch_size, dtype):
        """Before the first step: zeros [B, L]."""
        return _zero_state_tensors(self._places, batch_size, dtype)

    def initial_state(self, batch_size, dtype):
        return self.initial_alignments(batch_size, dtype)

    def __call__(self, query, state):
        with tf.variable_scope(None, self._scope, [query]):
            score = self._score(query)
        if self._lengths is not None:
            positive = tf.assert_positive(
                self._lengths, message="All memory lengths must be greater than zero."
            )
            with tf.control_dependencies([positive]):
                valid = tf.sequence_mask(self._lengths, tf.shape(score)[1])
            barred = self._mask_value * tf.ones_like(score)
            score = tf.where(valid, score, barred)
        alignments = self._probability_fn(score, state)
        return alignments, alignments


class Additive:
    """Bahdanau et al. 2014: v · tanh(keys + W query).

    v may be normalised (Salimans & Kingma 2016).
    """

    def _additive(self, query, biases=()):
        query = self.query_layer(query)
        units = tf.dimension_value(query.shape[1])
        v = tf.get_variable("attention_v", [units], query.dtype)
        if not self._normalize:
            query = tf.expand_dims(query, 1)
            return tf.reduce_sum(v * tf.tanh(self._keys + query), [2])
        g = tf.get_variable(
            "attention_g",
            [],
            query.dtype,
            tf.constant_initializer(math.sqrt(1.0 / units)),
        )
        b = tf.get_variable("attention_b", [units], query.dtype, tf.zeros_initializer())
        query = tf.expand_dims(query, 1)
        direction = g * v * tf.rsqrt(tf.reduce_sum(tf.square(v)))
        return tf.reduce_sum(direction * tf.tanh(self._keys + query + b), [2])


class Multiplicative:
    """Luong et al. 2015, "general": query · keys, or this times a learnt scale."""

    def _multiplicative(self, query):
        depth = tf.dimension_value(query.shape[-1])
        units = tf.dimension_value(self._keys.shape[-1])
        if depth != units:
            raise ValueError(
                f"Expected num_units as wide as the query ({depth}). "
                f"Received: num_units={units}"
            )
        scale = None
        if self._scale:
            scale = tf.get_variable(
                "attention_g", [], query.dtype, tf.ones_initializer()
            )
        product = tf.matmul(tf.expand_dims(query, 1), self._keys, transpose_b=True)
        score = tf.squeeze(product, [1])
        return score if scale is None else scale * score


def _memoryless(probability_fn):
    """Makes a function of the score one of (score, previous probabilities)."""
    return lambda score, _: (probability_fn or tf.nn.softmax)(score)


class BahdanauAttention(Additive, Attention):
    """Additive attention.

    The variable memory_layer/kernel is in the scope that makes the object. The
    variables bahdanau_attention/{query_layer/kernel, attention_v, _g, _b} are in the
    cell's scope.
    """

    _scope = "bahdanau_attention"

    def __init__(
        self,
        num_units,
        memory,
        memory_sequence_length=None,
        normalize=False,
        probability_fn=None,
        score_mask_value=None,
        dtype=None,
        custom_key_value_fn=None,
        name="BahdanauAttention",
    ):
        dtype = dtype or tf.float32
        super().__init__(
            memory,
            memory_sequence_length,
            dense(num_units, "memory_layer", dtype),
            dense(num_units, "query_layer", dtype),
            _memoryless(probability_fn),
            score_mask_value,
            name,
            custom_key_value_fn,
        )
        self._normalize = normalize

    def _score(self, query):
        return self._additive(query)


class LuongAttention(Multiplicative, Attention):
    """Multiplicative attention.

    The variable memory_layer/kernel is in the scope that makes the object, the variable
    luong_attention/attention_g in the cell's scope.
    """

    _scope = "luong_attention"

    def __init__(
        self,
        num_units,
        memory,
        memory_sequence_length=None,
        scale=False,
        probability_fn=None,
        score_mask_value=None,
        dtype=None,
        custom_key_value_fn=None,
        name="LuongAttention",
    ):
        super().__init__(
            memory,
            memory_sequence_length,
            dense(num_units, "memory_layer", dtype or tf.float32),
            None,
            _memoryless(probability_fn),
            score_mask_value,
            name,
            custom_key_value_fn,
        )
        self._scale = scale

    def _score(self, query):
        return self._multiplicative(query)


def hardmax(logits, name=None):
    """One-hot of the largest logit, the same shape."""
    with tf.name_scope(name, "Hardmax", [logits]):
        logits = tf.convert_to_tensor(logits, name="logits")
        depth = tf.dimension_value(logits.shape[-1]) or tf.shape(logits)[-1]
        return tf.one_hot(tf.argmax(logits, -1), depth, dtype=logits.dtype)
