"""One step of beam search: which hypotheses are the best K, and by which scores."""

import collections

import tensorflow.compat.v1 as tf

from legacy.contrib.seq2seq.attention_wrapper import AttentionWrapperState

__all__ = [
    "BeamSearchDecoderOutput",
    "BeamSearchDecoderState",
    "_beam_search_step",
    "_get_scores",
    "_length_penalty",
    "_mask_probs",
    "_maybe_tensor_gather_helper",
    "_tensor_gather_helper",
]

nest = tf.nest

BeamSearchDecoderState = collections.namedtuple(
    "BeamSearchDecoderState",
    ("cell_state", "log_probs", "finished", "lengths", "accumulated_attention_probs"),
)
BeamSearchDecoderOutput = collections.namedtuple(
    "BeamSearchDecoderOutput", ("scores", "predicted_ids", "parent_ids")
)


def _mask_probs(probs, eos_token, finished):
    """Log probabilities [B, K, V]: a finished beam can only go on with its end token.

    That costs it nothing.
    """
    words = tf.dimension_value(probs.shape[-1]) or tf.shape(probs)[-1]
    stay = tf.one_hot(
        eos_token,
        words,
        on_value=tf.constant(0.0, probs.dtype),
        off_value=probs.dtype.min,
        dtype=probs.dtype,
    )
    ended = tf.tile(finished[:, :, tf.newaxis], [1, 1, words])
    return tf.where(ended, tf.broadcast_to(stay, tf.shape(probs)), probs)


def _beam_search_step(
    time,
    logits,
    next_cell_state,
    beam_state,
    batch_size,
    beam_width,
    end_token,
    length_penalty_weight,
    coverage_penalty_weight=0.0,
):
    """One step of the search, logits [B, K, V]: (output, next state)."""
    state, done = beam_state, beam_state.finished
    words = tf.dimension_value(logits.shape[-1]) or tf.shape(logits)[-1]
    log_probs = _mask_probs(tf.nn.log_softmax(logits), end_token, done)
    total = state.log_probs[:, :, tf.newaxis] + log_probs

    alive = tf.cast(tf.logical_not(done), tf.int64)
    longer = tf.one_hot(end_token, words, on_value=0, off_value=1, dtype=tf.int64)
    lengths = state.lengths[:, :, tf.newaxis] + alive[:, :, tf.newaxis] * longer
    attention = state.accumulated_attention_probs
    if coverage_penalty_weight != 0.0:
        weights = tf.cast(tf.logical_not(done), log_probs.dtype)
        attention += _attention_of(next_cell_state) * weights[:, :, tf.newaxis]

    scores = _get_scores(
        total, lengths, length_penalty_weight, coverage_penalty_weight, done, attention
    )
    flat = tf.reshape(scores, [batch_size, -1])
    best, places = tf.nn.top_k(flat, k=beam_width)
    best.set_shape([None, beam_width])
    places.set_shape([None, beam_width])
    word, beam = places % words, places // words

    def kept(tensor):
        if isinstance(tensor, tf.TensorArray) or tensor.shape.ndims == 0:
            return tensor
        chosen = tf.gather(tensor, beam, batch_dims=1)
        chosen.set_shape(tensor.shape)
        return chosen

    was_done = kept(done)
    state = BeamSearchDecoderState(
        cell_state=nest.map_structure(kept, next_cell_state),
        log_probs=tf.batch_gather(
            tf.reshape(total, [batch_size, -1]), places, name="next_beam_probs"
        ),
        finished=tf.logical_or(was_done, tf.equal(word, end_token)),
        lengths=kept(state.lengths) + tf.cast(tf.logical_not(was_done), tf.int64),
        accumulated_attention_probs=(
            attention if coverage_penalty_weight == 0.0 else kept(attention)
        ),
    )
    return BeamSearchDecoderOutput(best, word, beam), state


def _length_penalty(sequence_lengths, penalty_factor):
    """((5 + length) / 6)^factor, or 1.0 if the factor is 0."""
    if isinstance(penalty_factor, (int, float)) and penalty_factor == 0:
        return 1.0
    ratio = (5.0 + tf.cast(sequence_lengths, tf.float32)) / (5.0 + 1.0)
    return tf.pow(ratio, penalty_factor)


def _get_scores(
    log_probs,
    sequence_lengths,
    length_penalty_weight,
    coverage_penalty_weight=0.0,
    finished=None,
    accumulated_attention_probs=None,
):
    """Log probabilities [B, K, V] after the penalties of length and coverage."""
    penalty = _length_penalty(sequence_lengths, length_penalty_weight)
    if tf.is_tensor(penalty):
        log_probs = log_probs / penalty
    if coverage_penalty_weight == 0.0:
        return log_probs
    # Exactly 0 is memory past its length, which needs no covering.
    attention = accumulated_attention_probs
    read = tf.where(tf.equal(attention, 0.0), tf.ones_like(attention), attention)
    covered = tf.reduce_sum(tf.log(tf.minimum(read, 1.0)), 2)
    covered *= tf.cast(finished, tf.float32)
    return log_probs + coverage_penalty_weight * covered[:, :, tf.newaxis]


def _tensor_gather_helper(
    gather_indices, gather_from, batch_size, range_size, gather_shape, name=None
):
    """For each row of the batch, the beams or words `gather_indices` of a tensor.

    `gather_from` is read as `gather_shape`, in which a row has `range_size` entries.
    """
    with tf.name_scope(name, "tensor_gather_helper"):
        starts = tf.expand_dims(tf.range(batch_size) * range_size, 1)
        places = tf.reshape(gather_indices + starts, [-1])
        output = tf.gather(tf.reshape(gather_from, gather_shape), places)
        rank = 1 + len(gather_shape)
        output = tf.reshape(output, tf.shape(gather_from)[:rank])
        static = tf.TensorShape([tf.get_static_value(batch_size)])
        output.set_shape(static.concatenate(gather_from.shape[1:rank]))
        return tf.identity(output, name="output")


def _maybe_tensor_gather_helper(
    gather_indices, gather_from, batch_size, range_size, gather_shape
):
    """The same, if the tensor has at least as many dimensions as `gather_shape`."""
    if isinstance(gather_from, tf.TensorArray):
        return gather_from
    if gather_from.shape.ndims < len(gather_shape):
        return gather_from
    return _tensor_gather_helper(
        gather_indices, gather_from, batch_size, range_size, gather_shape
    )


def _attention_of(cell_state):
    """The alignments [B, K, L] that a coverage penalty counts: the sum of all of them.

    ValueError for a state without attention.
    """
    if isinstance(cell_state, AttentionWrapperState):
        alignments = cell_state.alignments
        if isinstance(alignments, tuple):
            return tf.add_n(list(alignments))
        return alignments
    if isinstance(cell_state, tuple):
        found = [_attention_of(s) for s in cell_state if _has_attention(s)]
        if found:
            return tf.add_n(found)
    raise ValueError(
        "Expected a cell with attention, for a coverage penalty. Received the state: "
        f"{cell_state}"
    )


def _has_attention(state):
    return isinstance(state, AttentionWrapperState) or (
        isinstance(state, tuple) and any(_has_attention(s) for s in state)
    )
