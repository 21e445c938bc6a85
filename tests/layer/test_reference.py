"""The NumPy reference against real TensorFlow."""

import numpy as np
import pytest

from bnlstm_compat import reference
from helpers import recorded
from migrate.cells import networks
from migrate.cells.layouts import layout_of

_ACTIVATIONS = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}


def _reversed(x, lengths):
    x = x.copy()
    for row, length in enumerate(lengths):
        x[row, :length] = x[row, :length][::-1]
    return x


def run(recording, weights, training):
    """Outputs, states and the weights after, of every cell of a recording."""
    options = {
        "training": training,
        "padding": "v1",
        "lengths": recording.lengths,
        "activation": _ACTIVATIONS[recording.activation],
        "momentum": recording.decay,
    }
    if recording.rnn.kind == networks.BIDIRECTIONAL:
        batch, steps, _ = recording.x.shape
        lengths = (
            np.full(batch, steps) if recording.lengths is None else recording.lengths
        )
        forward = reference.run(weights[0], recording.x, **options)
        backward = reference.run(weights[1], _reversed(recording.x, lengths), **options)
        outputs = np.concatenate(
            [forward.outputs, _reversed(backward.outputs, lengths)], axis=2
        )
        return outputs, [forward, backward]
    runs, x = [], recording.x
    for source in weights:
        state = recording.initial_state()
        runs.append(reference.run(source, x, initial_state=state, **options))
        x = runs[-1].outputs
    return x, runs


@pytest.mark.parametrize(("version", "name"), recorded.ALL)
def test_passes(version, name):
    recording = recorded.load(version, name)
    passes = (("inference", recorded.INFERENCE), ("train", recorded.TRAINING))
    for key, tolerance in passes:
        outputs, runs = run(recording, recording.weights(), key == "train")
        states = [{"h": r.h, "c": r.c, "step": r.step} for r in runs]
        recorded.check_pass(recording, key, tolerance, outputs, states)
    statistics = {}
    for cell, result in zip(recording.rnn.cells, runs, strict=True):
        by_leaf = layout_of(cell).from_keras(result.weights)
        statistics |= {
            cell.variables[leaf]: array
            for leaf, array in by_leaf.items()
            if "/pop_" in leaf
        }
    recorded.check_statistics(
        recording, "v_after_one_pass", recorded.STATISTICS, statistics
    )
