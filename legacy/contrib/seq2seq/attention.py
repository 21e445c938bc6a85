"""Attention mechanisms, and the cell that reads through them."""

import abc
import collections
import functools
import math

import numpy as np
import tensorflow.compat.v1 as tf
from tf_keras.src.layers.rnn.legacy_cells import _zero_state_tensors

from legacy.contrib.framework.shapes import with_same_shape
from legacy.contrib.rnn.base import Plain

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


def _dense(units, name, dtype):
    return tf.layers.Dense(units, name=name, use_bias=False, dtype=dtype)


def _masked_memory(memory, lengths, check_depth=True):
    """Nested memory [B, L, D] with zeros past each row's length."""
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


class _Attention(AttentionMechanism):
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


class _Bahdanau:
    """Bahdanau et al. 2014: v · tanh(keys + W query), v normalised on demand
    (Salimans & Kingma 2016)."""

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


class _Luong:
    """Luong et al. 2015, "general": query · keys, maybe times a learnt scale."""

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
    """A probability function of (score, previous) out of one of the score."""
    return lambda score, _: (probability_fn or tf.nn.softmax)(score)


class BahdanauAttention(_Bahdanau, _Attention):
    """Additive attention. Variables memory_layer/kernel where it is made;
    bahdanau_attention/{query_layer/kernel, attention_v, _g, _b} in the cell."""

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
            _dense(num_units, "memory_layer", dtype),
            _dense(num_units, "query_layer", dtype),
            _memoryless(probability_fn),
            score_mask_value,
            name,
            custom_key_value_fn,
        )
        self._normalize = normalize

    def _score(self, query):
        return self._additive(query)


class LuongAttention(_Luong, _Attention):
    """Multiplicative attention. Variables memory_layer/kernel where it is made;
    luong_attention/attention_g in the cell."""

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
            _dense(num_units, "memory_layer", dtype or tf.float32),
            None,
            _memoryless(probability_fn),
            score_mask_value,
            name,
            custom_key_value_fn,
        )
        self._scale = scale

    def _score(self, query):
        return self._multiplicative(query)


def safe_cumprod(x, *args, **kwargs):
    """The cumulative product of x in [0, 1] by logs, no factor below the dtype's tiny;
    further arguments as those of `tf.cumsum`."""
    with tf.name_scope(None, "SafeCumprod", [x]):
        x = tf.convert_to_tensor(x, name="x")
        tiny = np.finfo(x.dtype.as_numpy_dtype).tiny
        return tf.exp(tf.cumsum(tf.log(tf.clip_by_value(x, tiny, 1)), *args, **kwargs))


def monotonic_attention(p_choose_i, previous_attention, mode):
    """Raffel et al. 2017: the chance of reading place j, having read `previous`.

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


class _Monotonic(_Attention):
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


class BahdanauMonotonicAttention(_Bahdanau, _Monotonic):
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
            _dense(num_units, "memory_layer", dtype),
            _dense(num_units, "query_layer", dtype),
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


class LuongMonotonicAttention(_Luong, _Monotonic):
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
            _dense(num_units, "memory_layer", dtype or tf.float32),
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


def hardmax(logits, name=None):
    """One-hot of the largest logit, the same shape."""
    with tf.name_scope(name, "Hardmax", [logits]):
        logits = tf.convert_to_tensor(logits, name="logits")
        depth = tf.dimension_value(logits.shape[-1]) or tf.shape(logits)[-1]
        return tf.one_hot(tf.argmax(logits, -1), depth, dtype=logits.dtype)


class AttentionWrapperState(
    collections.namedtuple(
        "AttentionWrapperState",
        (
            "cell_state",
            "attention",
            "time",
            "alignments",
            "alignment_history",
            "attention_state",
        ),
    )
):
    """The wrapped cell's state and what the wrapper remembers."""

    def clone(self, **kwargs):
        """A copy with some fields replaced by ones of the same shapes."""

        def checked(old, new):
            if isinstance(old, tf.Tensor) and isinstance(new, tf.Tensor):
                return with_same_shape(old, new)
            return new

        return nest.map_structure(checked, self, self._replace(**kwargs))


def _attend(mechanism, query, state, layer):
    """(attention, alignments, next state) of one mechanism."""
    alignments, state = mechanism(query, state=state)
    context = tf.matmul(tf.expand_dims(alignments, 1), mechanism.values)
    context = tf.squeeze(context, [1])
    if layer is not None:
        context = layer(tf.concat([query, context], 1))
    return context, alignments, state


class AttentionWrapper(Plain, tf.nn.rnn_cell.RNNCell):
    """A cell that reads [inputs, last attention] and attends with its output.

    Luong et al. 2015's attention vector: layer([output, context]) where
    `attention_layer_size` (or attention_layer) is given, else the context itself.
    One mechanism or a list of them; `output_attention` says which of attention and
    cell output is the output. Variables attention_layer/kernel and the mechanism's.
    """

    def __init__(
        self,
        cell,
        attention_mechanism,
        attention_layer_size=None,
        alignment_history=False,
        cell_input_fn=None,
        output_attention=True,
        initial_cell_state=None,
        name=None,
        attention_layer=None,
        attention_fn=None,
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        if attention_layer_size is not None and attention_layer is not None:
            raise ValueError(
                "Expected attention_layer_size or attention_layer. Received: both"
            )
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        mechanisms = (
            tuple(attention_mechanism) if self._is_multi else (attention_mechanism,)
        )
        for mechanism in mechanisms:
            if not isinstance(mechanism, AttentionMechanism):
                raise TypeError(
                    "Expected attention_mechanism as an AttentionMechanism or a list "
                    f"of them. Received: {mechanism!r}"
                )
        layers = _as_many(attention_layer, mechanisms, "attention_layer")
        sizes = _as_many(attention_layer_size, mechanisms, "attention_layer_size")
        self._cell, self._mechanisms = cell, mechanisms
        self._layers = [
            layer if size is None else _dense(size, "attention_layer", mechanism.dtype)
            for layer, size, mechanism in zip(layers, sizes, mechanisms, strict=True)
        ]
        self._attention_size = sum(
            tf.dimension_value(mechanism.values.shape[-1])
            if layer is None
            else size or _width(layer, mechanism, cell)
            for layer, size, mechanism in zip(
                self._layers, sizes, mechanisms, strict=True
            )
        )
        self._input_fn = cell_input_fn or (
            lambda inputs, attention: tf.concat([inputs, attention], -1)
        )
        self._history, self._gives_attention = alignment_history, output_attention
        self._attention_fn = attention_fn or _attend
        self._initial = None
        if initial_cell_state is not None:
            with tf.name_scope(name, "AttentionWrapperInit"):
                batch = _batch_of(nest.flatten(initial_cell_state)[-1])
                with tf.control_dependencies(self._same_batch(batch)):
                    self._initial = nest.map_structure(
                        lambda s: tf.identity(s, name="check_initial_cell_state"),
                        initial_cell_state,
                    )

    def _same_batch(self, batch):
        """Checks that the memories have as many rows."""
        return [
            tf.assert_equal(
                batch,
                mechanism.batch_size,
                message="The batch sizes of the memory and of the decoder differ. For "
                "a BeamSearchDecoder, tile memory and states with "
                "tf.contrib.seq2seq.tile_batch.",
            )
            for mechanism in self._mechanisms
        ]

    def _items(self, values):
        values = tuple(values)
        return values if self._is_multi else values[0]

    def _as_tuple(self, value):
        return value if self._is_multi else (value,)

    @property
    def output_size(self):
        return self._attention_size if self._gives_attention else self._cell.output_size

    @property
    def state_size(self):
        sizes = [m.alignments_size for m in self._mechanisms]
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            attention=self._attention_size,
            time=tf.TensorShape([]),
            alignments=self._items(sizes),
            alignment_history=self._items(
                size if self._history else () for size in sizes
            ),
            attention_state=self._items(m.state_size for m in self._mechanisms),
        )

    def zero_state(self, batch_size, dtype):
        with tf.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            cell_state = self._initial
            if cell_state is None:
                cell_state = self._cell.zero_state(batch_size, dtype)
            with tf.control_dependencies(self._same_batch(batch_size)):
                cell_state = nest.map_structure(
                    lambda s: tf.identity(s, name="checked_cell_state"), cell_state
                )
            alignments = [
                m.initial_alignments(batch_size, dtype) for m in self._mechanisms
            ]
            return AttentionWrapperState(
                cell_state=cell_state,
                time=tf.zeros([], tf.int32),
                attention=_zero_state_tensors(self._attention_size, batch_size, dtype),
                alignments=self._items(alignments),
                attention_state=self._items(
                    m.initial_state(batch_size, dtype) for m in self._mechanisms
                ),
                alignment_history=self._items(
                    tf.TensorArray(
                        dtype, size=0, dynamic_size=True, element_shape=a.shape
                    )
                    if self._history
                    else ()
                    for a in alignments
                ),
            )

    def call(self, inputs, state):
        if not isinstance(state, AttentionWrapperState):
            raise TypeError(
                "Expected an AttentionWrapperState (from zero_state). Received: "
                f"{type(state).__name__}"
            )
        output, cell_state = self._cell(
            self._input_fn(inputs, state.attention), state.cell_state
        )
        with tf.control_dependencies(self._same_batch(_batch_of(output))):
            output = tf.identity(output, name="checked_cell_output")
        attentions, alignments, states, histories = [], [], [], []
        for mechanism, layer, old, history in zip(
            self._mechanisms,
            self._layers,
            self._as_tuple(state.attention_state),
            self._as_tuple(state.alignment_history),
            strict=True,
        ):
            read, places, new = self._attention_fn(mechanism, output, old, layer)
            attentions.append(read)
            alignments.append(places)
            states.append(new)
            histories.append(history.write(state.time, places) if self._history else ())
        attention = tf.concat(attentions, 1)
        state = AttentionWrapperState(
            time=state.time + 1,
            cell_state=cell_state,
            attention=attention,
            alignments=self._items(alignments),
            alignment_history=self._items(histories),
            attention_state=self._items(states),
        )
        return (attention if self._gives_attention else output), state


def _batch_of(tensor):
    return tf.dimension_value(tensor.shape[0]) or tf.shape(tensor)[0]


def _as_many(value, mechanisms, what):
    """One value a mechanism, out of a list, one value or None."""
    if value is None:
        return [None] * len(mechanisms)
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(values) != len(mechanisms):
        raise ValueError(
            f"Expected one {what} a mechanism ({len(mechanisms)}). "
            f"Received: {len(values)}"
        )
    return values


def _width(layer, mechanism, cell):
    depth = tf.dimension_value(mechanism.values.shape[-1]) + cell.output_size
    return tf.dimension_value(layer.compute_output_shape([None, depth])[-1])
