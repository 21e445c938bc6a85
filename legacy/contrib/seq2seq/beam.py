"""Beam search: K hypotheses for each row; penalties of length and coverage."""

import collections

import numpy as np
import tensorflow.compat.v1 as tf

from legacy.contrib.seq2seq.beam_step import (
    BeamSearchDecoderOutput,
    BeamSearchDecoderState,
    _attention_of,
    _beam_search_step,
)
from legacy.contrib.seq2seq.decoder import Decoder
from legacy.contrib.seq2seq.helpers import _embedder

__all__ = [
    "BeamSearchDecoder",
    "FinalBeamSearchDecoderOutput",
    "gather_tree",
    "tile_batch",
]

nest = tf.nest

FinalBeamSearchDecoderOutput = collections.namedtuple(
    "FinalBeamDecoderOutput", ("predicted_ids", "beam_search_decoder_output")
)


def tile_batch(t, multiplier, name=None):
    """Nested [B, ...] -> [B multiplier, ...]: repeats each row `multiplier` times."""

    def tile(tensor):
        tensor = tf.convert_to_tensor(tensor)
        if tensor.shape.ndims is None or not tensor.shape.ndims:
            raise ValueError(
                f"Expected tensors with a known rank of at least 1. Received: {tensor}"
            )
        tiled = tf.repeat(tensor, multiplier, axis=0)
        rows = tf.dimension_value(tensor.shape[0])
        times = tf.get_static_value(tf.convert_to_tensor(multiplier))
        rows = None if rows is None or times is None else rows * int(times)
        tiled.set_shape(tf.TensorShape([rows]).concatenate(tensor.shape[1:]))
        return tiled

    with tf.name_scope(name, "tile_batch", [*nest.flatten(t), multiplier]):
        return nest.map_structure(tile, t)


def gather_tree(step_ids, parent_ids, max_sequence_lengths, end_token, name=None):
    """Complete hypotheses, from each step's ids and from the beams they came from.

    step_ids, parent_ids and the result are [T, B, K]. Hypotheses are read backwards
    from the last step, which `max_sequence_lengths` [B] gives. After the first
    `end_token`, and after the last step, all ids are `end_token`.
    """
    with tf.name_scope(name, "GatherTree", [step_ids, parent_ids]):
        step_ids, parent_ids = (
            tf.convert_to_tensor(ids, tf.int32) for ids in (step_ids, parent_ids)
        )
        end = tf.cast(end_token, tf.int32)
        lengths = tf.minimum(tf.cast(max_sequence_lengths, tf.int32), 2**30)
        shape = tf.shape(step_ids)
        steps = shape[0]
        start = tf.tile(tf.range(shape[2])[tf.newaxis], [shape[1], 1])

        def body(step, beam, found):
            counts = tf.tile((step < lengths)[:, tf.newaxis], [1, shape[2]])
            ids = tf.batch_gather(step_ids[step], beam)
            parents = tf.batch_gather(parent_ids[step], beam)
            found = found.write(step, tf.where(counts, ids, tf.fill(shape[1:], end)))
            return step - 1, tf.where(counts, parents, beam), found

        _, _, found = tf.while_loop(
            lambda step, *_: step >= 0,
            body,
            [steps - 1, start, tf.TensorArray(tf.int32, steps)],
            back_prop=False,
            shape_invariants=[
                tf.TensorShape([]),
                tf.TensorShape([None, None]),
                tf.TensorShape(None),
            ],
        )
        found = tf.reshape(found.stack(), shape)
        ends = tf.cumsum(tf.cast(tf.equal(found, end), tf.int32), 0, exclusive=True)
        result = tf.where(ends > 0, tf.fill(shape, end), found)
        result.set_shape(step_ids.shape)
        return result


class BeamSearchDecoder(Decoder):
    """Keeps the `beam_width` best hypotheses of each row.

    Score: log p / ((5 + length) / 6)^length_penalty_weight (Wu et al. 2016, eq. 14),
    plus coverage_penalty_weight times Σ log min(attention so far, 1) if it is finished.
    `initial_state` has B K rows (see `tile_batch`). Finally predicted_ids [T, B, K].
    """

    def __init__(
        self,
        cell,
        embedding,
        start_tokens,
        end_token,
        initial_state,
        beam_width,
        output_layer=None,
        length_penalty_weight=0.0,
        coverage_penalty_weight=0.0,
        reorder_tensor_arrays=True,
    ):
        self._cell, self._output_layer, self._beam_width = (
            cell,
            output_layer,
            beam_width,
        )
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
        self._batch_size = tf.size(self._start_tokens)
        self._length_penalty_weight = length_penalty_weight
        self._coverage_penalty_weight = coverage_penalty_weight
        self._reorder_tensor_arrays = reorder_tensor_arrays
        self._initial_cell_state = nest.map_structure(
            self._maybe_split_batch_beams, initial_state
        )
        tokens = tf.tile(self._start_tokens[:, tf.newaxis], [1, beam_width])
        self._start_inputs = self._embedding_fn(tokens)

    @property
    def batch_size(self):
        return self._batch_size

    @property
    def tracks_own_finished(self):
        return True  # a beam that takes over another's place may be unfinished again

    @property
    def output_size(self):
        beams = tf.TensorShape([self._beam_width])
        return BeamSearchDecoderOutput(beams, beams, beams)

    @property
    def output_dtype(self):
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        return BeamSearchDecoderOutput(dtype, tf.int32, tf.int32)

    def _maybe_split_batch_beams(self, tensor):
        """[B K, ...] -> [B, K, ...]; scalars and TensorArrays stay as they are."""
        if isinstance(tensor, tf.TensorArray) or tensor.shape.ndims == 0:
            return tensor
        return self._reshaped(tensor, [self._batch_size, self._beam_width], 1)

    def _maybe_merge_batch_beams(self, tensor):
        """[B, K, ...] -> [B K, ...]."""
        if isinstance(tensor, tf.TensorArray) or tensor.shape.ndims == 0:
            return tensor
        return self._reshaped(tensor, [self._batch_size * self._beam_width], 2)

    def _reshaped(self, tensor, rows, drop):
        shape = tf.concat([rows, tf.shape(tensor)[drop:]], 0)
        result = tf.reshape(tensor, shape)
        batch = tf.get_static_value(self._batch_size)
        if drop == 1:
            static = [batch, self._beam_width]
        else:
            static = [None if batch is None else batch * self._beam_width]
        result.set_shape(tf.TensorShape(static).concatenate(tensor.shape[drop:]))
        return result

    def initialize(self, name=None):
        first = tf.one_hot(
            tf.zeros([self._batch_size], tf.int32),
            self._beam_width,
            on_value=True,
            off_value=False,
            dtype=tf.bool,
        )
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        log_probs = tf.one_hot(
            tf.zeros([self._batch_size], tf.int32),
            self._beam_width,
            on_value=tf.constant(0.0, dtype),
            off_value=tf.constant(-np.inf, dtype),
            dtype=dtype,
        )
        attention = ()
        if self._coverage_penalty_weight != 0.0:
            attention = tf.zeros_like(_attention_of(self._initial_cell_state))
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state,
            log_probs=log_probs,
            finished=tf.logical_not(first),
            lengths=tf.zeros([self._batch_size, self._beam_width], tf.int64),
            accumulated_attention_probs=attention,
        )
        return tf.logical_not(first), self._start_inputs, state

    def step(self, time, inputs, state, name=None):
        with tf.name_scope(name, "BeamSearchDecoderStep", [time, inputs]):
            inputs = nest.map_structure(self._maybe_merge_batch_beams, inputs)
            logits, cell_state = self._cell(
                inputs,
                nest.map_structure(self._maybe_merge_batch_beams, state.cell_state),
            )
            if self._output_layer is not None:
                logits = self._output_layer(logits)
            output, state = _beam_search_step(
                time,
                nest.map_structure(self._maybe_split_batch_beams, logits),
                nest.map_structure(self._maybe_split_batch_beams, cell_state),
                state,
                self._batch_size,
                self._beam_width,
                self._end_token,
                self._length_penalty_weight,
                self._coverage_penalty_weight,
            )
            inputs = tf.cond(
                tf.reduce_all(state.finished),
                lambda: self._start_inputs,
                lambda: self._embedding_fn(output.predicted_ids),
            )
        return output, state, inputs, state.finished

    def finalize(self, outputs, final_state, sequence_lengths):
        longest = tf.cast(tf.reduce_max(final_state.lengths, 1), tf.int32)
        ids = gather_tree(
            outputs.predicted_ids, outputs.parent_ids, longest, self._end_token
        )
        if self._reorder_tensor_arrays:
            final_state = final_state._replace(
                cell_state=nest.map_structure(
                    lambda t: self._maybe_sort_array_beams(
                        t, outputs.parent_ids, final_state.lengths
                    ),
                    final_state.cell_state,
                )
            )
        return FinalBeamSearchDecoderOutput(ids, outputs), final_state

    def _maybe_sort_array_beams(self, array, parent_ids, lengths):
        """A TensorArray of [B K, ...] for each step, as a tensor sorted by history.

        As in TensorFlow 1.15, the array is returned unsorted if the rank is unknown, or
        if batch and element shapes are known beforehand and are not [B, K]. (Its check
        of the second size is too strict.)
        """
        if not isinstance(array, tf.TensorArray):
            return array
        shape = array.element_shape
        if not shape.ndims:
            return array
        batch = tf.get_static_value(self._batch_size)
        if batch is not None and shape[0].value is not None:
            second = shape[1].value if shape.ndims > 1 else None
            wrong_rows = shape[0].value != batch * self._beam_width
            wrong_pair = shape.as_list()[:2] != [batch, self._beam_width]
            if wrong_rows or (second is not None and wrong_pair):
                return array
        stacked = array.stack()
        shape = tf.shape(stacked)
        grid = tf.shape(parent_ids)
        steps = grid[0]
        beams = tf.tile(
            tf.range(self._beam_width)[tf.newaxis, tf.newaxis], [steps, grid[1], 1]
        )
        longest = tf.cast(tf.reduce_max(lengths, 1), tf.int32)
        order = gather_tree(beams, parent_ids, longest, self._beam_width + 1)
        valid = tf.sequence_mask(tf.cast(lengths, tf.int32), steps)
        order = tf.where(tf.transpose(valid, [2, 0, 1]), order, beams)
        split = tf.reshape(stacked, tf.concat([grid, shape[2:]], 0))
        result = tf.reshape(tf.gather(split, order, batch_dims=2), shape)
        result.set_shape(stacked.shape)
        return result
