"""Decoders, which say what a step is, and the loop that runs them."""

import abc
import collections

import tensorflow.compat.v1 as tf
from tensorflow.python.ops.rnn import _transpose_batch_time
from tf_keras.src.layers.rnn.legacy_cells import _zero_state_tensors

__all__ = [
    "BasicDecoder",
    "BasicDecoderOutput",
    "Decoder",
    "_create_zero_outputs",
    "_transpose_batch_time",
    "dynamic_decode",
]

nest = tf.nest


class Decoder(abc.ABC):
    """What `dynamic_decode` runs. Each method may be nested in its results.

    initialize() -> (finished [B], inputs, state);
    step(time, inputs, state) -> (outputs, state, next inputs, finished).
    """

    @property
    def batch_size(self):
        """Scalar tensor."""
        raise NotImplementedError

    @property
    def output_size(self):
        """Nested sizes of one row's outputs."""
        raise NotImplementedError

    @property
    def output_dtype(self):
        """Nested dtypes of the outputs."""
        raise NotImplementedError

    @abc.abstractmethod
    def initialize(self, name=None):
        """Before the first step."""

    @abc.abstractmethod
    def step(self, time, inputs, state, name=None):
        """One step."""

    def finalize(self, outputs, final_state, sequence_lengths):
        """After the last step: (outputs [T, B, ...], state)."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self):
        """Whether `finished` of a step is final: a row may become unfinished."""
        return False


BasicDecoderOutput = collections.namedtuple(
    "BasicDecoderOutput", ("rnn_output", "sample_id")
)


class BasicDecoder(Decoder):
    """A cell, a helper that chooses the next inputs, an optional output layer."""

    def __init__(self, cell, helper, initial_state, output_layer=None):
        self._cell, self._helper = cell, helper
        self._initial_state, self._output_layer = initial_state, output_layer

    def _rnn_output_size(self):
        return projected_size(self._cell.output_size, self._output_layer)

    @property
    def batch_size(self):
        return self._helper.batch_size

    @property
    def output_size(self):
        return BasicDecoderOutput(
            self._rnn_output_size(),
            self._helper.sample_ids_shape,
        )

    @property
    def output_dtype(self):
        dtype = nest.flatten(self._initial_state)[0].dtype
        return BasicDecoderOutput(
            nest.map_structure(lambda _: dtype, self._cell.output_size),
            self._helper.sample_ids_dtype,
        )

    def initialize(self, name=None):
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time, inputs, state, name=None):
        with tf.name_scope(name, "BasicDecoderStep", [time, inputs, state]):
            outputs, state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            samples = self._helper.sample(time=time, outputs=outputs, state=state)
            finished, inputs, state = self._helper.next_inputs(
                time=time, outputs=outputs, state=state, sample_ids=samples
            )
        return BasicDecoderOutput(outputs, samples), state, inputs, finished


def projected_size(size, layer):
    """The size of one row of a cell's output after `layer` (None: unchanged)."""
    if layer is None:
        return size

    def project(inner):
        shape = tf.TensorShape(inner).as_list()
        return layer.compute_output_shape(tf.TensorShape([None, *shape]))[1:]

    return nest.map_structure(project, size)


def _kept_or_new(finished, old, new):
    """For each row, the old state if it is finished [B], else the new one.

    A state without rows is the new one.
    """
    if isinstance(old, tf.TensorArray):
        return new
    new.set_shape(old.shape)
    return new if new.shape.ndims == 0 else tf.where(finished, old, new)


def _array(size, dtype, batch):
    """An array of outputs of one step, [B, size]."""
    shape = None
    if isinstance(size, tf.TensorShape) and size.ndims != 0:
        rows = tf.get_static_value(tf.convert_to_tensor(batch, name="batch_size"))
        shape = tf.TensorShape([rows]).concatenate(size)
    return tf.TensorArray(dtype, size=0, dynamic_size=True, element_shape=shape)


def _create_zero_outputs(size, dtype, batch_size):
    """Zeros [B, size] for each of the nested sizes."""
    return nest.map_structure(
        lambda size, dtype: _zero_state_tensors(size, batch_size, dtype), size, dtype
    )


def dynamic_decode(
    decoder,
    output_time_major=False,
    impute_finished=False,
    maximum_iterations=None,
    parallel_iterations=32,
    swap_memory=False,
    scope=None,
    **kwargs,
):
    """Steps until every row has finished: (outputs, state, lengths [B]).

    Outputs are [B, T, ...] ([T, B, ...] when `output_time_major`). `impute_finished`
    keeps a finished row's state and zeroes its outputs. Variables are under decoder/.
    TypeError unless it is a `Decoder`, ValueError for bad `maximum_iterations`.
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(f"Expected a Decoder. Received: decoder={decoder!r}")
    limit = None
    with tf.variable_scope(scope, "decoder"):
        if maximum_iterations is not None:
            limit = tf.convert_to_tensor(
                maximum_iterations, tf.int32, name="maximum_iterations"
            )
            if limit.shape.ndims != 0:
                raise ValueError(
                    f"Expected maximum_iterations as a scalar. Received: {limit}"
                )
        finished, inputs, state = decoder.initialize(**kwargs)
        blank = _create_zero_outputs(
            decoder.output_size, decoder.output_dtype, decoder.batch_size
        )
        if limit is not None:
            finished = tf.logical_or(finished, tf.less_equal(limit, 0))
        lengths = tf.zeros_like(finished, dtype=tf.int32)
        start = tf.constant(0)
        arrays = nest.map_structure(
            lambda size, dtype: _array(size, dtype, decoder.batch_size),
            decoder.output_size,
            decoder.output_dtype,
        )

        def more(time, arrays, state, inputs, finished, lengths):
            return tf.logical_not(tf.reduce_all(finished))

        def body(time, arrays, state, inputs, finished, lengths):
            outputs, new_state, inputs, done = decoder.step(time, inputs, state)
            if not decoder.tracks_own_finished:
                done = tf.logical_or(done, finished)
            lengths = tf.where(
                tf.logical_not(finished),
                tf.fill(tf.shape(lengths), time + 1),
                lengths,
            )
            nest.assert_same_structure(state, new_state)
            nest.assert_same_structure(outputs, blank)
            if impute_finished:
                outputs = nest.map_structure(
                    lambda out, zeros: tf.where(finished, zeros, out), outputs, blank
                )
                new_state = nest.map_structure(
                    lambda new, old: _kept_or_new(finished, old, new), new_state, state
                )
            arrays = nest.map_structure(
                lambda array, out: array.write(time, out), arrays, outputs
            )
            return time + 1, arrays, new_state, inputs, done, lengths

        _, arrays, state, _, _, lengths = tf.while_loop(
            more,
            body,
            (start, arrays, state, inputs, finished, lengths),
            parallel_iterations=parallel_iterations,
            maximum_iterations=limit,
            swap_memory=swap_memory,
        )
        outputs = nest.map_structure(lambda array: array.stack(), arrays)
        if type(decoder).finalize is not Decoder.finalize:
            outputs, state = decoder.finalize(outputs, state, lengths)
        if not output_time_major:
            outputs = nest.map_structure(_transpose_batch_time, outputs)
    return outputs, state, lengths
