"""Decoder functions of TensorFlow 1.0: (time, state, input, output, context) -> step.

A decoder function gives (done [B] or None, state, input, output, context); at the
first step it is called without a state and an output.
"""

import tensorflow.compat.v1 as tf
from tf_slim.layers.layers import linear

__all__ = [
    "attention_decoder_fn_inference",
    "attention_decoder_fn_train",
    "dynamic_rnn_decoder",
    "prepare_attention",
    "simple_decoder_fn_inference",
    "simple_decoder_fn_train",
]

nest = tf.nest


def simple_decoder_fn_train(encoder_state, name=None):
    """The next input is the data's: for `dynamic_rnn_decoder` with inputs."""

    def decoder_fn(time, cell_state, cell_input, cell_output, context_state):
        state = encoder_state if cell_state is None else cell_state
        return None, state, cell_input, cell_output, context_state

    return decoder_fn


def simple_decoder_fn_inference(
    output_fn,
    encoder_state,
    embeddings,
    start_of_sequence_id,
    end_of_sequence_id,
    maximum_length,
    num_decoder_symbols,
    dtype=tf.int32,
    name=None,
):
    """Reads the embedding of its likeliest symbol, until the end symbol or length."""
    generate = _generator(
        output_fn,
        embeddings,
        start_of_sequence_id,
        end_of_sequence_id,
        maximum_length,
        num_decoder_symbols,
        dtype,
    )

    def decoder_fn(time, cell_state, cell_input, cell_output, context_state):
        _refuse_input(cell_input)
        state = encoder_state if cell_state is None else cell_state
        done, following, output = generate(time, cell_output, state)
        return done, state, following, output, context_state

    return decoder_fn


def _refuse_input(cell_input):
    if cell_input is not None:
        raise ValueError(
            "Expected no inputs: this decoder function reads its own outputs. "
            f"Received: {cell_input}"
        )


def _generator(output_fn, embeddings, start, end, maximum_length, symbols, dtype):
    """(time, cell output, state) -> (done [B], next input, logits)."""

    def generate(time, cell_output, state):
        batch = tf.shape(nest.flatten(state)[0])[0]
        if cell_output is None:
            ids = tf.fill([batch], tf.cast(start, dtype))
            done = tf.zeros([batch], tf.bool)
            logits = tf.zeros([symbols], tf.float32)
        else:
            logits = output_fn(cell_output)
            ids = tf.cast(tf.argmax(logits, 1), dtype)
            done = tf.equal(ids, tf.cast(end, dtype))
        done = tf.logical_or(done, tf.fill(tf.shape(done), time > maximum_length))
        return done, tf.gather(embeddings, ids), logits

    return generate


def attention_decoder_fn_train(
    encoder_state,
    attention_keys,
    attention_values,
    attention_score_fn,
    attention_construct_fn,
    name=None,
):
    """`simple_decoder_fn_train` with attention in the inputs and outputs."""

    def decoder_fn(time, cell_state, cell_input, cell_output, context_state):
        if cell_state is None:
            cell_state, attention = encoder_state, _start_of(encoder_state)
        else:
            attention = cell_output = attention_construct_fn(
                cell_output, attention_keys, attention_values
            )
        following = tf.concat([cell_input, attention], 1)
        return None, cell_state, following, cell_output, context_state

    return decoder_fn


def attention_decoder_fn_inference(
    output_fn,
    encoder_state,
    attention_keys,
    attention_values,
    attention_score_fn,
    attention_construct_fn,
    embeddings,
    start_of_sequence_id,
    end_of_sequence_id,
    maximum_length,
    num_decoder_symbols,
    dtype=tf.int32,
    name=None,
):
    """`simple_decoder_fn_inference` with attention in the inputs and outputs."""
    generate = _generator(
        output_fn,
        embeddings,
        start_of_sequence_id,
        end_of_sequence_id,
        maximum_length,
        num_decoder_symbols,
        dtype,
    )

    def decoder_fn(time, cell_state, cell_input, cell_output, context_state):
        _refuse_input(cell_input)
        if cell_state is None:
            cell_state, attention, output = (
                encoder_state,
                _start_of(encoder_state),
                None,
            )
        else:
            attention = output = attention_construct_fn(
                cell_output, attention_keys, attention_values
            )
        done, following, logits = generate(time, output, cell_state)
        return (
            done,
            cell_state,
            tf.concat([following, attention], 1),
            logits,
            context_state,
        )

    return decoder_fn


def _start_of(state):
    """Zeros as wide as the top layer's output: an LSTM's h, else the state."""
    if isinstance(state, tuple):
        top = state[-1]
        return _start_of(top) if isinstance(top, tuple) else tf.zeros_like(top)
    return tf.zeros_like(state)


def prepare_attention(attention_states, attention_option, num_units, reuse=False):
    """(keys [B, L, units], values, score function, construct function).

    `attention_option` "bahdanau" or "luong" (ValueError otherwise). Variables
    attention_keys/weights, attention_score/{attnW, attnV}, attention_construct/weights.
    """
    if attention_option not in ("bahdanau", "luong"):
        raise ValueError(
            "Expected attention_option 'bahdanau' or 'luong'. Received: "
            f"{attention_option!r}"
        )
    with tf.variable_scope("attention_keys", reuse=reuse) as scope:
        keys = linear(attention_states, num_units, biases_initializer=None, scope=scope)
    additive = attention_option == "bahdanau"
    if additive:
        with tf.variable_scope("attention_score", reuse=reuse):
            w = tf.get_variable("attnW", [num_units, num_units])
            v = tf.get_variable("attnV", [num_units])

    def score_fn(query, keys, values):
        """The context [B, D] that a query [B, units] reads out of the values."""
        if additive:
            query = tf.expand_dims(tf.matmul(query, w), 1)
            scores = tf.reduce_sum(v * tf.tanh(keys + query), 2)
        else:
            scores = tf.reduce_sum(keys * tf.expand_dims(query, 1), 2)
        weights = tf.expand_dims(tf.nn.softmax(scores), 2)
        return tf.reduce_sum(weights * values, 1)

    def construct_fn(query, keys, values):
        with tf.variable_scope("attention_construct", reuse=reuse) as scope:
            both = tf.concat([query, score_fn(query, keys, values)], 1)
            return linear(both, num_units, biases_initializer=None, scope=scope)

    return keys, attention_states, score_fn, construct_fn


def dynamic_rnn_decoder(
    cell,
    decoder_fn,
    inputs=None,
    sequence_length=None,
    parallel_iterations=None,
    swap_memory=False,
    time_major=False,
    scope=None,
    name=None,
):
    """Runs a decoder function: (outputs [B, T, ...], state, context).

    With `inputs` [B, T, D] it stops at `sequence_length` (default T) unless the
    function says when it is done; without, it must. Variables as in `dynamic_rnn`.
    """
    with tf.name_scope(name, "dynamic_rnn_decoder", [inputs, sequence_length]):
        array = lengths = None
        if inputs is not None:
            steps_first = inputs if time_major else tf.transpose(inputs, [1, 0, 2])
            shape = tf.shape(steps_first)
            width = tf.dimension_value(inputs.shape[2])
            array = tf.TensorArray(inputs.dtype, shape[0]).unstack(steps_first)
            lengths = tf.fill([shape[1]], shape[0])
        if sequence_length is not None:
            lengths = tf.cast(sequence_length, tf.int32)

        def read(time):
            if array is None:
                return None
            row = tf.cond(
                tf.equal(time, shape[0]),
                lambda: tf.zeros([shape[1], width], inputs.dtype),
                lambda: array.read(time),
            )
            row.set_shape([None, width])
            return row

        def loop(time, cell_output, cell_state, context):
            done, state, following, output, context = decoder_fn(
                time, cell_state, read(time), cell_output, context
            )
            if done is None:
                if lengths is None:
                    raise ValueError(
                        "Expected inputs, or a decoder function that says when it is "
                        "done. Received: neither"
                    )
                done = time >= lengths
            if context is None:
                context = tf.zeros([], tf.int32)  # a loop can't carry None
            return done, following, state, output, context

        outputs, state, context = tf.nn.raw_rnn(
            cell,
            loop,
            parallel_iterations=parallel_iterations,
            swap_memory=swap_memory,
            scope=scope,
        )
        outputs = outputs.stack()
        if not time_major:
            outputs = tf.transpose(outputs, [1, 0, 2])
    return outputs, state, context
