"""`tf.contrib.crf`: linear-chain conditional random fields (Lafferty et al. 2001).

Shapes: B examples, T steps, K tags; `transitions[i, j]` scores tag j after tag i.
"""

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.framework import smart_cond

_PUBLIC = """CrfDecodeBackwardRnnCell CrfDecodeForwardRnnCell CrfForwardRnnCell
crf_binary_score crf_decode crf_log_likelihood crf_log_norm crf_multitag_sequence_score
crf_sequence_score crf_unary_score viterbi_decode _lengths_to_masks"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}


def _lengths_to_masks(lengths, max_length):
    """1.0 before the end of each row, then 0.0: [B, max_length]. Up to 1.1."""
    return tf.sequence_mask(lengths, max_length, tf.float32)


class _TagCell(tf.nn.rnn_cell.RNNCell):
    """A cell whose state is as wide as there are tags (or one tag)."""

    def __init__(self, state, output):
        super().__init__()
        self._state, self._output = state, output

    @property
    def state_size(self):
        return self._state

    @property
    def output_size(self):
        return self._output


class CrfForwardRnnCell(_TagCell):
    """One step of the forward algorithm: [B, K] log sums over all paths so far."""

    def __init__(self, transition_params):
        self._transitions = tf.expand_dims(transition_params, 0)
        tags = tf.dimension_value(self._transitions.shape[1])
        super().__init__(tags, tags)

    def __call__(self, inputs, state, scope=None):
        ways = tf.expand_dims(state, 2) + self._transitions
        state = inputs + tf.reduce_logsumexp(ways, [1])
        return state, state


class CrfDecodeForwardRnnCell(_TagCell):
    """One Viterbi step: gives the best previous tag of each tag, [B, K] int32."""

    def __init__(self, transition_params):
        self._transitions = tf.expand_dims(transition_params, 0)
        tags = tf.dimension_value(self._transitions.shape[1])
        super().__init__(tags, tags)

    def __call__(self, inputs, state, scope=None):
        ways = tf.expand_dims(state, 2) + self._transitions
        state = inputs + tf.reduce_max(ways, [1])
        best = tf.cast(tf.argmax(ways, 1), tf.int32)
        return best, state


class CrfDecodeBackwardRnnCell(_TagCell):
    """One step back along Viterbi's pointers: state and output are a tag [B, 1]."""

    def __init__(self, num_tags):
        super().__init__(1, 1)
        self._num_tags = num_tags

    def __call__(self, inputs, state, scope=None):
        state = tf.squeeze(state, axis=[1])
        places = tf.range(tf.shape(inputs)[0])
        tags = tf.gather_nd(inputs, tf.stack([places, state], axis=1))
        tags = tf.expand_dims(tags, axis=-1)
        return tags, tags


def _one_step_or_more(inputs, one, more):
    """What ``one()`` gives for inputs [B, 1, K], ``more()`` for longer ones."""
    steps = tf.dimension_value(inputs.shape[1]) or tf.shape(inputs)[1]
    return smart_cond.smart_cond(tf.equal(steps, 1), one, more)


def _unless_empty(lengths, values):
    """``values`` [B], but 0 for an empty sequence."""
    return tf.where(tf.less_equal(lengths, 0), tf.zeros_like(values), values)


def _less_one(lengths):
    return tf.maximum(tf.constant(0, dtype=lengths.dtype), lengths - 1)


def _mask(lengths, tags):
    return tf.sequence_mask(lengths, maxlen=tf.shape(tags)[1], dtype=tf.float32)


def crf_unary_score(tag_indices, sequence_lengths, inputs):
    """Σ_t inputs[b, t, tag_t], [B]; inputs [B, T, K], tag_indices [B, T]."""
    batch, steps, tags = (tf.shape(inputs)[axis] for axis in range(3))
    flat = tf.reshape(inputs, [-1])
    offsets = tf.expand_dims(tf.range(batch) * steps * tags, 1)
    offsets += tf.expand_dims(tf.range(steps) * tags, 0)
    if tag_indices.dtype == tf.int64:
        offsets = tf.cast(offsets, tf.int64)
    places = tf.reshape(offsets + tag_indices, [-1])
    scores = tf.reshape(tf.gather(flat, places), [batch, steps])
    return tf.reduce_sum(scores * _mask(sequence_lengths, tag_indices), 1)


def crf_binary_score(tag_indices, sequence_lengths, transition_params):
    """Σ_t transitions[tag_t, tag_t+1], [B]."""
    tags = tf.dimension_value(transition_params.shape[0])
    steps = tf.shape(tag_indices)[1] - 1
    before = tf.slice(tag_indices, [0, 0], [-1, steps])
    after = tf.slice(tag_indices, [0, 1], [-1, steps])
    places = before * tags + after
    scores = tf.gather(tf.reshape(transition_params, [-1]), places)
    mask = tf.slice(_mask(sequence_lengths, tag_indices), [0, 1], [-1, -1])
    return tf.reduce_sum(scores * mask, 1)


def crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params):
    """The unnormalised log score of one tag sequence for each example, [B]."""
    lengths = tf.convert_to_tensor(sequence_lengths)

    def one():
        batch = tf.shape(inputs, out_type=tag_indices.dtype)[0]
        rows = tf.reshape(tf.range(batch, dtype=tag_indices.dtype), [-1, 1])
        squeezed = tf.squeeze(inputs, [1])
        scores = tf.gather_nd(squeezed, tf.concat([rows, tag_indices], axis=1))
        return _unless_empty(lengths, scores)

    def more():
        unary = crf_unary_score(tag_indices, lengths, inputs)
        return unary + crf_binary_score(tag_indices, lengths, transition_params)

    return _one_step_or_more(inputs, one, more)


def crf_log_norm(inputs, sequence_lengths, transition_params):
    """log Z: the log sum over all tag sequences, [B]; 0 for an empty sequence."""
    lengths = tf.convert_to_tensor(sequence_lengths)
    first = tf.squeeze(tf.slice(inputs, [0, 0, 0], [-1, 1, -1]), [1])

    def one():
        return _unless_empty(lengths, tf.reduce_logsumexp(first, [1]))

    def more():
        rest = tf.slice(inputs, [0, 1, 0], [-1, -1, -1])
        cell = CrfForwardRnnCell(transition_params)
        _, last = tf.nn.dynamic_rnn(
            cell,
            rest,
            sequence_length=_less_one(lengths),
            initial_state=first,
            dtype=tf.float32,
        )
        return _unless_empty(lengths, tf.reduce_logsumexp(last, [1]))

    return _one_step_or_more(inputs, one, more)


def crf_multitag_sequence_score(
    inputs, tag_bitmap, sequence_lengths, transition_params
):
    """Log sum over the sequences that `tag_bitmap` [B, T, K] allows, [B]."""

    def allowed():
        barred = tf.fill(tf.shape(inputs), float("-inf"))
        return tf.where(tf.cast(tag_bitmap, tf.bool), inputs, barred)

    return _one_step_or_more(
        inputs,
        lambda: tf.reduce_logsumexp(allowed(), axis=[1, 2], keepdims=False),
        lambda: crf_log_norm(allowed(), sequence_lengths, transition_params),
    )


def crf_log_likelihood(inputs, tag_indices, sequence_lengths, transition_params=None):
    """(log p(tags | inputs) [B], transitions [K, K]).

    Without `transition_params` the variable is `transitions` of the current scope.
    """
    if transition_params is None:
        tags = tf.dimension_value(inputs.shape[2])
        transition_params = tf.get_variable("transitions", [tags, tags])
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    norm = crf_log_norm(inputs, sequence_lengths, transition_params)
    return score - norm, transition_params


def viterbi_decode(score, transition_params):
    """NumPy: the best tags, a list of T, of scores [T, K], and their score."""
    best = np.zeros_like(score)
    pointers = np.zeros_like(score, dtype=np.int32)
    best[0] = score[0]
    for step in range(1, len(score)):
        ways = best[step - 1][:, None] + transition_params
        best[step] = score[step] + ways.max(0)
        pointers[step] = ways.argmax(0)
    tags = [np.argmax(best[-1])]
    for pointer in pointers[:0:-1]:
        tags.append(pointer[tags[-1]])
    return tags[::-1], best[-1].max()


def crf_decode(potentials, transition_params, sequence_length):
    """Viterbi in the graph: (best tags [B, T] int32, their scores [B]).

    Past a sequence's length the tags are 0.
    """
    lengths = tf.convert_to_tensor(sequence_length)

    def one():
        squeezed = tf.squeeze(potentials, [1])
        tags = tf.expand_dims(tf.argmax(squeezed, axis=1), 1)
        best = tf.reduce_max(squeezed, axis=1)
        return tf.cast(tags, tf.int32), best

    return _one_step_or_more(
        potentials, one, lambda: _decoded(potentials, transition_params, lengths)
    )


def _decoded(potentials, transition_params, lengths):
    forward = CrfDecodeForwardRnnCell(transition_params)
    first = tf.squeeze(tf.slice(potentials, [0, 0, 0], [-1, 1, -1]), axis=[1])
    rest = tf.slice(potentials, [0, 1, 0], [-1, -1, -1])
    later = _less_one(lengths)
    common = {"sequence_length": later, "time_major": False, "dtype": tf.int32}
    pointers, last = tf.nn.dynamic_rnn(forward, rest, initial_state=first, **common)
    pointers = tf.reverse_sequence(pointers, later, seq_axis=1)
    backward = CrfDecodeBackwardRnnCell(tf.dimension_value(potentials.shape[2]))
    final = tf.expand_dims(tf.cast(tf.argmax(last, axis=1), tf.int32), axis=-1)
    earlier, _ = tf.nn.dynamic_rnn(backward, pointers, initial_state=final, **common)
    found = tf.concat([final, tf.squeeze(earlier, axis=[2])], axis=1)
    return tf.reverse_sequence(found, lengths, seq_axis=1), tf.reduce_max(last, axis=1)
