"""Models: an encoder, then one decoder or several."""

import copy

import tensorflow.compat.v1 as tf

from legacy.contrib.legacy_seq2seq.attention import embedding_attention_decoder
from legacy.contrib.legacy_seq2seq.decoders import (
    embedding_rnn_decoder,
    extract_argmax_and_embed,
    require_projection,
    rnn_decoder,
)
from legacy.contrib.rnn import scopes
from legacy.contrib.rnn.wrappers import EmbeddingWrapper, OutputProjectionWrapper

__all__ = [
    "basic_rnn_seq2seq",
    "embedding_attention_seq2seq",
    "embedding_rnn_seq2seq",
    "embedding_tied_rnn_seq2seq",
    "one2many_rnn_seq2seq",
    "tied_rnn_seq2seq",
]


def _of_encoder(cell):
    """The encoder's cell: a copy, or, up to 1.0, the same with weights by its scope."""
    return cell if scopes.by_scope() else copy.deepcopy(cell)


def _either(feed_previous, decode, state):
    """decode(feed_previous) -> (outputs, state); a bool or a bool tensor decides."""
    if isinstance(feed_previous, bool):
        return decode(feed_previous)

    def branch(feed):
        scope = tf.get_variable_scope()
        with tf.variable_scope(scope, reuse=None if feed else True):
            outputs, last = decode(feed)
            return list(outputs) + tf.nest.flatten(last)

    flat = tf.cond(feed_previous, lambda: branch(True), lambda: branch(False))
    parts = len(tf.nest.flatten(state))
    return flat[:-parts], tf.nest.pack_sequence_as(state, flat[-parts:])


def basic_rnn_seq2seq(
    encoder_inputs, decoder_inputs, cell, dtype=tf.float32, scope=None
):
    """An encoder with a cell of its own, then `rnn_decoder` from its last state."""
    with tf.variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = tf.nn.static_rnn(_of_encoder(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    loop_function=None,
    dtype=tf.float32,
    scope=None,
):
    """Encoder and decoder share the cell's weights."""
    with tf.variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = tf.nn.static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        tf.get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function, scope)


def embedding_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_encoder_symbols,
    num_decoder_symbols,
    embedding_size,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
):
    """Symbols to symbols.

    Outputs are [B, num_decoder_symbols], or the cell's with an `output_projection`.
    """
    with tf.variable_scope(scope or "embedding_rnn_seq2seq", dtype=dtype) as scope:
        encoder = EmbeddingWrapper(
            _of_encoder(cell), num_encoder_symbols, embedding_size
        )
        _, state = tf.nn.static_rnn(encoder, encoder_inputs, dtype=dtype or scope.dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)

        def decode(feed):
            return embedding_rnn_decoder(
                decoder_inputs,
                state,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection,
                feed_previous=feed,
            )

        return _either(feed_previous, decode, state)


def embedding_tied_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_symbols,
    embedding_size,
    num_decoder_symbols=None,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
):
    """Encoder and decoder share the cell and the embedding."""
    with tf.variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as scope:
        require_projection(output_projection, num_symbols)
        table = tf.get_variable("embedding", [num_symbols, embedding_size])
        source, target = (
            [tf.nn.embedding_lookup(table, i) for i in inputs]
            for inputs in (encoder_inputs, decoder_inputs)
        )
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols or num_symbols)
        start = cell.zero_state(tf.shape(source[0])[0], dtype or scope.dtype)

        def decode(feed):
            loop = None
            if feed:
                loop = extract_argmax_and_embed(table, output_projection)
            return tied_rnn_seq2seq(source, target, cell, loop, dtype or scope.dtype)

        return _either(feed_previous, decode, start)


def embedding_attention_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_encoder_symbols,
    num_decoder_symbols,
    embedding_size,
    num_heads=1,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """Symbols to symbols, the decoder reading all of the encoder's outputs."""
    with tf.variable_scope(
        scope or "embedding_attention_seq2seq", dtype=dtype
    ) as scope:
        encoder = EmbeddingWrapper(
            _of_encoder(cell), num_encoder_symbols, embedding_size
        )
        encoded, state = tf.nn.static_rnn(
            encoder, encoder_inputs, dtype=dtype or scope.dtype
        )
        memory = tf.stack(encoded, 1)
        output_size = None
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
            output_size = num_decoder_symbols

        def decode(feed):
            return embedding_attention_decoder(
                decoder_inputs,
                state,
                memory,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads=num_heads,
                output_size=output_size,
                output_projection=output_projection,
                feed_previous=feed,
                initial_state_attention=initial_state_attention,
            )

        return _either(feed_previous, decode, state)


def one2many_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs_dict,
    enc_cell,
    dec_cells_dict,
    num_encoder_symbols,
    num_decoder_symbols_dict,
    embedding_size,
    feed_previous=False,
    dtype=None,
    scope=None,
):
    """One encoder, a decoder for each key: ({key: outputs}, {key: state})."""
    outputs, states = {}, {}
    with tf.variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as scope:
        encoder = EmbeddingWrapper(enc_cell, num_encoder_symbols, embedding_size)
        _, state = tf.nn.static_rnn(encoder, encoder_inputs, dtype=dtype or scope.dtype)
        for name, inputs in decoder_inputs_dict.items():
            symbols = num_decoder_symbols_dict[name]
            with tf.variable_scope(f"one2many_decoder_{name}"):
                cell = OutputProjectionWrapper(dec_cells_dict[name], symbols)

                def decode(feed, inputs=inputs, cell=cell, symbols=symbols):
                    return embedding_rnn_decoder(
                        inputs, state, cell, symbols, embedding_size, feed_previous=feed
                    )

                outputs[name], states[name] = _either(feed_previous, decode, state)
    return outputs, states
