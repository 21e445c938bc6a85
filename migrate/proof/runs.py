"""The ways in which a conversion is run: step by step, as a layer, layer by layer."""

import warnings

import keras
import numpy as np
import tensorflow as tf

from bnlstm_compat import BNLSTM
from bnlstm_compat.statistics.find import layers_in
from migrate.cells import networks
from migrate.cells.layouts import layout_of
from migrate.cells.values import rows_taken
from migrate.models.cells import cells_of, weights_of
from migrate.proof.cases import Result


def run_steps(rnn, model, case) -> Result:
    """The conversion's cells step by step, eagerly, by Keras's own RNN loop."""
    cells = cells_of(model)
    inner = iter(cells)
    networks = [[next(inner) for _ in chain] for chain in rnn.chains]
    outputs, states = [], []
    steps, lengths = case.x.shape[1], case.full_lengths
    longest = lengths.max()  # where TensorFlow 1.15's loop ends
    for number, network in enumerate(networks):
        x = tf.reverse_sequence(case.x, lengths, 1, 0) if number else case.x
        mask = None if case.mask is None else case.mask[:, :longest]
        loop = keras.layers.RNN(
            network if len(network) > 1 else network[0],
            return_sequences=True,
            return_state=True,
            zero_output_for_mask=True,
            unroll=True,
            dtype=network[0].dtype_policy,
        )
        y, *last = loop(x[:, :longest], mask=mask, training=case.training)
        y = tf.pad(y, [[0, 0], [0, steps - longest], [0, 0]])
        if number:
            y = tf.reverse_sequence(y, lengths, 1, 0)
        # Only the last cell of a stack shows its outputs; the others their states.
        outputs += [None] * (len(network) - 1) + [y.numpy()]
        last = [last] if len(network) == 1 else last
        kinds = ("h", "c", "step")
        states += [
            dict(zip(kinds, (z.numpy() for z in state), strict=True)) for state in last
        ]
    return Result(outputs, states, _statistics(rnn, cells))


def run_layer(rnn, model, case) -> Result:
    """The conversion's model, in one tf.function; of a stack, also the inner layers."""
    given = {"mask": case.mask, "training": case.training}

    @tf.function
    def run(x):
        if rnn.kind != networks.STACK:
            return [model(x, **given)]
        outputs = []
        for layer in model.layers:
            x = layer(x, **given)
            outputs.append(x)
        return outputs

    x = tf.constant(case.x)
    with warnings.catch_warnings():
        # Keras says that a model handed a mask loses it; its layers do get it.
        warnings.filterwarnings("ignore", ".*does not support masking")
        outputs = run(x)
        if rnn.kind == networks.STACK and not case.training:
            outputs[-1] = tf.function(model)(x, **given)
    if len(rnn.chains) > 1:  # of stacks side by side, the last cells' outputs
        sizes = [chain[-1].units for chain in rnn.chains]
        ends = iter(tf.split(outputs[0], sizes, axis=-1))
        outputs = [
            next(ends) if cell is chain[-1] else None
            for chain in rnn.chains
            for cell in chain
        ]
    elif case.mask is not None:
        # The graph shows zeros past lengths; inside a stack, layers hand on more.
        valid = case.mask[:, :, None]
        inner = [tf.where(valid, y, tf.zeros_like(y)) for y in outputs[:-1]]
        outputs = [*inner, outputs[-1]]
    outputs = [None if y is None else y.numpy() for y in outputs]
    return Result(outputs, [], _statistics(rnn, cells_of(model)))


def run_chains(rnn, model, case) -> Result:
    """The layers of a model one by one, eagerly, which shows their final states.

    Each chain is run by its own layers, the backward one on the sequences turned round;
    states begin at ``case.states`` if these are given.
    """
    owners = {id(getattr(item, "cell", None)): item for item in layers_in(model)}
    layers = iter([owners[id(cell)] for cell in cells_of(model)])
    starts = iter(case.states or ())
    outputs, states = [], []
    for number, chain in enumerate(rnn.chains):
        x = tf.constant(case.reversed(case.x) if number else case.x)
        for cell in chain:
            names, start = _states_of(cell), None
            if case.states is not None:
                given = next(starts)
                start = [tf.constant(given[name]) for name in names]
            x, *end = _forward(next(layers), x, case, start)
            y = x.numpy()
            if case.mask is not None:
                y = np.where(case.mask[:, :, None], y, np.zeros_like(y))
            outputs.append(case.reversed(y) if number else y)
            ends = (state.numpy() for state in end)
            states.append(dict(zip(names, ends, strict=False)))
    return Result(outputs, states, _statistics(rnn, cells_of(model)))


def _states_of(cell):
    """The names of a cell's states, in Keras's order."""
    return ("h",) if layout_of(cell).target == "GRU" else ("h", "c")


def _forward(layer, x, case, start):
    """A layer forward in time: its outputs [B,T,H] and final states."""
    before = layer.return_state, layer.go_backwards
    layer.return_state, layer.go_backwards = True, False
    try:
        return layer(x, initial_state=start, mask=case.mask, training=case.training)
    finally:
        layer.return_state, layer.go_backwards = before


def uncompiled(model):
    """The model, whose layers are called a few times: compiling would not pay."""
    for layer in layers_in(model):
        if isinstance(layer, BNLSTM):
            layer.mode = "plain"
    return model


def _statistics(rnn, cells):
    """The statistics of Keras cells, by the layouts' names of variables."""
    return [
        layout_of(cell).from_keras(rows_taken(weights_of(keras_cell), cell))
        for cell, keras_cell in zip(rnn.cells, cells, strict=True)
    ]
