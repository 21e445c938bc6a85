"""Op for op: the step path run eagerly gives the bits of the graph, in one process."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnlstm_compat import BNLSTMCell
from helpers import cases, recorded
from helpers import graph_cells as graphs
from migrate.cells import networks
from migrate.cells.layouts import layout_of


def run_steps(recording, cells, training):
    """Outputs [B,T,.] and states, by Keras's loop over ``BNLSTMCell``, unrolled."""
    backward = recording.rnn.kind == networks.BIDIRECTIONAL
    batch, steps, _ = recording.x.shape
    lengths = np.full(batch, steps) if recording.lengths is None else recording.lengths
    outputs, states, x = [], [], recording.x
    for number, cell in enumerate(cells):
        if backward:
            x = recording.x
            if number == 1:
                x = tf.reverse_sequence(x, lengths, 1, 0)
        loop = keras.layers.RNN(
            cell,
            return_sequences=True,
            return_state=True,
            zero_output_for_mask=True,
            unroll=True,
        )
        y, *state = loop(
            x,
            mask=recording.mask,
            initial_state=recording.initial_state(),
            training=training,
        )
        states.append(state)
        if backward and number == 1:
            y = tf.reverse_sequence(y, lengths, 1, 0)
        outputs.append(y)
        x = y
    if backward:
        return tf.concat(outputs, axis=2), states
    return outputs[-1], states


def _same(name, graph, eager):
    graph, eager = np.asarray(graph), np.asarray(eager)
    assert graph.dtype == eager.dtype, name
    assert graph.tobytes() == eager.tobytes(), (
        f"{name}: {np.abs(graph - eager).max()} apart"
    )


@pytest.mark.parametrize("name", recorded.SCENARIOS)
def test_same_bits(name):
    recording = recorded.load("1.15.5", name)
    graph = graphs.Graph(cases.case_of(recording))
    cells = []
    for weights in recording.weights():
        cell = BNLSTMCell(
            weights.units,
            weights.max_bn_steps,
            padding="v1",
            activation=recording.activation,
            momentum=recording.decay,
        )
        cell.build((None, weights.input_dim))
        cell.built = True
        cells.append(cell)
    for training in (False, True):
        graph.reset()
        outputs, states = graph.run(training)
        for cell, weights in zip(cells, recording.weights(), strict=True):
            cell.import_weights(weights)
        mine, my_states = run_steps(recording, cells, training)
        _same("outputs", outputs, mine)
        for (c, h, step), (my_h, my_c, my_step) in zip(states, my_states, strict=True):
            _same("h", h, my_h)
            _same("c", c, my_c)
            _same("step", step, my_step)
        tables = graph.statistics()
        for found, cell in zip(recording.rnn.cells, cells, strict=True):
            by_leaf = layout_of(found).from_keras(cell.export_weights())
            for leaf, variable in found.variables.items():
                if "/pop_" in leaf:
                    _same(variable, tables[variable], by_leaf[leaf])


def test_a_python_bool_decides_as_a_tensor_does():
    recording = recorded.load("1.15.5", "basic")
    fed = graphs.Graph(cases.case_of(recording))
    for is_training in (False, True):
        fixed = graphs.Graph(cases.case_of(recording), is_training=is_training)
        for graph in (fed, fixed):
            graph.reset()
        results = [graph.run(is_training)[0] for graph in (fed, fixed)]
        _same("outputs", *results)
        tables = [graph.statistics() for graph in (fed, fixed)]
        for name, table in tables[0].items():
            _same(name, table, tables[1][name])
