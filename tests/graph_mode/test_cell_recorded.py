"""``legacy.BNLSTMCell`` against real TensorFlow, each mode in its own process."""

import functools
import sys

import numpy as np
import pytest

from bnlstm_compat import reference
from helpers import cases, recorded, recorded_layers, workers
from migrate.cells import networks
from migrate.cells.layouts import layout_of
from migrate.sources.checkpoint import Checkpoint

MODES = ("v1-ref", "v1-resource", "v2-ref", "v2-resource")
RACES = ("beyond_max_steps", "variable_length", "bidirectional_lengths")
RUNS = 20
# A process computes all of them; the other scenarios are slow tests.
FIRST = {(recorded.LAST, name) for name in ("basic", "bidirectional_lengths")}


def run_worker(folder, mode, chosen, runs=0, python=sys.executable):
    """Results of ``legacy_worker`` by "VERSION:NAME" and key."""
    given, wanted = str(folder / "cases.npz"), str(folder / "results.npz")
    cases.pack(given, chosen)
    words = [mode, given, wanted, *([runs] if runs else [])]
    workers.run("legacy_worker", *words, python=python)
    found, packed = {}, np.load(wanted)
    for key in packed:
        name, _, rest = key.replace("\\", "/").partition("#")
        found.setdefault(name, {})[rest] = packed[key]
    return found


def check_all_passes(recording, found):
    """Every pass of a worker's result against the recording."""

    def states(key):
        count = len(recording.rnn.cells)
        return [
            {what: found[f"state|{key}|{i}|{what}"] for what in ("c", "h", "step")}
            for i in range(count)
        ]

    def group(kind):
        start = kind + "|"
        return {k[len(start) :]: v for k, v in found.items() if k.startswith(start)}

    for key, tolerance in (
        ("inference", recorded.INFERENCE),
        ("train", recorded.TRAINING),
    ):
        outputs = found[f"out|{key}|outputs"]
        recorded.check_pass(recording, key, tolerance, outputs, states(key))
        worst = recorded.difference(
            found[f"out|{key}|loss"], recording[f"out|{key}|loss"]
        )
        recorded.within(worst, tolerance, "loss")
        recorded.check_gradients(recording, key, group(f"grad|{key}"))
    recorded.check_statistics(
        recording, "v_after_one_pass", recorded.STATISTICS, group("v_after_one_pass")
    )
    if recording.meta["adam_steps"]:
        worst = recorded.difference(
            found["out|adam|losses"], recording["out|adam|losses"]
        )
        recorded.within(worst, recorded.ADAM_LOSSES)
    end = Checkpoint(recording.checkpoint)
    allowed = recorded_layers.tolerance_after_adam(recording)
    for name, table in group("v1").items():
        worst = recorded.difference(
            recording.without_race(table), recording.without_race(end[name])
        )
        recorded.within_after_adam(worst, allowed, name)
    if recording.raced_row() is None:
        outputs = found["out|final|outputs"]
        recorded.check_pass(
            recording, "final", recorded.TRAINING, outputs, states("final")
        )
    worst = recorded.difference(
        found["out|from_checkpoint|outputs"], recording["out|final|outputs"]
    )
    recorded.within(worst, recorded.INFERENCE, "from the checkpoint")


@pytest.fixture(scope="session")
def all_passes(tmp_path_factory):
    """Recorded results in the mode closest to the old TensorFlow."""

    @functools.cache
    def of(version, first):
        chosen = [
            recorded.load(*key)
            for key in recorded.ALL
            if key[0] == version and (key in FIRST) is first
        ]
        return run_worker(tmp_path_factory.mktemp("all"), "v1-ref", chosen)

    return of


@pytest.mark.parametrize(
    ("version", "name"),
    [
        pytest.param(*key, marks=() if key in FIRST else pytest.mark.slow)
        for key in recorded.ALL
    ],
)
def test_every_pass(all_passes, version, name):
    found = all_passes(version, (version, name) in FIRST)[f"{version}:{name}"]
    check_all_passes(recorded.load(version, name), found)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES[1:])
def test_every_pass_in_other_modes(mode, tmp_path):
    names = ("initial_state", "stacked", "variable_length_row0_longest")
    chosen = [recorded.load("1.15.5", name) for name in names]
    found = run_worker(tmp_path, mode, chosen)
    for recording in chosen:
        check_all_passes(recording, found[f"1.15.5:{recording.name}"])


@pytest.mark.parametrize(
    "mode",
    [
        "v1-ref",
        pytest.param("v1-resource", marks=pytest.mark.slow),
        pytest.param("v2-ref", marks=pytest.mark.slow),
        pytest.param("v2-resource", marks=pytest.mark.slow),
    ],
)
def test_races_are_settled(mode, tmp_path):
    """Twenty runs give the same bits, those of the steps in order."""
    chosen = [recorded.load("1.15.5", name) for name in RACES]
    found = run_worker(tmp_path, mode, chosen, RUNS)
    for recording in chosen:
        check_runs(recording, found[f"1.15.5:{recording.name}"])


def check_runs(recording, found):
    """Same bits in every run, and ``reference``'s values in every row."""
    expected = statistics_in_order(recording)
    assert sorted(found) == sorted(expected)
    for name, tables in found.items():
        assert len(tables) == RUNS
        assert len({table.tobytes() for table in tables}) == 1, name
        worst = recorded.difference(tables[0], expected[name])
        recorded.within(worst, recorded.STATISTICS, name)


def statistics_in_order(recording):
    """The statistics after a training pass, by ``reference``, by v1 name."""
    found = {}
    for number, (cell, weights) in enumerate(
        zip(recording.rnn.cells, recording.weights(), strict=True)
    ):
        x = recording.x
        if recording.rnn.kind == networks.BIDIRECTIONAL and number == 1:
            x = x.copy()
            for row, length in enumerate(recording.lengths):
                x[row, :length] = x[row, :length][::-1]
        after = reference.run(
            weights,
            x,
            lengths=recording.lengths,
            padding="v1",
            training=True,
            momentum=recording.decay,
        ).weights
        found |= {
            cell.variables[leaf]: table
            for leaf, table in layout_of(cell).from_keras(after).items()
            if "/pop_" in leaf
        }
    return found
