"""A cell over the steps of a decoder."""

import tensorflow.compat.v1 as tf

__all__ = [
    "embedding_rnn_decoder",
    "rnn_decoder",
]


def extract_argmax_and_embed(embedding, output_projection=None, update_embedding=True):
    """A function (output, step) -> the embedding of the output's most likely symbol."""

    def embed(output, _):
        if output_projection is not None:
            output = tf.nn.xw_plus_b(output, *output_projection)
        vector = tf.nn.embedding_lookup(embedding, tf.argmax(output, 1))
        return vector if update_embedding else tf.stop_gradient(vector)

    return embed


def rnn_decoder(decoder_inputs, initial_state, cell, loop_function=None, scope=None):
    """Runs the cell over the inputs.

    If there is a `loop_function`, all steps but the first read
    `loop_function(last output, step)` instead.
    """
    with tf.variable_scope(scope or "rnn_decoder"):
        state, outputs = initial_state, []
        for step, inputs in enumerate(decoder_inputs):
            if step:
                tf.get_variable_scope().reuse_variables()
                if loop_function is not None:
                    with tf.variable_scope("loop_function", reuse=True):
                        inputs = loop_function(outputs[-1], step)
            output, state = cell(inputs, state)
            outputs.append(output)
        return outputs, state


def require_projection(output_projection, num_symbols, width=None):
    if output_projection is None:
        return
    weights, biases = (tf.convert_to_tensor(p) for p in output_projection)
    weights.shape.assert_is_compatible_with([width, num_symbols])
    biases.shape.assert_is_compatible_with([num_symbols])


def embedded(decoder_inputs, num_symbols, size, projection, feed_previous, update):
    """(vectors of the inputs, loop function or None); the variable `embedding`."""
    table = tf.get_variable("embedding", [num_symbols, size])
    loop = None
    if feed_previous:
        loop = extract_argmax_and_embed(table, projection, update)
    return [tf.nn.embedding_lookup(table, i) for i in decoder_inputs], loop


def embedding_rnn_decoder(
    decoder_inputs,
    initial_state,
    cell,
    num_symbols,
    embedding_size,
    output_projection=None,
    feed_previous=False,
    update_embedding_for_previous=True,
    scope=None,
):
    """`rnn_decoder` over symbols [B]; with `feed_previous`, over its own symbols."""
    with tf.variable_scope(scope or "embedding_rnn_decoder") as scope:
        require_projection(output_projection, num_symbols)
        vectors, loop = embedded(
            decoder_inputs,
            num_symbols,
            embedding_size,
            output_projection,
            feed_previous,
            update_embedding_for_previous,
        )
        return rnn_decoder(vectors, initial_state, cell, loop)
