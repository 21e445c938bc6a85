"""Decoders that read the outputs of an encoder."""

import tensorflow.compat.v1 as tf

from legacy.contrib.legacy_seq2seq.decoders import embedded, require_projection
from legacy.contrib.rnn.base import dense

__all__ = [
    "attention_decoder",
    "embedding_attention_decoder",
]


def attention_decoder(
    decoder_inputs,
    initial_state,
    attention_states,
    cell,
    output_size=None,
    num_heads=1,
    loop_function=None,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """Vinyals et al. 2014, eq. 3: each step reads `attention_states` [B, L, S].

    Variables AttnW_k [1, 1, S, S], AttnV_k [S], kernel and bias (inputs and readings
    to inputs), Attention_k/, AttnOutputProjection/. ValueError for no inputs, no
    heads or an unknown S.
    """
    if not decoder_inputs or num_heads < 1:
        raise ValueError(
            "Expected at least one decoder input and one head. Received: "
            f"{len(decoder_inputs)} and {num_heads}"
        )
    size = tf.dimension_value(attention_states.shape[2])
    if size is None:
        raise ValueError(
            "Expected attention_states with a known last dimension. Received: "
            f"{attention_states}"
        )
    output_size = output_size or cell.output_size
    with tf.variable_scope(scope or "attention_decoder", dtype=dtype) as scope:
        batch = tf.shape(decoder_inputs[0])[0]
        heads = []
        for head in range(num_heads):
            w = tf.get_variable(f"AttnW_{head}", [1, 1, size, size])
            keys = tf.tensordot(attention_states, w[0, 0], 1)
            heads.append((keys, tf.get_variable(f"AttnV_{head}", [size])))

        def read(query):
            query = tf.concat(tf.nest.flatten(query), 1)
            readings = []
            for head, (keys, v) in enumerate(heads):
                with tf.variable_scope(f"Attention_{head}"):
                    q = tf.expand_dims(dense(query, size), 1)
                    scores = tf.reduce_sum(v * tf.tanh(keys + q), 2)
                    weights = tf.expand_dims(tf.nn.softmax(scores), 2)
                    readings.append(tf.reduce_sum(weights * attention_states, 1))
            return readings

        state, outputs = initial_state, []
        readings = [tf.zeros([batch, size], scope.dtype) for _ in heads]
        for reading in readings:
            reading.set_shape([None, size])
        if initial_state_attention:
            readings = read(initial_state)
        for step, inputs in enumerate(decoder_inputs):
            if step:
                tf.get_variable_scope().reuse_variables()
                if loop_function is not None:
                    with tf.variable_scope("loop_function", reuse=True):
                        inputs = loop_function(outputs[-1], step)
            mixed = dense([inputs, *readings], tf.dimension_value(inputs.shape[1]))
            output, state = cell(mixed, state)
            again = True if initial_state_attention and not step else None
            with tf.variable_scope(tf.get_variable_scope(), reuse=again):
                readings = read(state)
            with tf.variable_scope("AttnOutputProjection"):
                outputs.append(dense([output, *readings], output_size))
        return outputs, state


def embedding_attention_decoder(
    decoder_inputs,
    initial_state,
    attention_states,
    cell,
    num_symbols,
    embedding_size,
    num_heads=1,
    output_size=None,
    output_projection=None,
    feed_previous=False,
    update_embedding_for_previous=True,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """`attention_decoder` over symbols [B]."""
    output_size = output_size or cell.output_size
    require_projection(output_projection, num_symbols, output_size)
    with tf.variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        vectors, loop = embedded(
            decoder_inputs,
            num_symbols,
            embedding_size,
            output_projection,
            feed_previous,
            update_embedding_for_previous,
        )
        return attention_decoder(
            vectors,
            initial_state,
            attention_states,
            cell,
            output_size=output_size,
            num_heads=num_heads,
            loop_function=loop,
            initial_state_attention=initial_state_attention,
        )
