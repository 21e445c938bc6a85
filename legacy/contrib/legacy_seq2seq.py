"""`tf.contrib.legacy_seq2seq` (once `tf.nn.seq2seq`): models over lists of steps.

Sutskever et al. 2014 (sequence to sequence), Vinyals et al. 2014 (attention). Inputs
are lists of T tensors [B] or [B, D]; every model gives (outputs, final state), the
outputs a list of [B, size]. Variables are named as TensorFlow 1.15 names them.
"""

import copy
import inspect

import tensorflow.compat.v1 as tf

from legacy.contrib.rnn import scopes
from legacy.contrib.rnn.base import dense
from legacy.contrib.rnn.wrappers import EmbeddingWrapper, OutputProjectionWrapper

_PUBLIC = """attention_decoder basic_rnn_seq2seq embedding_attention_decoder
embedding_attention_seq2seq embedding_rnn_decoder embedding_rnn_seq2seq
embedding_tied_rnn_seq2seq model_with_buckets one2many_rnn_seq2seq rnn_decoder
sequence_loss sequence_loss_by_example tied_rnn_seq2seq"""
NAMES = {
    name: f"{__name__}:{name}"
    for name in [*_PUBLIC.split(), "_extract_argmax_and_embed"]
}


def _of_encoder(cell):
    """The encoder's cell: the same up to 1.0, whose scope tells its weights apart."""
    return cell if scopes.by_scope() else copy.deepcopy(cell)


def _extract_argmax_and_embed(embedding, output_projection=None, update_embedding=True):
    """(output, step) -> the vector of its likeliest symbol, for the next step."""

    def embed(output, _):
        if output_projection is not None:
            output = tf.nn.xw_plus_b(output, *output_projection)
        vector = tf.nn.embedding_lookup(embedding, tf.argmax(output, 1))
        return vector if update_embedding else tf.stop_gradient(vector)

    return embed


def rnn_decoder(decoder_inputs, initial_state, cell, loop_function=None, scope=None):
    """The cell over the inputs; after the first step, over
    `loop_function(output, step)` instead where it is given."""
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


def _projection_checked(output_projection, num_symbols, width=None):
    if output_projection is None:
        return
    weights, biases = (tf.convert_to_tensor(p) for p in output_projection)
    weights.shape.assert_is_compatible_with([width, num_symbols])
    biases.shape.assert_is_compatible_with([num_symbols])


def _embedded(decoder_inputs, num_symbols, size, projection, feed_previous, update):
    """(vectors of the inputs, loop function or None); the variable `embedding`."""
    table = tf.get_variable("embedding", [num_symbols, size])
    loop = None
    if feed_previous:
        loop = _extract_argmax_and_embed(table, projection, update)
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
    """`rnn_decoder` over symbols [B]; with `feed_previous` over its own best ones."""
    with tf.variable_scope(scope or "embedding_rnn_decoder") as scope:
        _projection_checked(output_projection, num_symbols)
        vectors, loop = _embedded(
            decoder_inputs,
            num_symbols,
            embedding_size,
            output_projection,
            feed_previous,
            update_embedding_for_previous,
        )
        return rnn_decoder(vectors, initial_state, cell, loop)


def _either(feed_previous, decode, state):
    """decode(feed_previous) -> (outputs, state), also where it is a bool tensor."""
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
    """Symbols to symbols; outputs [B, num_decoder_symbols] unless projected later."""
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
        _projection_checked(output_projection, num_symbols)
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
                loop = _extract_argmax_and_embed(table, output_projection)
            return tied_rnn_seq2seq(source, target, cell, loop, dtype or scope.dtype)

        return _either(feed_previous, decode, start)


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
    _projection_checked(output_projection, num_symbols, output_size)
    with tf.variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        vectors, loop = _embedded(
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


def _losses(function, target, logit):
    """A user's softmax_loss_function, called as its release called it.

    From 1.1 by the names labels and logits; 1.0 (labels, logits); up to 0.12 (logits,
    labels). Told apart by the names of its parameters.
    """
    names = list(inspect.signature(function).parameters)
    if {"labels", "logits"} <= set(names):
        return function(labels=target, logits=logit)
    if names[:1] and names[0].startswith(("label", "target")):
        return function(target, logit)
    return function(logit, target)


def sequence_loss_by_example(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    softmax_loss_function=None,
    name=None,
):
    """Weighted cross entropy of each example, [B]; lists of [B, V], [B], [B].

    ValueError when the lists differ in length.
    """
    if not len(logits) == len(targets) == len(weights):
        raise ValueError(
            "Expected logits, targets and weights of one length. Received: "
            f"{len(logits)}, {len(targets)}, {len(weights)}"
        )
    with tf.name_scope(name, "sequence_loss_by_example", logits + targets + weights):
        losses = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                target = tf.reshape(target, [-1])
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
                    labels=target, logits=logit
                )
            else:
                loss = _losses(softmax_loss_function, target, logit)
            losses.append(loss * weight)
        total = tf.add_n(losses)
        if average_across_timesteps:
            total /= tf.add_n(weights) + 1e-12
        return total


def sequence_loss(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    average_across_batch=True,
    softmax_loss_function=None,
    name=None,
):
    """The sum (or mean) over the batch of `sequence_loss_by_example`: a scalar."""
    with tf.name_scope(name, "sequence_loss", logits + targets + weights):
        cost = tf.reduce_sum(
            sequence_loss_by_example(
                logits,
                targets,
                weights,
                average_across_timesteps,
                softmax_loss_function,
            )
        )
        if average_across_batch:
            cost /= tf.cast(tf.shape(targets[0])[0], cost.dtype)
        return cost


def model_with_buckets(
    encoder_inputs,
    decoder_inputs,
    targets,
    weights,
    buckets,
    seq2seq,
    softmax_loss_function=None,
    per_example_loss=False,
    name=None,
):
    """(outputs, losses) of each bucket (source length, target length), one model.

    ValueError where the longest bucket needs more inputs than there are.
    """
    for what, given, wanted in (
        ("encoder_inputs", encoder_inputs, buckets[-1][0]),
        ("targets", targets, buckets[-1][1]),
        ("weights", weights, buckets[-1][1]),
    ):
        if len(given) < wanted:
            raise ValueError(
                f"Expected at least {wanted} {what}, for the last bucket. "
                f"Received: {len(given)}"
            )
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    outputs, losses = [], []
    everything = encoder_inputs + decoder_inputs + targets + weights
    with tf.name_scope(name, "model_with_buckets", everything):
        for number, (source, target) in enumerate(buckets):
            with tf.variable_scope(
                tf.get_variable_scope(), reuse=True if number else None
            ):
                found, _ = seq2seq(encoder_inputs[:source], decoder_inputs[:target])
            outputs.append(found)
            losses.append(
                loss(
                    found,
                    targets[:target],
                    weights[:target],
                    softmax_loss_function=softmax_loss_function,
                )
            )
    return outputs, losses
