"""The NumPy reference against real TensorFlow."""

import numpy as np
import pytest

from bnlstm_compat import reference
from helpers import recorded as goldens
from migrate.cells import networks
from migrate.cells.layouts import layout_of

_ACTIVATIONS = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}


def _reversed(x, lengths):
    x = x.copy()
    for row, length in enumerate(lengths):
        x[row, :length] = x[row, :length][::-1]
    return x


def run(golden, weights, training):
    """Outputs, states and the weights after, of every cell of a golden."""
    options = {
        "training": training,
        "padding": "v1",
        "lengths": golden.lengths,
        "activation": _ACTIVATIONS[golden.activation],
        "momentum": golden.decay,
    }
    if golden.rnn.kind == networks.BIDIRECTIONAL:
        batch, steps, _ = golden.x.shape
        lengths = np.full(batch, steps) if golden.lengths is None else golden.lengths
        forward = reference.run(weights[0], golden.x, **options)
        backward = reference.run(weights[1], _reversed(golden.x, lengths), **options)
        outputs = np.concatenate(
            [forward.outputs, _reversed(backward.outputs, lengths)], axis=2
        )
        return outputs, [forward, backward]
    runs, x = [], golden.x
    for source in weights:
        state = golden.initial_state()
        runs.append(reference.run(source, x, initial_state=state, **options))
        x = runs[-1].outputs
    return x, runs


@pytest.mark.parametrize(("version", "name"), goldens.ALL)
def test_passes(version, name):
    golden = goldens.load(version, name)
    passes = (("inference", goldens.INFERENCE), ("train", goldens.TRAINING))
    for key, tolerance in passes:
        outputs, runs = run(golden, golden.weights(), key == "train")
        states = [{"h": r.h, "c": r.c, "step": r.step} for r in runs]
        goldens.check_pass(golden, key, tolerance, outputs, states)
    statistics = {}
    for cell, result in zip(golden.rnn.cells, runs, strict=True):
        by_leaf = layout_of(cell).from_keras(result.weights)
        statistics |= {
            cell.variables[leaf]: array
            for leaf, array in by_leaf.items()
            if "/pop_" in leaf
        }
    goldens.check_statistics(golden, "v_after_one_pass", goldens.STATISTICS, statistics)
