"""`tf.contrib.crf`: linear-chain conditional random fields (Lafferty et al. 2001).

Shapes: B examples, T steps, K tags; `transitions[i, j]` scores tag j after tag i.
"""

import numpy as np
import tensorflow.compat.v1 as tf

_PUBLIC = """CrfDecodeBackwardRnnCell CrfDecodeForwardRnnCell CrfForwardRnnCell
crf_binary_score crf_decode crf_log_likelihood crf_log_norm crf_multitag_sequence_score
crf_sequence_score crf_unary_score viterbi_decode"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}


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
    """One step of the forward algorithm: [B, K] log sums over all ways so far."""

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
        best = tf.cast(tf.argmax(ways, 1), tf.int32)
        return best, inputs + tf.reduce_max(ways, [1])


class CrfDecodeBackwardRnnCell(_TagCell):
    """One step back along Viterbi's pointers: state and output are a tag [B, 1]."""

    def __init__(self, num_tags):
        super().__init__(1, 1)
        self._num_tags = num_tags

    def __call__(self, inputs, state, scope=None):
        tags = tf.batch_gather(inputs, state)
        return tags, tags


def _mask(lengths, tensor, axis=1):
    return tf.sequence_mask(lengths, tf.shape(tensor)[axis], dtype=tf.float32)


def crf_unary_score(tag_indices, sequence_lengths, inputs):
    """Σ_t inputs[b, t, tag_t], [B]; inputs [B, T, K], tag_indices [B, T]."""
    chosen = tf.one_hot(tag_indices, tf.shape(inputs)[2], dtype=inputs.dtype.base_dtype)
    scores = tf.reduce_sum(inputs * chosen, 2)
    return tf.reduce_sum(scores * _mask(sequence_lengths, tag_indices), 1)


def crf_binary_score(tag_indices, sequence_lengths, transition_params):
    """Σ_t transitions[tag_t, tag_t+1], [B]."""
    pairs = tf.stack([tag_indices[:, :-1], tag_indices[:, 1:]], 2)
    scores = tf.gather_nd(transition_params, pairs)
    last = tf.maximum(tf.constant(0, sequence_lengths.dtype), sequence_lengths - 1)
    return tf.reduce_sum(scores * _mask(last, scores), 1)


def crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params):
    """The unnormalised log score of one tag sequence an example, [B]."""
    lengths = tf.convert_to_tensor(sequence_lengths)
    score = crf_unary_score(tag_indices, lengths, inputs)
    score += crf_binary_score(tag_indices, lengths, transition_params)
    return tf.where(tf.less_equal(lengths, 0), tf.zeros_like(score), score)


def _later(inputs, lengths):
    """Steps 1.. of [B, T, K] and how many of them count.

    One step of padding stands at the end, since a loop needs at least one.
    """
    rest = tf.pad(inputs[:, 1:], [[0, 0], [0, 1], [0, 0]])
    return rest, tf.maximum(tf.constant(0, lengths.dtype), lengths - 1)


def _forward(inputs, sequence_lengths, transition_params):
    """Log sum over all tag sequences of the scores in `inputs`, [B]."""
    lengths = tf.convert_to_tensor(sequence_lengths)
    rest, later = _later(inputs, lengths)
    _, last = tf.nn.dynamic_rnn(
        CrfForwardRnnCell(transition_params),
        rest,
        sequence_length=later,
        initial_state=inputs[:, 0],
        dtype=tf.float32,
    )
    norm = tf.reduce_logsumexp(last, [1])
    return tf.where(tf.less_equal(lengths, 0), tf.zeros_like(norm), norm)


def crf_log_norm(inputs, sequence_lengths, transition_params):
    """log Z: the log sum over all tag sequences, [B]; 0 for an empty sequence."""
    return _forward(inputs, sequence_lengths, transition_params)


def crf_multitag_sequence_score(
    inputs, tag_bitmap, sequence_lengths, transition_params
):
    """Log sum over the sequences that `tag_bitmap` [B, T, K] allows, [B]."""
    bitmap = tf.cast(tag_bitmap, tf.bool)
    barred = tf.fill(tf.shape(inputs), tf.constant(-np.inf, inputs.dtype.base_dtype))
    return _forward(
        tf.where(bitmap, inputs, barred), sequence_lengths, transition_params
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
    tags = tf.dimension_value(potentials.shape[2])
    rest, later = _later(potentials, lengths)
    with tf.variable_scope("crf_decode"):
        pointers, last = tf.nn.dynamic_rnn(
            CrfDecodeForwardRnnCell(transition_params),
            rest,
            sequence_length=later,
            initial_state=potentials[:, 0],
            time_major=False,
            dtype=tf.int32,
            scope="forward",
        )
        final = tf.expand_dims(tf.cast(tf.argmax(last, 1), tf.int32), 1)
        earlier, _ = tf.nn.dynamic_rnn(
            CrfDecodeBackwardRnnCell(tags),
            tf.reverse_sequence(pointers, later, seq_axis=1),
            sequence_length=later,
            initial_state=final,
            time_major=False,
            dtype=tf.int32,
            scope="backward",
        )
    found = tf.concat([final, tf.squeeze(earlier, [2])[:, :-1]], 1)
    found = tf.reverse_sequence(found, later + 1, seq_axis=1)
    return found, tf.reduce_max(last, 1)
