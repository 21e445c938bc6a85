"""Cells of the user's own, and one cell object in several places."""

import tensorflow as tf
from cases.parts import (
    EARLY,
    FROM_1_0,
    NEW,
    D,
    H,
    _Around,
    _both_ways,
    _built_class,
    _Call,
    _data,
    _Own,
    _OwnSum,
    _Plain,
    _Replaced,
    _run,
    _Scaled,
    _steps,
    rnn_cell,
    static_rnn,
)
from harness import only


def own_twice():
    return {"out": _run(rnn_cell.MultiRNNCell([_Own(H)] * 2))}


def own_twice_same_width():
    return {"out": _run(rnn_cell.MultiRNNCell([_Own(H)] * 2), H)}


def own_three_times_static():
    cell = rnn_cell.MultiRNNCell([_Own(H)] * 3)
    return {"out": static_rnn(cell, _steps(), dtype=tf.float32)[0]}


def own_with_a_placeholder():
    training = tf.placeholder_with_default(False, [])
    return {"out": _run(rnn_cell.MultiRNNCell([_Own(H, training)] * 2))}


def own_with_a_function():
    cell = _Own(H, activation=lambda z: tf.nn.relu(z) + 0.1)
    return {"out": _run(rnn_cell.MultiRNNCell([cell] * 2))}


def own_with_an_attribute_set_later():
    cell = _Own(H)
    cell.scale = 5.0
    return {"out": _run(rnn_cell.MultiRNNCell([cell] * 2))}


def own_attribute_set_between_calls():
    cell = _OwnSum(H)
    stack = rnn_cell.MultiRNNCell([cell] * 2)
    with tf.variable_scope("one"):
        first = _run(stack)
    cell.scale = 3.0
    with tf.variable_scope("two"):
        second = _run(stack)
    return {"first": first, "second": second}


def own_both_ways():
    forward, backward = _Own(H), _Own(H)
    stacks = [rnn_cell.MultiRNNCell([cell] * 2) for cell in (forward, backward)]
    return {"out": _both_ways(*(stacks + [D]))}


def own_same_object_both_ways():
    cell = _Own(H)
    return {"out": _both_ways(cell, cell, D)}


def own_in_two_scopes():
    stack = rnn_cell.MultiRNNCell([_Own(H)] * 2)
    with tf.variable_scope("word"):
        word = _run(stack, H)
    with tf.variable_scope("sentence"):
        sentence = tf.nn.dynamic_rnn(stack, word, dtype=tf.float32)[0]
    return {"word": word, "sentence": sentence}


def own_alone_in_two_scopes():
    cell = _Own(H)
    with tf.variable_scope("word"):
        word = _run(cell)
    with tf.variable_scope("sentence"):
        sentence = tf.nn.dynamic_rnn(cell, word, dtype=tf.float32)[0]
    return {"word": word, "sentence": sentence}


@only("0.12.1", "1.0.0")
def own_in_two_scopes_other_width():
    stack = rnn_cell.MultiRNNCell([_Own(H)] * 2)
    with tf.variable_scope("word"):
        word = _run(stack)
    with tf.variable_scope("sentence"):
        sentence = tf.nn.dynamic_rnn(stack, word, dtype=tf.float32)[0]
    return {"word": word, "sentence": sentence}


def own_in_dropout():
    keep = tf.placeholder_with_default(1.0, [])
    cell = rnn_cell.DropoutWrapper(_Own(H), output_keep_prob=keep)
    return {"out": _run(rnn_cell.MultiRNNCell([cell] * 2))}


@only(*NEW)
def own_in_residual():
    cell = rnn_cell.ResidualWrapper(_Own(H))
    return {"out": _run(rnn_cell.MultiRNNCell([cell] * 2), H)}


def own_in_embedding():
    cell = rnn_cell.EmbeddingWrapper(rnn_cell.MultiRNNCell([_OwnSum(H)] * 2), 5, 3)
    words = [tf.constant([[0], [3]]), tf.constant([[4], [1]])]
    return {"out": static_rnn(cell, words, dtype=tf.float32)[0]}


def own_without_a_tuple():
    cell = rnn_cell.MultiRNNCell([_OwnSum(H)] * 2, state_is_tuple=False)
    out, state = tf.nn.dynamic_rnn(cell, _data(), dtype=tf.float32)
    return {"out": out, "state": state}


def own_by_hand():
    cell = rnn_cell.MultiRNNCell([_Own(H)] * 2)
    state, found = cell.zero_state(2, tf.float32), []
    with tf.variable_scope("by_hand"):
        for number, step in enumerate(_steps()):
            if number:
                tf.get_variable_scope().reuse_variables()
            out, state = cell(step, state)
            found.append(out)
    return {"out": found}


def own_in_attention():
    wrapper = getattr(tf.contrib.rnn, "AttentionCellWrapper", None)
    cell = wrapper(_OwnSum(H), 2, state_is_tuple=True)
    return {"shape": _run(cell).get_shape().as_list()[1:]}


@only(*NEW)
def plain_object():
    return {"out": _run(_Plain())}


def plain_object_twice():
    return {"out": _run(rnn_cell.MultiRNNCell([_Plain()] * 2))}


def scaled_twice_same_width():
    return {"out": _run(rnn_cell.MultiRNNCell([_Scaled(H)] * 2), H)}


def scaled_twice_attribute():
    cell = _Scaled(H)
    cell.scale = 2.0
    return {"out": _run(rnn_cell.MultiRNNCell([cell] * 2), H)}


def replaced_twice():
    return {"out": _run(rnn_cell.MultiRNNCell([_Replaced(H)] * 2))}


def around_twice_same_width():
    cell = _Around(rnn_cell.GRUCell(H), 2.0)
    return {"out": _run(rnn_cell.MultiRNNCell([cell] * 2), H)}


@only(*NEW)
def call_twice_same_width():
    return {"out": _run(rnn_cell.MultiRNNCell([_Call(H)] * 2), H)}


@only(*NEW)
def call_twice_other_width():
    return {"out": _run(rnn_cell.MultiRNNCell([_Call(H)] * 2))}


@only(*NEW)
def call_with_a_tensor():
    gain = tf.constant([2.0])
    return {"out": _run(rnn_cell.MultiRNNCell([_Call(H, gain)] * 2), H)}


@only(*NEW)
def call_in_two_scopes():
    cell = _Call(H)
    with tf.variable_scope("word"):
        word = _run(cell, H)
    with tf.variable_scope("sentence"):
        return {"word": word, "sentence": _run(cell, H)}


@only(*NEW)
def built_twice_same_width():
    return {"out": _run(rnn_cell.MultiRNNCell([_built_class()(H)] * 2), H)}


@only(*NEW)
def built_in_two_scopes():
    cell = _built_class()(H)
    with tf.variable_scope("word"):
        word = _run(cell, H)
    with tf.variable_scope("sentence"):
        return {"word": word, "sentence": _run(cell, H)}


def theirs_twice_same_width():
    found = {}
    for name, cell in (
        ("basic", rnn_cell.BasicRNNCell(H)),
        ("gru", rnn_cell.GRUCell(H)),
        ("lstm", rnn_cell.BasicLSTMCell(H)),
        ("full", rnn_cell.LSTMCell(H, use_peepholes=True, num_proj=H)),
    ):
        found[name] = _run(rnn_cell.MultiRNNCell([cell] * 2), H, scope=name)
    return found


@only("0.12.1", "1.0.0")
def theirs_twice_other_width():
    found = {}
    for name, cell in (
        ("basic", rnn_cell.BasicRNNCell(H)),
        ("gru", rnn_cell.GRUCell(H)),
        ("lstm", rnn_cell.BasicLSTMCell(H)),
        ("full", rnn_cell.LSTMCell(H, use_peepholes=True, num_proj=2)),
    ):
        found[name] = _run(rnn_cell.MultiRNNCell([cell] * 2), scope=name)
    return found


def theirs_in_two_scopes():
    stack = rnn_cell.MultiRNNCell([rnn_cell.GRUCell(H)] * 2)
    with tf.variable_scope("word"):
        word = _run(stack, H)
    with tf.variable_scope("sentence"):
        return {"word": word, "sentence": _run(stack, H)}


def theirs_in_one_scope_twice():
    cell = rnn_cell.GRUCell(H)
    with tf.variable_scope("model"):
        first = _run(cell, H)
        return {"first": first, "second": _run(cell, H)}


def theirs_in_one_scope_again():
    cell = rnn_cell.MultiRNNCell([rnn_cell.BasicLSTMCell(H)] * 2)
    with tf.variable_scope("model"):
        first = _run(cell, H)
    with tf.variable_scope("model", reuse=True):
        return {"first": first, "second": _run(cell, H)}


def theirs_made_anew():
    found = []
    for reuse in (None, True):
        with tf.variable_scope("model", reuse=reuse):
            cell = rnn_cell.MultiRNNCell([rnn_cell.BasicLSTMCell(H)] * 2)
            found.append(_run(cell, H))
    return {"out": found}


def theirs_without_a_tuple():
    cell = rnn_cell.BasicLSTMCell(H, state_is_tuple=False)
    stack = rnn_cell.MultiRNNCell([cell] * 2, state_is_tuple=False)
    out, state = tf.nn.dynamic_rnn(stack, _data(H), dtype=tf.float32)
    return {"out": out, "state": state}


def theirs_in_dropout():
    keep = tf.placeholder_with_default(1.0, [])
    cell = rnn_cell.DropoutWrapper(rnn_cell.GRUCell(H), input_keep_prob=keep)
    return {"out": _run(rnn_cell.MultiRNNCell([cell] * 2), H)}


def theirs_both_ways():
    cell = rnn_cell.MultiRNNCell([rnn_cell.GRUCell(H)] * 2)
    return {"out": _both_ways(cell, cell, H)}


def theirs_stack_of_stacks():
    inner = rnn_cell.MultiRNNCell([rnn_cell.BasicRNNCell(H)] * 2)
    return {"out": _run(rnn_cell.MultiRNNCell([inner] * 2), H)}


def theirs_by_hand():
    cell = rnn_cell.MultiRNNCell([rnn_cell.BasicLSTMCell(H)] * 2)
    state, found = cell.zero_state(2, tf.float32), []
    with tf.variable_scope("by_hand"):
        for number, step in enumerate(_steps(H)):
            if number:
                tf.get_variable_scope().reuse_variables()
            out, state = cell(step, state)
            found.append(out)
    return {"out": found}


@only("0.12.1", "1.0.0")
def contrib_twice_other_width():
    found = {}
    for name, cell in (
        ("norm", tf.contrib.rnn.LayerNormBasicLSTMCell(H)),
        ("coupled", tf.contrib.rnn.CoupledInputForgetGateLSTMCell(H)),
        ("block", tf.contrib.rnn.LSTMBlockCell(H)),
        ("block_gru", tf.contrib.rnn.GRUBlockCell(H)),
    ):
        found[name] = _run(rnn_cell.MultiRNNCell([cell] * 2), scope=name)
    return found


@only(*FROM_1_0)
def contrib_twice_same_width():
    found = {}
    for name, cell in (
        ("norm", rnn_cell.LayerNormBasicLSTMCell(H)),
        ("coupled", rnn_cell.CoupledInputForgetGateLSTMCell(H)),
        ("block", rnn_cell.LSTMBlockCell(H)),
        ("block_gru", rnn_cell.GRUBlockCell(H)),
    ):
        found[name] = _run(rnn_cell.MultiRNNCell([cell] * 2), H, scope=name)
    return found


def encoder_and_decoder():
    """One cell, as in the translation scripts: an encoder's and a decoder's scope."""
    cell = rnn_cell.GRUCell(H)
    with tf.variable_scope("seq"):
        _, state = static_rnn(cell, _steps(H), dtype=tf.float32)
        with tf.variable_scope("decoder"):
            found = []
            for number, step in enumerate(_steps(H)):
                if number:
                    tf.get_variable_scope().reuse_variables()
                out, state = cell(step, state)
                found.append(out)
    return {"out": found}


def translator_of_two_buckets():
    """One cell for encoder and decoder of two buckets."""
    if EARLY:
        library = tf.nn.seq2seq
    else:
        library = tf.contrib.legacy_seq2seq
    cell = rnn_cell.MultiRNNCell([rnn_cell.GRUCell(H)] * 2)
    words = [tf.constant([1, 2]), tf.constant([3, 0]), tf.constant([2, 2])]
    weights = [tf.ones([2])] * 3

    def model(source, target):
        return library.embedding_attention_seq2seq(
            source, target, cell, 5, 6, H, feed_previous=False
        )

    outputs, losses = library.model_with_buckets(
        words, words, words[1:] + words[:1], weights, [(2, 2), (3, 3)], model
    )
    return {"outputs": outputs, "losses": losses}


def translators_of_each_kind():
    if EARLY:
        library = tf.nn.seq2seq
    else:
        library = tf.contrib.legacy_seq2seq
    words = [tf.constant([1, 2]), tf.constant([3, 0])]
    steps, found = _steps(H), {}
    with tf.variable_scope("a"):
        found["basic"] = library.basic_rnn_seq2seq(
            steps, steps, rnn_cell.BasicLSTMCell(H)
        )[0]
    with tf.variable_scope("b"):
        found["embedding"] = library.embedding_rnn_seq2seq(
            words, words, rnn_cell.GRUCell(H), 5, 6, H
        )[0]
    with tf.variable_scope("c"):
        found["tied"] = library.tied_rnn_seq2seq(steps, steps, rnn_cell.GRUCell(H))[0]
    return found
