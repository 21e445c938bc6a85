"""tf.contrib.legacy_seq2seq (0.12: tf.nn.seq2seq): every model and loss."""

import numpy as np
from harness import ALL, flatten, scenario, values

NEW = ("1.15.5",)


def homes(tf):
    """(models, cells) where the release has them."""
    models = getattr(tf.contrib, "legacy_seq2seq", None) or tf.nn.seq2seq
    cells = tf.contrib.rnn if hasattr(tf.contrib.rnn, "GRUCell") else tf.nn.rnn_cell
    return models, cells


def symbols(tf, steps, seed):
    draw = np.random.RandomState(seed).randint(0, 5, (steps, 3))
    return [tf.constant(row, tf.int32) for row in draw]


def vectors(tf, steps, seed):
    return [tf.constant(values((3, 4), seed + step)) for step in range(steps)]


def result(outputs, state):
    return dict(flatten("output", list(outputs)), **flatten("state", state))


@scenario(NEW)
def basic(tf):
    m, r = homes(tf)
    return result(
        *m.basic_rnn_seq2seq(vectors(tf, 3, 1), vectors(tf, 2, 7), r.BasicLSTMCell(2))
    )


@scenario(ALL, gradients=False)
def tied(tf):
    m, r = homes(tf)
    return result(
        *m.tied_rnn_seq2seq(
            vectors(tf, 3, 1), vectors(tf, 2, 7), r.GRUCell(4), lambda out, i: out * i
        )
    )


@scenario(NEW)
def embedded(tf):
    m, r = homes(tf)
    return result(
        *m.embedding_rnn_seq2seq(
            symbols(tf, 3, 1),
            symbols(tf, 3, 2),
            r.BasicLSTMCell(2),
            5,
            6,
            3,
            feed_previous=True,
        )
    )


@scenario(NEW)
def embedded_by_tensor(tf):
    m, r = homes(tf)
    feed = tf.placeholder_with_default(False, [])
    return result(
        *m.embedding_rnn_seq2seq(
            symbols(tf, 3, 1),
            symbols(tf, 3, 2),
            r.GRUCell(2),
            5,
            6,
            3,
            feed_previous=feed,
        )
    )


@scenario(NEW)
def embedded_projected(tf):
    m, r = homes(tf)
    projection = tf.get_variable("pw", [2, 6]), tf.get_variable("pb", [6])
    return result(
        *m.embedding_rnn_seq2seq(
            symbols(tf, 3, 1),
            symbols(tf, 3, 2),
            r.GRUCell(2),
            5,
            6,
            3,
            output_projection=projection,
            feed_previous=True,
        )
    )


@scenario(NEW)
def embedded_tied(tf):
    m, r = homes(tf)
    parts = {}
    for number, feed in enumerate([False, True]):
        with tf.variable_scope("m%d" % number):
            outputs = result(
                *m.embedding_tied_rnn_seq2seq(
                    symbols(tf, 3, 1),
                    symbols(tf, 2, 2),
                    r.BasicLSTMCell(2),
                    6,
                    3,
                    num_decoder_symbols=None if number else 5,
                    feed_previous=feed,
                )
            )
            parts.update(("%d_%s" % (number, k), v) for k, v in outputs.items())
    return parts


@scenario(NEW)
def attention(tf):
    m, r = homes(tf)
    parts = {}
    for number, options in enumerate(
        [
            {},
            {"num_heads": 2, "initial_state_attention": True, "output_size": 3},
            {"loop_function": lambda out, i: out * i, "output_size": 4},
        ]
    ):
        with tf.variable_scope("m%d" % number):
            states = tf.constant(values((3, 5, 2), 9))
            outputs = result(
                *m.attention_decoder(
                    vectors(tf, 3, 1),
                    tf.constant(values((3, 2), 8)),
                    states,
                    r.GRUCell(2),
                    **options
                )
            )
            parts.update(("%d_%s" % (number, k), v) for k, v in outputs.items())
    return parts


@scenario(NEW)
def embedded_attention(tf):
    m, r = homes(tf)
    parts = {}
    for number, options in enumerate(
        [
            {},
            {"feed_previous": True, "num_heads": 2},
        ]
    ):
        with tf.variable_scope("m%d" % number):
            outputs = result(
                *m.embedding_attention_seq2seq(
                    symbols(tf, 3, 1),
                    symbols(tf, 3, 2),
                    r.BasicLSTMCell(2),
                    5,
                    6,
                    3,
                    **options
                )
            )
            parts.update(("%d_%s" % (number, k), v) for k, v in outputs.items())
    return parts


@scenario(NEW, gradients=False)
def fed_by_tensor(tf):
    """Outputs only: 1.15.5's gradient of an embedding used both in a `tf.cond` and
    before it is wrong (finite differences agree with today's TensorFlow)."""
    m, r = homes(tf)
    feed = tf.placeholder_with_default(True, [])
    first = result(
        *m.embedding_tied_rnn_seq2seq(
            symbols(tf, 3, 1),
            symbols(tf, 2, 2),
            r.BasicLSTMCell(2),
            6,
            3,
            feed_previous=feed,
        )
    )
    second = result(
        *m.embedding_attention_seq2seq(
            symbols(tf, 3, 1),
            symbols(tf, 3, 2),
            r.BasicLSTMCell(2),
            5,
            6,
            3,
            feed_previous=feed,
        )
    )
    return dict(first, **{"b_" + key: value for key, value in second.items()})


@scenario(NEW)
def one_to_many(tf):
    m, r = homes(tf)
    outputs, states = m.one2many_rnn_seq2seq(
        symbols(tf, 3, 1),
        {"a": symbols(tf, 2, 2)},
        r.GRUCell(2),
        {"a": r.GRUCell(2)},
        5,
        {"a": 4},
        3,
    )
    return result(outputs["a"], states["a"])


@scenario(ALL)
def losses(tf):
    m, _ = homes(tf)
    weights = tf.get_variable("w", [4, 5])
    logits = [tf.matmul(v, weights) for v in vectors(tf, 3, 1)]
    targets = symbols(tf, 3, 3)
    importance = [tf.constant([1.0, 0.5, 0.0]) * i for i in (1.0, 2.0, 0.5)]
    return {
        "mean": m.sequence_loss(logits, targets, importance),
        "sum": m.sequence_loss(logits, targets, importance, False, False),
        "each": m.sequence_loss_by_example(logits, targets, importance),
    }


@scenario(("1.0.0",))
def buckets_1_0(tf):
    return buckets_of(
        tf,
        lambda labels, inputs: tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=labels, logits=inputs
        ),
    )


@scenario(NEW)
def buckets(tf):
    return buckets_of(
        tf,
        lambda labels, logits: (
            2
            * tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=labels, logits=logits
            )
        ),
    )


def buckets_of(tf, loss):
    m, r = homes(tf)
    cell = r.GRUCell(4)

    def model(encoder, decoder):
        return m.tied_rnn_seq2seq(encoder, decoder, cell)

    outputs, losses = m.model_with_buckets(
        vectors(tf, 3, 1),
        vectors(tf, 4, 5),
        symbols(tf, 4, 1),
        [tf.ones([3])] * 4,
        [(2, 3), (3, 4)],
        lambda e, d: (lambda o, s: ([tf.concat([x, x], 1) for x in o], s))(
            *model(e, d)
        ),
        softmax_loss_function=loss,
    )
    return dict(flatten("loss", losses), **flatten("output", outputs))
