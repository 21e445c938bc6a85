"""Recordings as objects: what real TensorFlow computed, how far it is from itself."""

import functools
import json

import numpy as np
import pytest

from helpers import rounding
from helpers.places import RECORDINGS
from helpers.tolerances import (
    ADAM_LOSSES,
    GRADIENTS,
    INFERENCE,
    STATISTICS,
    TRAINING,
)
from migrate.cells import networks
from migrate.cells.inventory import take_inventory
from migrate.cells.layouts import layout_of
from migrate.sources.base import Entry
from migrate.sources.checkpoint import Checkpoint
from recordings.cells.copy_recorded import SCENARIOS, VERSIONS

FOLDER = RECORDINGS / "cells"
ALL = [(version, name) for version in VERSIONS for name in SCENARIOS]
# For tests of a second or more each: of the releases, only the last is fast.
LAST = "1.15.5"
LAST_FIRST = [
    pytest.param(*key, marks=[] if key[0] == LAST else pytest.mark.slow) for key in ALL
]

_KINDS = {
    INFERENCE: "inference",
    TRAINING: "training",
    GRADIENTS: "gradients",
    STATISTICS: "statistics",
    ADAM_LOSSES: "losses",
}


def within(difference, tolerance, what=""):
    """Asserts that a relative difference is within one of the tolerances above."""
    rounding.within(_KINDS[tolerance], difference, tolerance, what)


def within_after_adam(difference, tolerance, what=""):
    """As ``within``, for statistics after Adam steps, whose tolerance varies."""
    rounding.within("after Adam", difference, tolerance, what)


def difference(actual, expected):
    """Largest |difference| over largest |value|."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape
    return np.abs(actual - expected).max() / np.abs(expected).max()


class Recording:
    """One scenario of one TensorFlow.

    Attributes: ``meta``; ``x``, ``target``; ``lengths`` [B], or None where they are not
    fed; ``rnn``, the ``networks.RNN`` of its cells; ``activation``, a name.
    """

    def __init__(self, version, name):
        self.version, self.name = version, name
        self._arrays = np.load(FOLDER / f"tf-{version}" / f"{name}.npz")
        self.meta = json.loads(str(self._arrays["meta"]))
        self.x, self.target = self["in|x"], self["in|target"]
        self.lengths = self["in|lengths"] if "length" in name else None
        self.activation = self.meta.get("activation", "tanh")
        self.decay = self.meta["decay"]
        entries = {
            key: Entry(array.shape, array.dtype.name)
            for key, array in self.group("v0").items()
        }
        found = take_inventory(entries)
        assert not found.problems
        (self.rnn,) = found.rnns

    def __getitem__(self, key):
        return self._arrays[key]

    @functools.cache  # noqa: B019 - lives as long as the tests
    def group(self, kind):
        """Arrays of ``kind|NAME`` by NAME, with ``/``."""
        return {
            key[len(kind) + 1 :].replace("\\", "/"): self._arrays[key]
            for key in self._arrays
            if key.startswith(kind + "|")
        }

    @property
    def checkpoint(self):
        """Prefix of the checkpoint that the same TensorFlow saved at the end."""
        return FOLDER / f"tf-{self.version}" / "ckpt" / self.name

    @property
    def mask(self):
        """Right-padded mask [B,T], or None."""
        if self.lengths is None:
            return None
        return np.arange(self.x.shape[1]) < self.lengths[:, None]

    def initial_state(self):
        """(h, c, step) before the first step, or None for zeros."""
        if self.name != "initial_state":
            return None
        batch, units = self.meta["B"], self.meta["H"]
        return [
            np.full((batch, size), value, np.float32)
            for size, value in ((units, -0.2), (units, 0.3), (1, 2.0))
        ]

    def weights(self):
        """The cells' canonical weights at the start."""
        v0 = self.group("v0")
        return [
            layout_of(cell).to_keras(
                {leaf: v0[name] for leaf, name in cell.variables.items()}
            )
            for cell in self.rnn.cells
        ]

    def raced_row(self):
        """The row of the statistics in which the original is a data race, or None."""
        if self.name == "beyond_max_steps":
            return self.meta["M"] - 1
        if self.name in ("variable_length", "bidirectional_lengths"):
            return int(self.lengths[0])
        return None

    def without_race(self, table):
        """Statistics [M,.] without the row in which the original is a race."""
        row = self.raced_row()
        return table if row is None else np.delete(table, row, axis=0)

    def state_keys(self):
        """For each cell, the recordings' keys of (h, c), and of the step where kept."""
        if self.rnn.kind == networks.BIDIRECTIONAL:
            return [
                {"c": f"state_{end}0", "h": f"state_{end}1"} for end in ("fw", "bw")
            ]
        return [
            {
                "c": f"state{3 * i}",
                "h": f"state{3 * i + 1}",
                "step": f"state{3 * i + 2}",
            }
            for i in range(len(self.rnn.cells))
        ]


@functools.cache
def load(version, name):
    """The recording, read once."""
    return Recording(version, name)


def check_pass(recording, key, tolerance, outputs, states):
    """Compares outputs [B,T,.] and each cell's {"h", "c", "step"} with a pass."""
    worst = difference(outputs, recording[f"out|{key}|outputs"])
    within(worst, tolerance, "outputs")
    for keys, state in zip(recording.state_keys(), states, strict=True):
        for what, name in keys.items():
            worst = difference(state[what], recording[f"out|{key}|{name}"])
            within(worst, tolerance, name)


def check_statistics(recording, kind, tolerance, statistics):
    """Compares statistics by v1 name with ``kind|NAME``, but for the raced row."""
    expected = {k: v for k, v in recording.group(kind).items() if "/pop_" in k}
    assert sorted(statistics) == sorted(expected)
    for name, table in statistics.items():
        worst = difference(
            recording.without_race(table), recording.without_race(expected[name])
        )
        within(worst, tolerance, name)


def check_gradients(recording, key, gradients):
    """Compares gradients by v1 name with the pass's."""
    expected = recording.group(f"grad|{key}")
    assert sorted(gradients) == sorted(expected)
    for name, gradient in gradients.items():
        worst = difference(gradient, expected[name])
        within(worst, GRADIENTS, name)


def statistics_of(recording):
    """The names of the statistics, in the order of cells and leaves."""
    return [
        name
        for cell in recording.rnn.cells
        for leaf, name in sorted(cell.variables.items())
        if "/pop_" in leaf
    ]


def statistics_in_checkpoint(recording):
    """The statistics at the end, as ``statistics_of`` orders them, without the race."""
    checkpoint = Checkpoint(recording.checkpoint)
    return [
        recording.without_race(checkpoint[name]) for name in statistics_of(recording)
    ]
