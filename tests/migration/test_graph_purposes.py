"""What a person would pick of a graph, and what changes nothing in it.

The graphs are small and are built here, in today's TensorFlow, in TensorFlow 1's way.
"""

import numpy as np
import pytest
import tensorflow as tf

from migrate.graph.chosen import Chosen
from migrate.graph.find import find
from migrate.graph.nodes import Graph
from migrate.graph.purposes import usual_outputs

v1 = tf.compat.v1


def graph_of(build):
    """The ``Graph`` that a function builds, with variables by reference."""
    with tf.Graph().as_default() as made:
        v1.get_variable_scope().set_use_resource(False)
        build()
        return Graph(made.as_graph_def(add_shapes=True), "a graph")


def network():
    """Input, probabilities, trained weight and loss of a small network."""
    x = v1.placeholder(tf.float32, [None, 4], name="x")
    y = v1.placeholder(tf.float32, [None, 3], name="y")
    w = v1.get_variable("w", [4, 3])
    logits = tf.matmul(x, w, name="logits")
    probabilities = tf.nn.softmax(logits, name="probabilities")
    loss = v1.losses.softmax_cross_entropy(y, logits)
    return x, probabilities, w, loss


def gradients_under_any_name():
    _, _, w, loss = network()
    (gradient,) = v1.gradients(loss, [w], name="slopes")
    clipped, _ = tf.clip_by_global_norm([gradient], 1.0)
    v1.train.GradientDescentOptimizer(0.1).apply_gradients([(clipped[0], w)])


def steps_by_hand():
    _, _, w, loss = network()
    (gradient,) = v1.gradients(loss, [w])
    v1.assign_sub(w, 0.1 * gradient)


def gradients_of_the_input():
    x, probabilities, _, loss = network()
    best = tf.reduce_max(probabilities, 1)
    (saliency,) = v1.gradients(best, [x], name="saliency")
    tf.abs(saliency, name="heat")
    v1.train.AdamOptimizer().minimize(loss)


def gradients_and_nothing_that_takes_them():
    x, probabilities, w, loss = network()
    v1.gradients(loss, [w])
    v1.gradients(probabilities, [x], name="saliency")


def nothing_but_a_loss():
    x = v1.placeholder(tf.float32, [None, 4], name="x")
    y = v1.placeholder(tf.float32, [None, 3], name="y")
    logits = tf.matmul(x, v1.get_variable("w", [4, 3]), name="logits")
    loss = v1.losses.softmax_cross_entropy(y, logits)
    v1.train.AdamOptimizer().minimize(loss)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (gradients_under_any_name, ["probabilities"]),
        (steps_by_hand, ["probabilities"]),
        (gradients_of_the_input, ["probabilities", "Max"]),
        (gradients_and_nothing_that_takes_them, ["probabilities"]),
        (nothing_but_a_loss, ["logits"]),
    ],
)
def test_gradients_that_a_script_asked_for_are_no_outputs(build, expected):
    graph = graph_of(build)
    assert usual_outputs(graph, find(graph)) == expected


def test_a_scope_that_looks_like_a_gradient_s_is_none():
    def build():
        x = v1.placeholder(tf.float32, [None, 4], name="x")
        with v1.variable_scope("model"), v1.variable_scope("x_grad"):
            tf.matmul(x, v1.get_variable("w", [4, 3]), name="scores")

    graph = graph_of(build)
    assert usual_outputs(graph, find(graph)) == ["model/x_grad/scores"]


def ancestors(graph, tensor):
    """The operations that run for a tensor."""
    seen, waiting = set(), [tensor]
    while waiting:
        name = waiting.pop()[0]
        if name not in seen:
            seen.add(name)
            waiting += graph.inputs(name)
    return {graph.op(name) for name in seen}


def old_dropout(x, keep, shape):
    """As TensorFlow wrote it up to 1.13."""
    return x / keep * tf.floor(keep + v1.random_uniform(shape))


def new_dropout(x, keep, shape):
    """As from 1.14 on."""
    rate = 1.0 - keep
    kept = v1.random_uniform(shape) >= rate
    return x * (1.0 / (1.0 - rate)) * tf.cast(kept, tf.float32)


@pytest.mark.parametrize("dropout", [old_dropout, new_dropout])
@pytest.mark.parametrize("known", [False, True])
def test_dropout_that_drops_nothing_draws_no_numbers(dropout, known):
    def build():
        x = v1.placeholder(tf.float32, [5, 4] if known else [None, 4], name="x")
        keep = v1.placeholder(tf.float32, [], name="keep")
        shape = [5, 4] if known else tf.shape(x)
        tf.identity(dropout(x, keep, shape), name="y")

    graph = graph_of(build)
    for value, draws in ((1.0, False), (0.5, True)):
        chosen = Chosen(graph, {"keep": np.float32(value)})
        found = ancestors(chosen.graph, chosen.tensor("y"))
        assert ("RandomUniform" in found) == draws
    assert found >= {"Mul"}


@pytest.mark.parametrize(
    "change",
    [
        lambda x, keep: x * tf.floor(keep + v1.random_uniform([7, 5, 4])),  # enlarges
        lambda x, keep: x * tf.floor(keep + v1.random_uniform([5, 4], 0, 2)),
        lambda x, keep: x * tf.floor(keep + v1.random_normal([5, 4])),
        lambda x, keep: x * tf.cast(v1.random_uniform([5, 4]) < keep / 2, "float32"),
        lambda x, keep: x * tf.reshape(keep, [1, 1, 1]),
        lambda x, keep: keep / x,
    ],
)
def test_what_changes_something_stays(change):
    def build():
        x = v1.placeholder(tf.float32, [5, 4], name="x")
        keep = v1.placeholder(tf.float32, [], name="keep")
        tf.identity(change(x, keep), name="y")

    graph = graph_of(build)
    chosen = Chosen(graph, {"keep": np.float32(1)})
    assert ancestors(chosen.graph, chosen.tensor("y")) & {"Mul", "RealDiv"}


def test_a_product_that_something_has_to_run_before_stays():
    def build():
        x = v1.placeholder(tf.float32, [5, 4], name="x")
        keep = v1.placeholder(tf.float32, [], name="keep")
        with tf.control_dependencies([v1.print("seen")]):
            tf.multiply(x, keep, name="y")

    graph = graph_of(build)
    chosen = Chosen(graph, {"keep": np.float32(1)})
    assert chosen.tensor("y") == ("y", 0)
