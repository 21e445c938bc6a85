"""tf.contrib.crf: scores, norms, likelihood and its gradient, both decoders."""

import numpy as np
from harness import ALL, scenario, values


def data(tf):
    inputs = tf.get_variable("inputs", [3, 4, 3])
    tags = tf.constant(np.random.RandomState(4).randint(0, 3, (3, 4)), tf.int32)
    return inputs, tags, tf.constant([2, 4, 1])


@scenario(ALL)
def likelihood(tf):
    c = tf.contrib.crf
    inputs, tags, lengths = data(tf)
    value, transitions = c.crf_log_likelihood(inputs, tags, lengths)
    return {
        "likelihood": value,
        "unary": c.crf_unary_score(tags, lengths, inputs),
        "binary": c.crf_binary_score(tags, lengths, transitions),
        "score": c.crf_sequence_score(inputs, tags, lengths, transitions),
        "norm": c.crf_log_norm(inputs, lengths, transitions),
    }


@scenario(ALL, gradients=False)
def numpy_decoder(tf):
    tags, score = tf.contrib.crf.viterbi_decode(values((6, 4), 1), values((4, 4), 2))
    return {"tags": [int(t) for t in tags], "score": float(score)}


@scenario(("1.15.5",))
def later(tf):
    c = tf.contrib.crf
    inputs, _, lengths = data(tf)
    transitions = tf.get_variable("transitions", [3, 3])
    bitmap = tf.constant(values((3, 4, 3), 5) > -0.5)
    best, score = c.crf_decode(inputs, transitions, lengths)
    none, zero = c.crf_decode(inputs[:, :1], transitions, [1, 1, 0])
    return {
        "multitag": c.crf_multitag_sequence_score(inputs, bitmap, lengths, transitions),
        "tags": best,
        "score": score,
        "one_tags": none,
        "one_score": zero,
        "empty": c.crf_log_norm(inputs, tf.constant([0, 1, 2]), transitions),
    }
