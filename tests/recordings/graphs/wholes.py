"""Whole models with what real TensorFlow computed: loops, layers, regularisation.

usage: PYTHON wholes.py OUT        PYTHON has TensorFlow 1.15.5

For each model OUT/NAME/ holds model.ckpt-1 (checkpoint and .meta), frozen.pb and
record.npz, with the keys of the other records. Nothing is trained but by the one pass
that the record is of; variables start from random values that no initializer gives.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

B, T, D, H = 5, 6, 4, 7
L2 = tf.contrib.layers.l2_regularizer
MODELS = {}


def model(function):
    MODELS[function.__name__] = function
    return function


class Made:
    """Placeholders with their values, tensors to record, the loss of the data."""

    def __init__(self, feeds, outputs, loss, switch=None):
        self.feeds, self.outputs, self.loss = feeds, outputs, loss
        self.switch = [switch] if switch is not None else []


def given(feeds, name, value, shape):
    tensor = tf.placeholder(value.dtype, shape, name=name)
    feeds[tensor] = value
    return tensor


def entropy(feeds, logits, r):
    classes = logits.get_shape().as_list()[-1]
    y = np.eye(classes)[r.randint(0, classes, B)].astype("f")
    target = given(feeds, "y", y, [None, classes])
    loss = tf.nn.softmax_cross_entropy_with_logits(labels=target, logits=logits)
    return tf.reduce_mean(loss, name="loss")


@model
def decoder(r):
    """A decoder by raw_rnn that feeds itself; lengths; in each step a cond, and a loop
    within the loop."""
    feeds = {}
    x = given(feeds, "x", r.randn(B, T, D).astype("f"), [None, T, D])
    lengths = np.array([6, 2, 5, 3, 1], "i")
    n = given(feeds, "lengths", lengths, [None])
    cell = tf.nn.rnn_cell.LSTMCell(H, use_peepholes=True, name="decoder_cell")
    out = tf.get_variable("out", [H, D])
    arrays = tf.TensorArray(tf.float32, T, clear_after_read=False)
    arrays = arrays.unstack(tf.transpose(x, [1, 0, 2]))

    def power(value):
        """Twice value * 0.9, in a loop."""
        return tf.while_loop(
            lambda k, _: k < 2,
            lambda k, v: (k + 1, v * 0.9),
            [0, value],
            parallel_iterations=3,
        )[1]

    def step(time, output, state, _):
        if output is None:
            state = cell.zero_state(tf.shape(x)[0], tf.float32)
            return n < 1, arrays.read(0), state, None, None
        mine = tf.matmul(output, out)
        done = time >= n
        following = tf.cond(
            tf.equal(time % 2, 0), lambda: power(mine), lambda: tf.tanh(mine) * 0.5
        )
        following += arrays.read(tf.minimum(time, T - 1))
        return done, following, state, output, None

    sequence, state, _ = tf.nn.raw_rnn(cell, step)
    sequence = tf.transpose(sequence.stack(), [1, 0, 2], name="sequence")
    logits = tf.layers.dense(state.h, 3, name="head")
    logits = tf.identity(logits, name="logits")
    return Made(feeds, [sequence, logits], entropy(feeds, logits, r))


@model
def layers(r):
    """Layers in the ways in which people wrote them, with regularisation."""
    feeds = {}
    words = given(feeds, "words", r.randint(0, 9, [B, T]).astype("i"), [None, T])
    image = given(feeds, "image", r.randn(B, 8, 6, 2).astype("f"), [None, 8, 6, 2])
    train = tf.placeholder(tf.bool, [], name="is_training")
    table = tf.get_variable("table", [9, D])
    z = tf.nn.embedding_lookup(table, words)
    z = tf.layers.conv1d(z, 5, 3, padding="same", name="conv_words")
    norm = tf.layers.batch_normalization
    z = norm(z, training=train, name="norm_words", epsilon=0.01)
    z = tf.layers.dense(tf.nn.relu(z), 4, name="each_word", use_bias=False)
    y = tf.layers.conv2d(
        image, 4, 3, [2, 1], name="conv_image", kernel_regularizer=L2(0.03)
    )
    y = norm(y, training=train, name="norm_image", momentum=0.8)
    y = tf.contrib.layers.conv2d(
        y,
        3,
        [2, 2],
        padding="VALID",
        normalizer_fn=tf.contrib.layers.batch_norm,
        normalizer_params={"is_training": train, "decay": 0.9, "center": False},
        weights_regularizer=L2(0.01),
        scope="conv_plain",
    )
    both = tf.concat([tf.layers.flatten(z), tf.layers.flatten(y)], 1)
    hidden = tf.contrib.layers.fully_connected(
        both, 6, tf.tanh, weights_regularizer=L2(0.02), scope="hidden"
    )
    hidden = norm(hidden, training=train, name="norm_hidden", scale=False)
    W = tf.get_variable("softmax_w", [6, 3])
    b = tf.get_variable("softmax_b", [3])
    logits = tf.nn.xw_plus_b(hidden, W, b, name="logits")
    return Made(feeds, [logits], entropy(feeds, logits, r), train)


@model
def regularised(r):
    """An LSTM whose kernel has a regularisation term, variables of resources."""
    feeds = {}
    x = given(feeds, "x", r.randn(B, T, D).astype("f"), [None, T, D])
    with tf.variable_scope("encoder", regularizer=L2(0.05), use_resource=True):
        cell = tf.nn.rnn_cell.BasicLSTMCell(H)
        _, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    with tf.variable_scope("top", use_resource=True):
        dense = tf.layers.Dense(3, kernel_regularizer=L2(0.02), name="head")
        logits = tf.identity(dense(state.h), name="logits")
    return Made(feeds, [logits], entropy(feeds, logits, r))


def write(name, folder):
    """Builds a model, gives its variables values, records, saves."""
    tf.reset_default_graph()
    tf.set_random_seed(7)
    r = np.random.RandomState(11)
    made = MODELS[name](r)
    terms = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    loss = made.loss + tf.add_n(terms) if terms else made.loss
    loss = tf.identity(loss, name="full_loss")
    variables = tf.global_variables()
    trained = tf.trainable_variables()
    gradients = tf.gradients(loss, trained)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    start = {v: 0.4 * r.randn(*v.shape.as_list()) for v in variables}
    start = {
        v: np.abs(a) + 0.2 if v.op.name.endswith("variance") else a
        for v, a in start.items()
    }
    keys = {False: "out|inference|", True: "out|train|"}
    record = {}
    tensors = [*made.outputs, loss, *terms]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for training in (False, True):
            for variable, array in start.items():
                variable.load(array.astype("f"), session)
            feeds = dict(made.feeds)
            feeds.update(dict.fromkeys(made.switch, training))
            more = [gradients, updates] if training else []
            results = session.run([tensors, *more], feeds)
            for tensor, value in zip(tensors, results[0]):
                record[keys[training] + tensor.op.name] = value
        for variable, gradient in zip(trained, results[1]):
            if hasattr(gradient, "dense_shape"):
                dense = np.zeros(gradient.dense_shape, "f")
                np.add.at(dense, gradient.indices, gradient.values)
                gradient = dense
            record["grad|" + variable.op.name] = gradient
        for variable, value in zip(variables, session.run(variables)):
            record["v|" + variable.op.name] = start[variable].astype("f")
            if variable not in trained:
                record["stat|" + variable.op.name] = value
        for variable, array in start.items():
            variable.load(array.astype("f"), session)
        tf.train.Saver().save(session, folder + "/model.ckpt", 1)
        frozen = tf.graph_util.convert_variables_to_constants(
            session,
            tf.get_default_graph().as_graph_def(),
            [tensor.op.name for tensor in made.outputs],
        )
    with open(folder + "/frozen.pb", "wb") as stream:
        stream.write(frozen.SerializeToString())
    for placeholder, value in made.feeds.items():
        record["feed|" + placeholder.op.name] = value
    meta = {
        "tf": tf.__version__,
        "outputs": [tensor.op.name for tensor in tensors],
        "switch": [switch.op.name for switch in made.switch],
        "loss": loss.op.name,
        "terms": [term.op.name for term in terms],
        "note": MODELS[name].__doc__,
    }
    record["meta"] = np.array(json.dumps(meta))
    record = {key.replace("/", "\\"): value for key, value in record.items()}
    np.savez_compressed(folder + "/record.npz", **record)


for name in MODELS:
    os.makedirs(sys.argv[1] + "/" + name)
    write(name, sys.argv[1] + "/" + name)
