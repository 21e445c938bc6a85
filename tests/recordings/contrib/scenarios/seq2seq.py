"""tf.contrib.seq2seq: 1.15's decoders, attention and beam search; 1.0's functions."""

import numpy as np
from harness import flatten, scenario, values

NEW, OLD = ("1.15.5",), ("1.0.0",)
LENGTHS = [2, 4, 3]


def inputs(tf, seed=1, shape=(3, 4, 2)):
    return tf.constant(values(shape, seed))


def decoded(tf, decoder, **options):
    outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder, **options)
    result = dict(flatten("outputs", outputs), lengths=lengths)
    result.update(flatten("state", state))
    return {k: v for k, v in result.items() if isinstance(v, tf.Tensor)}


def prefixed(prefix, parts):
    return {"%s_%s" % (prefix, key): value for key, value in parts.items()}


@scenario(NEW)
def training(tf):
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    helper = s.TrainingHelper(inputs(tf), LENGTHS)
    cell = r.BasicLSTMCell(3)
    result = decoded(tf, s.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32)))
    with tf.variable_scope("two"):
        helper = s.TrainingHelper(inputs(tf, 2, (4, 3, 2)), LENGTHS, time_major=True)
        cell = r.GRUCell(3)
        layer = tf.layers.Dense(5)
        decoder = s.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32), layer)
        result.update(
            prefixed(
                "two",
                decoded(tf, decoder, impute_finished=True, output_time_major=True),
            )
        )
    with tf.variable_scope("three"):
        helper = s.TrainingHelper(inputs(tf), LENGTHS)
        decoder = s.BasicDecoder(cell, helper, tf.ones([3, 3]))
        result.update(prefixed("three", decoded(tf, decoder, maximum_iterations=2)))
    return result


@scenario(NEW)
def sizes_unknown(tf):
    """Neither the number of rows nor that of steps is known to the graph."""
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    open_ended = tf.placeholder_with_default(values((3, 4, 2), 1), [None, None, 2])
    lengths = tf.placeholder_with_default(np.array(LENGTHS, np.int32), [None])
    cell = r.GRUCell(2)
    start = cell.zero_state(tf.shape(open_ended)[0], tf.float32)
    table = tf.get_variable("table", [2, 2])
    result = {}
    for name, helper in (
        ("t", s.TrainingHelper(open_ended, lengths)),
        ("e", s.ScheduledEmbeddingTrainingHelper(open_ended, lengths, table, 0.0)),
        ("o", s.ScheduledOutputTrainingHelper(open_ended, lengths, 1.0)),
    ):
        with tf.variable_scope(name):
            result.update(
                prefixed(name, decoded(tf, s.BasicDecoder(cell, helper, start)))
            )
    return result


@scenario(NEW, gradients=False)
def greedy(tf):
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    table = tf.get_variable("table", [6, 2])
    helper = s.GreedyEmbeddingHelper(table, [0, 1, 2], 4)
    cell = r.GRUCell(3)
    layer = tf.layers.Dense(6, use_bias=False, name="words")
    decoder = s.BasicDecoder(cell, helper, 3 * inputs(tf, 3, (3, 3)), layer)
    result = decoded(tf, decoder, maximum_iterations=7)
    with tf.variable_scope("peaked"):
        # Softmax at this temperature has one outcome.
        helper = s.SampleEmbeddingHelper(table, [0, 1, 2], 4, 1e-6, seed=1)
        decoder = s.BasicDecoder(cell, helper, inputs(tf, 3, (3, 3)), layer)
        result.update(prefixed("p", decoded(tf, decoder, maximum_iterations=5)))
    return result


@scenario(NEW, gradients=False)
def scheduled(tf):
    """Probabilities 0 and 1, and logits with one outcome."""
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    result = {}
    table = tf.get_variable("table", [5, 2])
    for p in (0.0, 1.0):
        with tf.variable_scope("p%d" % p):
            helper = s.ScheduledEmbeddingTrainingHelper(
                inputs(tf), LENGTHS, table, p, seed=1, scheduling_seed=2
            )
            cell = r.GRUCell(3)
            decoder = s.BasicDecoder(
                cell,
                helper,
                inputs(tf, 5, (3, 3)),
                tf.layers.Dense(5, activation=lambda x: 1e6 * x),
            )
            result.update(prefixed("e%d" % p, decoded(tf, decoder)))
            extra = inputs(tf, 9, (3, 4, 1))
            helper = s.ScheduledOutputTrainingHelper(
                inputs(tf),
                LENGTHS,
                p,
                next_inputs_fn=lambda x: 2 * x,
                auxiliary_inputs=extra,
            )
            cell = r.BasicLSTMCell(2)
            decoder = s.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32))
            result.update(prefixed("o%d" % p, decoded(tf, decoder)))
    return result


@scenario(NEW)
def helpers_of_functions(tf):
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    helper = s.InferenceHelper(
        sample_fn=lambda out: tf.nn.relu(out),
        sample_shape=[3],
        sample_dtype=tf.float32,
        start_inputs=inputs(tf, 1, (2, 3)),
        end_fn=lambda sample: tf.reduce_sum(sample, 1) > 9.0,
    )
    cell = r.GRUCell(3)
    decoder = s.BasicDecoder(cell, helper, tf.zeros([2, 3]))
    result = decoded(tf, decoder, maximum_iterations=4)
    helper = s.CustomHelper(
        lambda: (tf.constant([False, False]), inputs(tf, 1, (2, 3))),
        lambda time, outputs, state: tf.argmax(outputs, 1, output_type=tf.int32),
        lambda time, outputs, state, sample_ids: (
            tf.equal(sample_ids, 1),
            outputs,
            state,
        ),
    )
    with tf.variable_scope("custom"):
        decoder = s.BasicDecoder(cell, helper, inputs(tf, 4, (2, 3)))
        result.update(prefixed("c", decoded(tf, decoder, maximum_iterations=4)))
    return result


def attending(tf, number, mechanism, memory=True, **options):
    """One attention decoder in a scope of its own."""
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    with tf.variable_scope("m%d" % number):
        memory = inputs(tf, 3, (3, 5, 4))
        made = mechanism(memory)
        cell = s.AttentionWrapper(r.BasicLSTMCell(3), made, **options)
        helper = s.TrainingHelper(inputs(tf), LENGTHS)
        decoder = s.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32))
        return prefixed("%d" % number, decoded(tf, decoder))


@scenario(NEW)
def attention(tf):
    s = tf.contrib.seq2seq
    result = {}
    for number, (mechanism, options) in enumerate(
        [
            (lambda m: s.BahdanauAttention(2, m), {}),
            (
                lambda m: s.BahdanauAttention(2, m, [5, 3, 1], normalize=True),
                {"attention_layer_size": 4},
            ),
            (lambda m: s.LuongAttention(3, m, [5, 3, 1]), {"output_attention": False}),
            (
                lambda m: s.LuongAttention(3, m, scale=True, probability_fn=s.hardmax),
                {
                    "attention_layer_size": 2,
                    "cell_input_fn": lambda x, a: tf.concat([a, x], 1),
                },
            ),
            (
                lambda m: [
                    s.LuongAttention(3, m),
                    s.BahdanauAttention(2, m, [1, 2, 3]),
                ],
                {"attention_layer_size": [2, 3]},
            ),
            (
                lambda m: s.LuongAttention(3, m),
                {"attention_layer": tf.layers.Dense(2, activation=tf.tanh, name="own")},
            ),
        ]
    ):
        result.update(attending(tf, number, mechanism, **options))
    return result


@scenario(NEW)
def monotonic(tf):
    s = tf.contrib.seq2seq
    result = {}
    for number, mechanism in enumerate(
        [
            lambda m: s.BahdanauMonotonicAttention(
                2, m, [5, 3, 1], score_bias_init=-1.0
            ),
            lambda m: s.BahdanauMonotonicAttention(
                2, m, normalize=True, mode="recursive"
            ),
            lambda m: s.LuongMonotonicAttention(3, m, scale=True, mode="hard"),
            lambda m: s.LuongMonotonicAttention(3, m, [5, 3, 1]),
        ]
    ):
        result.update(attending(tf, number, mechanism))
    p, previous = tf.nn.sigmoid(inputs(tf, 1, (3, 5))), inputs(tf, 2, (3, 5))
    for mode in ("recursive", "parallel", "hard"):
        result[mode] = s.monotonic_attention(p, previous, mode)
    result["cumprod"] = s.safe_cumprod(p, axis=1, exclusive=True)
    result["hardmax"] = s.hardmax(previous)
    return result


@scenario(NEW, gradients=False)
def alignment_history(tf):
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    cell = s.AttentionWrapper(
        r.GRUCell(3),
        s.LuongAttention(3, inputs(tf, 3, (3, 5, 4))),
        alignment_history=True,
    )
    start = cell.zero_state(3, tf.float32).clone(cell_state=inputs(tf, 8, (3, 3)))
    decoder = s.BasicDecoder(cell, s.TrainingHelper(inputs(tf), LENGTHS), start)
    outputs, state, _ = s.dynamic_decode(decoder)
    return {"history": state.alignment_history.stack(), "out": outputs.rnn_output}


@scenario(NEW, gradients=False)
def beams(tf):
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    result = {}
    table = tf.get_variable("table", [6, 2])
    for number, options in enumerate(
        [
            {},
            {"length_penalty_weight": 0.8},
            {"coverage_penalty_weight": 0.3, "length_penalty_weight": 0.5},
        ]
    ):
        with tf.variable_scope("m%d" % number):
            memory = values((2, 5, 4), 3)
            if not number:  # only what isn't known beforehand is put in order
                memory = tf.placeholder_with_default(memory, [None, None, 4])
            memory = s.tile_batch(memory, 3)
            lengths = s.tile_batch(tf.constant([5, 3]), 3)
            cell = s.AttentionWrapper(
                r.BasicLSTMCell(3),
                s.BahdanauAttention(3, memory, lengths),
                attention_layer_size=4,
                alignment_history=number != 2,
            )
            start = cell.zero_state(6, tf.float32).clone(
                cell_state=r.LSTMStateTuple(
                    *(s.tile_batch(inputs(tf, 5 + i, (2, 3)), 3) for i in range(2))
                )
            )
            decoder = s.BeamSearchDecoder(
                cell,
                table,
                [0, 1],
                4,
                start,
                3,
                output_layer=tf.layers.Dense(6, activation=lambda x: 4 * x),
                **options,
            )
            outputs, state, lengths = s.dynamic_decode(decoder, maximum_iterations=6)
            result.update(
                {
                    "%d_ids" % number: outputs.predicted_ids,
                    "%d_parents"
                    % number: outputs.beam_search_decoder_output.parent_ids,
                    "%d_scores" % number: outputs.beam_search_decoder_output.scores,
                    "%d_log_probs" % number: state.log_probs,
                    "%d_finished" % number: state.finished,
                    "%d_counted" % number: state.lengths,
                    "%d_lengths" % number: lengths,
                }
            )
            if number != 2:
                history = state.cell_state.alignment_history
                history = history if isinstance(history, tf.Tensor) else history.stack()
                result["%d_history" % number] = history
    return result


@scenario(NEW, gradients=False)
def trees(tf):
    s = tf.contrib.seq2seq
    draw = np.random.RandomState(3)
    ids, parents = draw.randint(0, 6, (5, 2, 3)), draw.randint(0, 3, (5, 2, 3))
    return {
        "tree": s.gather_tree(
            tf.constant(ids, tf.int32), tf.constant(parents, tf.int32), [5, 3], 5
        ),
        "tiled": s.tile_batch(inputs(tf), 2),
    }


def losses_of(tf, options):
    s = tf.contrib.seq2seq
    logits = tf.get_variable("logits", [3, 4, 5])
    targets = tf.constant(np.random.RandomState(1).randint(0, 5, (3, 4)), tf.int32)
    weights = tf.sequence_mask(LENGTHS, 4, dtype=tf.float32)
    return {
        "loss_%d" % number: s.sequence_loss(logits, targets, weights, *flags)
        for number, flags in enumerate(options)
    }


@scenario(NEW + OLD)
def losses(tf):
    return losses_of(tf, [[], [False], [True, False], [False, False]])


@scenario(NEW)
def summed_losses(tf):
    return losses_of(
        tf,
        [
            [False, False, True, True],
            [False, False, True],
            [False, False, False, True],
            [False, True, True],
            [True, False, False, True],
        ],
    )


@scenario(OLD)
def functions_train(tf):
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    outputs, state, _ = s.dynamic_rnn_decoder(
        r.BasicLSTMCell(3, 1.0),
        s.simple_decoder_fn_train(
            r.LSTMStateTuple(inputs(tf, 2, (3, 3)), inputs(tf, 4, (3, 3)))
        ),
        inputs(tf),
        LENGTHS,
    )
    return dict(flatten("state", state), outputs=outputs)


@scenario(OLD)
def functions_attention_train(tf):
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    result = {}
    for option in ("bahdanau", "luong"):
        with tf.variable_scope(option):
            memory = s.prepare_attention(inputs(tf, 3, (3, 5, 3)), option, 3)
            outputs, state, _ = s.dynamic_rnn_decoder(
                r.GRUCell(3),
                s.attention_decoder_fn_train(inputs(tf, 2, (3, 3)), *memory),
                inputs(tf),
                LENGTHS,
            )
        result[option], result[option + "_state"] = outputs, state
    return result


@scenario(OLD, gradients=False)
def functions_inference(tf):
    s, r = tf.contrib.seq2seq, tf.contrib.rnn
    table = tf.get_variable("table", [5, 2])
    words = tf.get_variable("words", [3, 5])

    def output_fn(x):
        return 3 * tf.matmul(x, words)

    state = inputs(tf, 2, (3, 3))
    with tf.variable_scope("plain"):
        outputs, final, _ = s.dynamic_rnn_decoder(
            r.GRUCell(3),
            s.simple_decoder_fn_inference(output_fn, state, table, 0, 3, 5, 5),
        )
    with tf.variable_scope("attention"):
        memory = s.prepare_attention(inputs(tf, 3, (3, 5, 3)), "bahdanau", 3)
        attended, last, _ = s.dynamic_rnn_decoder(
            r.GRUCell(3),
            s.attention_decoder_fn_inference(
                output_fn,
                state,
                memory[0],
                memory[1],
                memory[2],
                memory[3],
                table,
                0,
                3,
                5,
                5,
            ),
        )
    return {"outputs": outputs, "final": final, "attended": attended, "last": last}


def located(s, private, tf):
    """Mechanisms as users derive them, by the attributes of the classes."""

    class Located(s.BahdanauAttention):
        """Adds where it has read; uses the masked probabilities of its base."""

        def __call__(self, query, state):
            with tf.variable_scope(None, "located", [query]):
                query = tf.expand_dims(self.query_layer(query), 1)
                where = tf.expand_dims(state, 2) * tf.ones([self._num_units])
                v = tf.get_variable("v", [self._num_units])
                energy = tf.reduce_sum(v * tf.tanh(self._keys + query + where), [2])
            alignments = self._probability_fn(energy, state)
            return alignments, alignments

    class Dot(private._BaseAttentionMechanism):
        def __init__(self, units, memory, lengths):
            layer = tf.layers.Dense(
                units, name="memory_layer", use_bias=False, dtype=tf.float32
            )
            super(Dot, self).__init__(
                query_layer=None,
                memory=memory,
                probability_fn=lambda score, _: tf.nn.softmax(score),
                memory_sequence_length=lengths,
                memory_layer=layer,
            )

        def __call__(self, query, state):
            score = private._luong_score(query, self.keys, None)
            alignments = self._probability_fn(score + state, state)
            return alignments, alignments

    return Located, Dot


@scenario(NEW)
def derived(tf):
    """Classes of users, and the functions that they import by private names."""
    s = tf.contrib.seq2seq
    try:
        from tensorflow.contrib.seq2seq.python.ops import attention_wrapper as private
        from tensorflow.contrib.seq2seq.python.ops import beam_search_decoder as beams
        from tensorflow.contrib.seq2seq.python.ops import decoder as decoders
    except ImportError:
        # Without the runner all names are those of the family.
        private = beams = decoders = s
    Located, Dot = located(s, private, tf)

    class Peeking(s.AttentionWrapper):
        def call(self, inputs, state):
            mixed = self._cell_input_fn(inputs, state.attention)
            output, cell_state = self._cell(mixed, state.cell_state)
            read, places, new = private._compute_attention(
                self._attention_mechanisms[0], output, state.attention_state, None
            )
            state = state.clone(
                time=state.time + 1,
                cell_state=cell_state,
                attention=read,
                alignments=self._item_or_tuple([places]),
                attention_state=self._item_or_tuple([new]),
            )
            return tf.concat([output, read], 1), state

        @property
        def output_size(self):
            return self._cell.output_size + self._attention_layer_size

    result = {}
    for number, mechanism in enumerate(
        [lambda m: Located(2, m, [5, 3, 1]), lambda m: Dot(3, m, [1, 5, 2])]
    ):
        result.update(attending(tf, number, mechanism, attention_layer_size=4))
    with tf.variable_scope("peeking"):
        made = Dot(3, inputs(tf, 3, (3, 5, 4)), [5, 3, 1])
        cell = Peeking(tf.contrib.rnn.BasicLSTMCell(3), made)
        decoder = s.BasicDecoder(
            cell, s.TrainingHelper(inputs(tf), LENGTHS), cell.zero_state(3, tf.float32)
        )
        result.update(prefixed("peeking", decoded(tf, decoder)))
    score, query = inputs(tf, 6, (3, 5)), inputs(tf, 7, (3, 2))
    keys = inputs(tf, 8, (3, 5, 2))
    v, g, b = tf.constant([0.5, -1.0]), tf.constant(2.0), tf.constant([0.1, 0.3])
    done = tf.constant([[False, True], [False, False], [True, False]])
    words = inputs(tf, 9, (3, 2, 4))
    picked = tf.constant([[1, 0], [0, 0], [1, 1]])
    result.update(
        masked=private._maybe_mask_score(score, [5, 2, 1], score_mask_value=-9.0),
        memory=private._prepare_memory(keys, [5, 2, 1]),
        plain=private._bahdanau_score(query, keys, v),
        normed=private._bahdanau_score(query, keys, v, g, b),
        probs=beams._mask_probs(words, 2, done),
        gathered=beams._maybe_tensor_gather_helper(picked, words, 3, 2, [6, -1]),
        flat=beams._tensor_gather_helper(picked, words[:, :, 0], 3, 2, [-1]),
        penalty=tf.convert_to_tensor(beams._length_penalty(tf.constant([1, 4]), 0.7)),
        zeros=decoders._create_zero_outputs(tf.TensorShape([2]), tf.float32, 3),
    )
    return result
