"""The graph cell's own variables against the layout table and the layer's spec."""

import numpy as np
import tensorflow.compat.v1 as tf

import legacy
from bnlstm_compat import BNLSTMCell, spec
from helpers.rounding import close
from migrate.cells.known.per_step import NAMES, PER_STEP

D, H, M = 3, 5, 7


def _graph_variables(**options):
    with tf.Graph().as_default():
        cell = legacy.BNLSTMCell(H, True, M, **options)
        x = tf.zeros([2, 4, D])
        tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        names = [v.op.name for v in tf.global_variables()]
        trained = {v.op.name for v in tf.trainable_variables()}
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            values = session.run(tf.global_variables())
    return dict(zip(names, values, strict=True)), trained


def test_layout_and_spec_name_the_variables_that_the_graph_makes():
    values, trained = _graph_variables()
    scope = "rnn/BNLSTMCell/"
    assert [name.removeprefix(scope) for name in values] == list(PER_STEP.shapes)
    assert list(NAMES.values()) == list(spec.NAMES)
    for weight, leaf in zip(spec.WEIGHTS, NAMES, strict=True):
        assert values[scope + leaf].shape == weight.shape(D, H, M)
        assert (scope + leaf in trained) == weight.trainable


def test_graph_and_layer_start_alike():
    values, _ = _graph_variables(initial_scale=0.7)  # ignored, as in the original
    layer = BNLSTMCell(H, M)
    layer.build((None, D))
    weights = layer.export_weights().asdict()
    for leaf, name in NAMES.items():
        if leaf not in ("W_xh", "W_hh"):
            np.testing.assert_array_equal(
                values["rnn/BNLSTMCell/" + leaf], weights[name], leaf
            )
    for matrix in (values["rnn/BNLSTMCell/W_xh"], values["rnn/BNLSTMCell/W_hh"]):
        _orthonormal(matrix)
    for name in ("kernel", "recurrent_kernel"):
        _orthonormal(weights[name])


def _orthonormal(matrix):
    """To 16 roundings: SVD's reflections, and sums of 20 squares that add up to one."""
    product = matrix.astype(np.float64) @ matrix.T
    close("rounding", product, np.eye(len(matrix)), 16 * 2.0**-24)


def test_numpy_seeds_the_orthogonal_initialiser():
    draws = []
    for _ in range(2):
        np.random.seed(3)
        with tf.Graph().as_default(), tf.Session() as session:
            draws.append(session.run(legacy.orthogonal_lstm_initializer()([4, 16])))
    np.testing.assert_array_equal(*draws)
    np.random.seed(3)
    right = np.linalg.svd(np.random.normal(size=(4, 16)), full_matrices=False)[2]
    np.testing.assert_array_equal(draws[0], right.astype(np.float32))


def test_constructor_and_sizes_are_the_original_ones():
    cell = legacy.BNLSTMCell(H, False, M)
    assert cell.state_size == (H, H, 1)
    assert cell.output_size == H
    assert (cell._activation, cell._decay, cell._initial_scale) == (tf.tanh, 0.95, 0.1)
    assert legacy.BNLSTMCell.epsilon == spec.EPSILON


def test_moments_are_computed_in_training_only():
    def counts(is_training):
        with tf.Graph().as_default() as graph:
            cell = legacy.BNLSTMCell(H, is_training, M)
            tf.nn.static_rnn(cell, [tf.zeros([2, D])], dtype=tf.float32)
            return sum(op.type == "SquaredDifference" for op in graph.get_operations())

    assert counts(False) == 0
    assert counts(True) == 3


def test_a_fed_flag_keeps_moments_inside_the_training_branch():
    with tf.Graph().as_default() as graph:
        cell = legacy.BNLSTMCell(H, tf.placeholder(tf.bool, []), M)
        tf.nn.static_rnn(cell, [tf.zeros([2, D])], dtype=tf.float32)
        outside = [op.type for op in graph.get_operations()]
        inside = [
            (function.signature.name, node.op)
            for function in graph.as_graph_def().library.function
            for node in function.node_def
        ]
    assert "SquaredDifference" not in outside
    holders = {name for name, op in inside if op == "SquaredDifference"}
    assert len(holders) == 3
    assert all("cond_true" in name for name in holders)


def test_static_rnn_gives_the_bits_of_dynamic_rnn():
    x = np.random.default_rng(0).standard_normal((4, 6, D)).astype(np.float32)
    lengths = np.array([3, 6, 1, 5])
    for given in (None, lengths):
        with tf.Graph().as_default():
            training = tf.placeholder(tf.bool, [])
            cell = legacy.BNLSTMCell(H, training, M)
            with tf.variable_scope("net"):
                dynamic, _ = tf.nn.dynamic_rnn(
                    cell, x, sequence_length=given, dtype=tf.float32, scope="rnn"
                )
            with tf.variable_scope("net", reuse=True):
                static, _ = tf.nn.static_rnn(
                    cell,
                    tf.unstack(tf.constant(x), axis=1),
                    sequence_length=given,
                    dtype=tf.float32,
                    scope="rnn",
                )
            static = tf.stack(static, axis=1)
            with tf.Session() as session:
                session.run(tf.global_variables_initializer())
                for mode in (False, True):
                    feed = {training: mode}
                    a = session.run(dynamic, feed)
                    b = session.run(static, feed)
                    np.testing.assert_array_equal(a, b)
