"""Helpers: which ids a decoder's outputs stand for, and its next inputs."""

import abc

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.rnn import _transpose_batch_time

__all__ = [
    "CustomHelper",
    "GreedyEmbeddingHelper",
    "Helper",
    "InferenceHelper",
    "SampleEmbeddingHelper",
    "ScheduledEmbeddingTrainingHelper",
    "ScheduledOutputTrainingHelper",
    "TrainingHelper",
    "_unstack_ta",
]

nest = tf.nest


class Helper(abc.ABC):
    """initialize() -> (finished, inputs); sample(...) -> ids;
    next_inputs(...) -> (finished, inputs, state)."""

    @property
    @abc.abstractmethod
    def batch_size(self):
        """Scalar tensor."""

    @property
    def sample_ids_shape(self):
        """Shape of one row's sample."""
        return tf.TensorShape([])

    @property
    def sample_ids_dtype(self):
        return tf.int32

    @abc.abstractmethod
    def initialize(self, name=None):
        """Before the first step."""

    @abc.abstractmethod
    def sample(self, time, outputs, state, name=None):
        """The ids that the outputs stand for."""

    @abc.abstractmethod
    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        """What the next step reads."""


def _likeliest(outputs):
    return tf.argmax(outputs, axis=-1, output_type=tf.int32)


class CustomHelper(Helper):
    """A helper made of three functions."""

    def __init__(
        self,
        initialize_fn,
        sample_fn,
        next_inputs_fn,
        sample_ids_shape=None,
        sample_ids_dtype=None,
    ):
        self._initialize_fn, self._sample_fn = initialize_fn, sample_fn
        self._next_inputs_fn, self._batch_size = next_inputs_fn, None
        self._sample_ids_shape = tf.TensorShape(sample_ids_shape or [])
        self._sample_ids_dtype = sample_ids_dtype or tf.int32

    @property
    def batch_size(self):
        if self._batch_size is None:
            raise ValueError("batch_size is known only after initialize().")
        return self._batch_size

    @property
    def sample_ids_shape(self):
        return self._sample_ids_shape

    @property
    def sample_ids_dtype(self):
        return self._sample_ids_dtype

    def initialize(self, name=None):
        finished, inputs = self._initialize_fn()
        if self._batch_size is None:
            self._batch_size = tf.size(finished)
        return finished, inputs

    def sample(self, time, outputs, state, name=None):
        return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        return self._next_inputs_fn(
            time=time, outputs=outputs, state=state, sample_ids=sample_ids
        )


class TrainingHelper(Helper):
    """Teacher forcing: the next inputs are `inputs` [B, T, ...], not the outputs."""

    def __init__(self, inputs, sequence_length, time_major=False, name=None):
        with tf.name_scope(name, "TrainingHelper", [inputs, sequence_length]):
            self._inputs = inputs
            steps = _time_first(inputs, time_major)
            self._input_tas = _arrays(steps)
            self._sequence_length = tf.convert_to_tensor(
                sequence_length, name="sequence_length"
            )
            if self._sequence_length.shape.ndims != 1:
                raise ValueError(
                    "Expected sequence_length as a vector. Received: "
                    f"{self._sequence_length}"
                )
            self._zero_inputs = nest.map_structure(
                lambda tensor: tf.zeros_like(tensor[0, :]), steps
            )
            self._batch_size = tf.size(sequence_length)

    @property
    def inputs(self):
        return self._inputs

    @property
    def sequence_length(self):
        return self._sequence_length

    @property
    def batch_size(self):
        return self._batch_size

    def _read(self, arrays, time, finished):
        return tf.cond(
            tf.reduce_all(finished),
            lambda: self._zero_inputs,
            lambda: nest.map_structure(lambda array: array.read(time), arrays),
            strict=True,
        )

    def initialize(self, name=None):
        with tf.name_scope(name, "TrainingHelperInitialize"):
            finished = tf.equal(0, self._sequence_length)
            return finished, self._read(self._input_tas, 0, finished)

    def sample(self, time, outputs, name=None, **unused):
        with tf.name_scope(name, "TrainingHelperSample", [time, outputs]):
            return tf.cast(tf.argmax(outputs, axis=-1), tf.int32)

    def next_inputs(self, time, outputs, state, name=None, **unused):
        with tf.name_scope(name, "TrainingHelperNextInputs", [time, outputs, state]):
            following = time + 1
            finished = following >= self._sequence_length
            return finished, self._read(self._input_tas, following, finished), state


def _time_first(inputs, time_major):
    """Nested tensors [T, B, ...] of [B, T, ...], or as they are."""

    def turned(tensor):
        tensor = tf.convert_to_tensor(tensor, name="inputs")
        return tensor if time_major else _transpose_batch_time(tensor)

    return nest.map_structure(turned, inputs)


def _arrays(steps):
    """Nested tensors [T, ...] as arrays, each element of which is read once."""

    return nest.map_structure(_unstack_ta, steps)


def _unstack_ta(inp):
    """A tensor [T, ...] as an array of T tensors."""
    array = tf.TensorArray(inp.dtype, tf.shape(inp)[0], element_shape=inp.shape[1:])
    return array.unstack(inp)


def _probability(value):
    value = tf.convert_to_tensor(value, name="sampling_probability")
    if value.shape.ndims not in (0, 1):
        raise ValueError(
            "Expected sampling_probability as a scalar or a vector. Received: "
            f"{value.shape}"
        )
    return value


def _chosen(probability, batch, seed):
    """A coin for each row: bool [B]."""
    draw = tf.random_uniform([batch], dtype=probability.dtype, seed=seed)
    return tf.less(draw, probability)


def _rows(mask, where, otherwise):
    """Rows of `where` if mask [B] is true, else of `otherwise`."""
    shape = [-1] + [1] * (otherwise.shape.ndims - 1)
    lined_up = tf.broadcast_to(tf.reshape(mask, shape), tf.shape(otherwise))
    return tf.where(lined_up, where, otherwise)


class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """Bengio et al. 2015: some rows read symbols that are drawn from their own outputs.

    Each row does so with the given probability. Samples are -1 for rows that read the
    data.
    """

    def __init__(
        self,
        inputs,
        sequence_length,
        embedding,
        sampling_probability,
        time_major=False,
        seed=None,
        scheduling_seed=None,
        name=None,
    ):
        self._embedding_fn = _embedder(embedding)
        self._sampling_probability = _probability(sampling_probability)
        self._seed, self._scheduling_seed = seed, scheduling_seed
        super().__init__(inputs, sequence_length, time_major, name)

    def sample(self, time, outputs, state, name=None):
        chosen = _chosen(
            self._sampling_probability, self.batch_size, self._scheduling_seed
        )
        drawn = tf.multinomial(outputs, 1, seed=self._seed, output_dtype=tf.int32)
        return tf.where(chosen, tf.squeeze(drawn, [1]), tf.fill([self.batch_size], -1))

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        finished, inputs, state = super().next_inputs(time, outputs, state)

        def mixed():
            own = self._embedding_fn(tf.maximum(sample_ids, 0))
            return _rows(sample_ids > -1, own, inputs)

        return (
            finished,
            tf.cond(tf.reduce_all(finished), lambda: inputs, mixed),
            state,
        )


class ScheduledOutputTrainingHelper(TrainingHelper):
    """The same for rows that read their own output itself; samples are bool.

    `next_inputs_fn` makes inputs of outputs; `auxiliary_inputs` are appended.
    """

    def __init__(
        self,
        inputs,
        sequence_length,
        sampling_probability,
        time_major=False,
        seed=None,
        next_inputs_fn=None,
        auxiliary_inputs=None,
        name=None,
    ):
        self._sampling_probability, self._seed = (
            _probability(sampling_probability),
            seed,
        )
        self._next_inputs_fn, self._auxiliary_input_tas = next_inputs_fn, None
        if auxiliary_inputs is not None:
            self._auxiliary_input_tas = _arrays(
                _time_first(auxiliary_inputs, time_major)
            )
            inputs = nest.map_structure(
                lambda x, extra: tf.concat([x, extra], -1), inputs, auxiliary_inputs
            )
        super().__init__(inputs, sequence_length, time_major, name)

    def initialize(self, name=None):
        return super().initialize(name)

    def sample(self, time, outputs, state, name=None):
        chosen = _chosen(self._sampling_probability, self.batch_size, self._seed)
        return tf.cast(chosen, tf.int32)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        finished, inputs, state = super().next_inputs(time, outputs, state)
        chosen = tf.cast(sample_ids, tf.bool)

        def mixed():
            own = self._next_inputs_fn(outputs) if self._next_inputs_fn else outputs
            if self._auxiliary_input_tas is not None:
                own = nest.map_structure(
                    lambda x, array: tf.concat([x, array.read(time + 1)], -1),
                    own,
                    self._auxiliary_input_tas,
                )
            return nest.map_structure(
                lambda mine, data: _rows(chosen, mine, data), own, inputs
            )

        none = tf.logical_or(
            tf.reduce_all(finished), tf.logical_not(tf.reduce_any(chosen))
        )
        return finished, tf.cond(none, lambda: inputs, mixed, strict=True), state


def _embedder(embedding):
    if callable(embedding):
        return embedding
    return lambda ids: tf.nn.embedding_lookup(embedding, ids)


class GreedyEmbeddingHelper(Helper):
    """Reads the embedding of its own likeliest symbol until that is `end_token`.

    ValueError unless start_tokens is a vector and end_token a scalar.
    """

    def __init__(self, embedding, start_tokens, end_token):
        self._embedding_fn = _embedder(embedding)
        self._start_tokens = tf.convert_to_tensor(
            start_tokens, tf.int32, name="start_tokens"
        )
        self._end_token = tf.convert_to_tensor(end_token, tf.int32, name="end_token")
        if self._start_tokens.shape.ndims != 1 or self._end_token.shape.ndims != 0:
            raise ValueError(
                "Expected start_tokens as a vector and end_token as a scalar. "
                f"Received: {self._start_tokens.shape} and {self._end_token.shape}"
            )
        self._batch_size = tf.size(start_tokens)
        self._start_inputs = self._embedding_fn(self._start_tokens)

    @property
    def batch_size(self):
        return self._batch_size

    def initialize(self, name=None):
        return tf.tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time, outputs, state, name=None):
        if not isinstance(outputs, tf.Tensor):
            raise TypeError(
                f"Expected outputs as one tensor. Received: {type(outputs).__name__}"
            )
        return _likeliest(outputs)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        finished = tf.equal(sample_ids, self._end_token)
        inputs = tf.cond(
            tf.reduce_all(finished),
            lambda: self._start_inputs,
            lambda: self._embedding_fn(sample_ids),
        )
        return finished, inputs, state


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """The same with a symbol drawn from softmax(outputs / softmax_temperature)."""

    def __init__(
        self,
        embedding,
        start_tokens,
        end_token,
        softmax_temperature=None,
        seed=None,
    ):
        super().__init__(embedding, start_tokens, end_token)
        self._softmax_temperature, self._seed = softmax_temperature, seed

    def sample(self, time, outputs, state, name=None):
        if not isinstance(outputs, tf.Tensor):
            raise TypeError(
                f"Expected outputs as one tensor. Received: {type(outputs).__name__}"
            )
        logits = outputs
        if self._softmax_temperature is not None:
            logits = outputs / self._softmax_temperature
        drawn = tf.multinomial(logits, 1, seed=self._seed, output_dtype=tf.int32)
        return tf.squeeze(drawn, [1])


class InferenceHelper(Helper):
    """Samples, ends and next inputs by functions of the outputs and samples."""

    def __init__(
        self,
        sample_fn,
        sample_shape,
        sample_dtype,
        start_inputs,
        end_fn,
        next_inputs_fn=None,
    ):
        self._sample_fn, self._end_fn, self._next_inputs_fn = (
            sample_fn,
            end_fn,
            next_inputs_fn,
        )
        self._sample_shape, self._sample_dtype = (
            tf.TensorShape(sample_shape),
            sample_dtype,
        )
        self._start_inputs = tf.convert_to_tensor(start_inputs, name="start_inputs")
        self._batch_size = tf.shape(self._start_inputs)[0]

    @property
    def batch_size(self):
        return self._batch_size

    @property
    def sample_ids_shape(self):
        return self._sample_shape

    @property
    def sample_ids_dtype(self):
        return self._sample_dtype

    def initialize(self, name=None):
        return tf.fill([self._batch_size], False), self._start_inputs

    def sample(self, time, outputs, state, name=None):
        return self._sample_fn(outputs)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        inputs = (
            self._next_inputs_fn(sample_ids) if self._next_inputs_fn else sample_ids
        )
        return self._end_fn(sample_ids), inputs, state
