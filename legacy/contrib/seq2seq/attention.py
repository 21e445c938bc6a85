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
    "_BaseAttentionMechanism",
    "_bahdanau_score",
    "_luong_score",
    "_maybe_mask_score",
    "_prepare_memory",
    "_zero_state_tensors",
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


def _prepare_memory(
    memory, memory_sequence_length=None, memory_mask=None, check_inner_dims_defined=True
):
    """The nested memory [B, L, D], with zeros where it is not valid.

    The valid places are those before the end of each row, or those of a mask [B, L].
    """
    memory = nest.map_structure(
        lambda tensor: tf.convert_to_tensor(tensor, name="memory"), memory
    )
    lengths, valid = memory_sequence_length, memory_mask
    if lengths is not None:
        lengths = tf.convert_to_tensor(lengths, name="memory_sequence_length")
    for tensor in nest.flatten(memory) if check_inner_dims_defined else ():
        if not tensor.shape[2:].is_fully_defined():
            raise ValueError(
                "Expected memory with known sizes after [batch, time]. Received: "
                f"{tensor.shape}"
            )
    first = nest.flatten(memory)[0]
    if lengths is not None:
        valid = tf.sequence_mask(lengths, tf.shape(first)[1], dtype=first.dtype)
    elif valid is not None:
        valid = tf.cast(valid, first.dtype)
    else:
        return memory

    def mask(tensor):
        rank = tf.rank(tensor) if tensor.shape.ndims is None else tensor.shape.ndims
        ones = tf.ones(rank - 2, tf.int32)
        masked = tensor * tf.reshape(valid, tf.concat([tf.shape(valid), ones], 0))
        masked.set_shape(tensor.shape)
        return masked

    return nest.map_structure(mask, memory)


def _maybe_mask_score(
    score, memory_sequence_length=None, memory_mask=None, score_mask_value=None
):
    """The score [B, L], with `score_mask_value` where the memory is not valid.

    Up to 1.13 the value was the third argument.
    """
    valid = memory_mask
    if valid is not None and score_mask_value is None and not tf.is_tensor(valid):
        valid, score_mask_value = None, valid
    if memory_sequence_length is not None:
        positive = tf.assert_positive(
            memory_sequence_length,
            message="All memory lengths must be greater than zero.",
        )
        with tf.control_dependencies([positive]):
            valid = tf.sequence_mask(memory_sequence_length, tf.shape(score)[1])
    if valid is None:
        return score
    barred = score_mask_value * tf.ones_like(score)
    return tf.where(valid, score, barred)


class _BaseAttentionMechanism(AttentionMechanism):
    """Keys and values from a memory, scores to probabilities over it.

    Mechanisms of users derive from it, and use its attributes: the names are 1.15's.
    `probability_fn(score, state)` gets masked scores.
    """

    _scope = None

    def __init__(
        self,
        query_layer,
        memory,
        probability_fn,
        memory_sequence_length=None,
        memory_layer=None,
        check_inner_dims_defined=True,
        score_mask_value=None,
        custom_key_value_fn=None,
        name=None,
    ):
        self._query_layer, self._memory_layer = query_layer, memory_layer
        values = nest.flatten(memory)
        self.dtype = (memory_layer or tf.convert_to_tensor(values[0])).dtype
        value = -np.inf if score_mask_value is None else score_mask_value
        self._probability_fn = lambda score, state: probability_fn(
            _maybe_mask_score(score, memory_sequence_length, None, value), state
        )
        with tf.name_scope(name, "BaseAttentionMechanismInit", values):
            self._values = _prepare_memory(
                memory,
                memory_sequence_length,
                check_inner_dims_defined=check_inner_dims_defined,
            )
            self._keys = memory_layer(self._values) if memory_layer else self._values
            if custom_key_value_fn is not None:
                self._keys, self._values = custom_key_value_fn(self._keys, self._values)
            self._batch_size, self._alignments_size = (
                tf.dimension_value(self._keys.shape[axis]) or tf.shape(self._keys)[axis]
                for axis in (0, 1)
            )

    @property
    def memory_layer(self):
        return self._memory_layer

    @property
    def query_layer(self):
        return self._query_layer

    @property
    def keys(self):
        return self._keys

    @property
    def values(self):
        return self._values

    @property
    def batch_size(self):
        return self._batch_size

    @property
    def alignments_size(self):
        return self._alignments_size

    @property
    def state_size(self):
        return self.alignments_size

    def initial_alignments(self, batch_size, dtype):
        """Before the first step: zeros [B, L]."""
        return _zero_state_tensors(self._alignments_size, batch_size, dtype)

    def initial_state(self, batch_size, dtype):
        return self.initial_alignments(batch_size, dtype)

    def __call__(self, query, state):
        with tf.variable_scope(None, self._scope, [query]):
            score = self._score(query)
        alignments = self._probability_fn(score, state)
        return alignments, alignments


def _bahdanau_score(
    processed_query, keys, attention_v, attention_g=None, attention_b=None
):
    """v · tanh(keys + query), [B, L]; with g and b, v is normalised.

    Up to 1.13 the third argument was `normalize`, and the function made the variables.
    """
    query, v, g, b = processed_query, attention_v, attention_g, attention_b
    if isinstance(attention_v, bool):
        v, g, b = _additive_variables(
            tf.dimension_value(keys.shape[2]), query.dtype, attention_v
        )
    query = tf.expand_dims(query, 1)
    if g is None or b is None:
        return tf.reduce_sum(v * tf.tanh(keys + query), [2])
    direction = g * v * tf.rsqrt(tf.reduce_sum(tf.square(v)))
    return tf.reduce_sum(direction * tf.tanh(keys + query + b), [2])


def _additive_variables(units, dtype, normalize):
    """The variables v, g and b; g and b are None unless v is normalised."""
    v = tf.get_variable("attention_v", [units], dtype)
    if not normalize:
        return v, None, None
    start = tf.constant_initializer(math.sqrt(1.0 / units))
    g = tf.get_variable("attention_g", [], dtype, start)
    b = tf.get_variable("attention_b", [units], dtype, tf.zeros_initializer())
    return v, g, b


class Additive:
    """Bahdanau et al. 2014: v · tanh(keys + W query).

    v may be normalised (Salimans & Kingma 2016).
    """

    def _additive(self, query):
        processed = self.query_layer(query) if self.query_layer else query
        variables = _additive_variables(self._num_units, query.dtype, self._normalize)
        return _bahdanau_score(processed, self._keys, *variables)


def _luong_score(query, keys, scale):
    """query · keys, [B, L], times `scale` unless it is None.

    Up to 1.13 `scale` was a boolean, and the function made the variable.
    """
    depth = tf.dimension_value(query.shape[-1])
    units = tf.dimension_value(keys.shape[-1])
    if depth != units:
        raise ValueError(
            f"Expected num_units as wide as the query ({depth}). "
            f"Received: num_units={units}"
        )
    if isinstance(scale, bool):
        scale = _luong_scale(query.dtype) if scale else None
    product = tf.matmul(tf.expand_dims(query, 1), keys, transpose_b=True)
    score = tf.squeeze(product, [1])
    return score if scale is None else scale * score


def _luong_scale(dtype):
    return tf.get_variable("attention_g", [], dtype, tf.ones_initializer())


class Multiplicative:
    """Luong et al. 2015, "general": query · keys, or this times a learnt scale."""

    def _multiplicative(self, query):
        scale = _luong_scale(query.dtype) if self._scale else None
        return _luong_score(query, self._keys, scale)


def _memoryless(probability_fn):
    """Makes a function of the score one of (score, previous probabilities)."""
    return lambda score, _: (probability_fn or tf.nn.softmax)(score)


class BahdanauAttention(Additive, _BaseAttentionMechanism):
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
            query_layer=dense(num_units, "query_layer", dtype),
            memory_layer=dense(num_units, "memory_layer", dtype),
            memory=memory,
            probability_fn=_memoryless(probability_fn),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units, self._normalize, self._name = num_units, normalize, name

    def _score(self, query):
        return self._additive(query)


class LuongAttention(Multiplicative, _BaseAttentionMechanism):
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
            query_layer=None,
            memory_layer=dense(num_units, "memory_layer", dtype or tf.float32),
            memory=memory,
            probability_fn=_memoryless(probability_fn),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units, self._scale, self._name = num_units, scale, name

    def _score(self, query):
        return self._multiplicative(query)


def hardmax(logits, name=None):
    """One-hot of the largest logit, the same shape."""
    with tf.name_scope(name, "Hardmax", [logits]):
        logits = tf.convert_to_tensor(logits, name="logits")
        depth = tf.dimension_value(logits.shape[-1]) or tf.shape(logits)[-1]
        return tf.one_hot(tf.argmax(logits, -1), depth, dtype=logits.dtype)
