"""``legacy.BNLSTMCell`` against real TensorFlow, each mode in its own process."""

import functools
import subprocess
import sys

import numpy as np
import pytest

from bnlstm_compat import reference
from helpers import cases
from helpers import recorded as goldens
from helpers import recorded_layers as golden_model
from helpers.places import WORKERS
from migrate.cells import networks
from migrate.cells.layouts import layout_of
from migrate.sources.checkpoint import Checkpoint

MODES = ("v1-ref", "v1-resource", "v2-ref", "v2-resource")
RACES = ("beyond_max_steps", "variable_length", "bidirectional_lengths")
RUNS = 20
# A process computes all of them; the other scenarios are slow tests.
FIRST = {(goldens.LAST, name) for name in ("basic", "bidirectional_lengths")}


def run_worker(folder, mode, chosen, runs=0, python=sys.executable):
    """Results of ``legacy_worker`` by "VERSION:NAME" and key."""
    given, wanted = str(folder / "cases.npz"), str(folder / "results.npz")
    cases.pack(given, chosen)
    command = [python, str(WORKERS / "legacy_worker.py"), mode, given, wanted]
    done = subprocess.run(
        [*command, str(runs)] if runs else command,
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found, packed = {}, np.load(wanted)
    for key in packed:
        name, _, rest = key.replace("\\", "/").partition("#")
        found.setdefault(name, {})[rest] = packed[key]
    return found


def check_all_passes(golden, found):
    """Every pass of a worker's result against the golden."""

    def states(key):
        count = len(golden.rnn.cells)
        return [
            {what: found[f"state|{key}|{i}|{what}"] for what in ("c", "h", "step")}
            for i in range(count)
        ]

    def group(kind):
        start = kind + "|"
        return {k[len(start) :]: v for k, v in found.items() if k.startswith(start)}

    for key, tolerance in (
        ("inference", goldens.INFERENCE),
        ("train", goldens.TRAINING),
    ):
        outputs = found[f"out|{key}|outputs"]
        goldens.check_pass(golden, key, tolerance, outputs, states(key))
        worst = goldens.difference(found[f"out|{key}|loss"], golden[f"out|{key}|loss"])
        goldens.within(worst, tolerance, "loss")
        goldens.check_gradients(golden, key, group(f"grad|{key}"))
    goldens.check_statistics(
        golden, "v_after_one_pass", goldens.STATISTICS, group("v_after_one_pass")
    )
    if golden.meta["adam_steps"]:
        worst = goldens.difference(found["out|adam|losses"], golden["out|adam|losses"])
        goldens.within(worst, goldens.ADAM_LOSSES)
    end = Checkpoint(golden.checkpoint)
    allowed = golden_model.tolerance_after_adam(golden)
    for name, table in group("v1").items():
        worst = goldens.difference(
            golden.without_race(table), golden.without_race(end[name])
        )
        goldens.within_after_adam(worst, allowed, name)
    if golden.raced_row() is None:
        outputs = found["out|final|outputs"]
        goldens.check_pass(golden, "final", goldens.TRAINING, outputs, states("final"))
    worst = goldens.difference(
        found["out|from_checkpoint|outputs"], golden["out|final|outputs"]
    )
    goldens.within(worst, goldens.INFERENCE, "from the checkpoint")


@pytest.fixture(scope="session")
def all_passes(tmp_path_factory):
    """Recorded results in the mode closest to the old TensorFlow."""

    @functools.cache
    def of(version, first):
        chosen = [
            goldens.load(*key)
            for key in goldens.ALL
            if key[0] == version and (key in FIRST) is first
        ]
        return run_worker(tmp_path_factory.mktemp("all"), "v1-ref", chosen)

    return of


@pytest.mark.parametrize(
    ("version", "name"),
    [
        pytest.param(*key, marks=() if key in FIRST else pytest.mark.slow)
        for key in goldens.ALL
    ],
)
def test_every_pass(all_passes, version, name):
    found = all_passes(version, (version, name) in FIRST)[f"{version}:{name}"]
    check_all_passes(goldens.load(version, name), found)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES[1:])
def test_every_pass_in_other_modes(mode, tmp_path):
    names = ("initial_state", "stacked", "variable_length_row0_longest")
    chosen = [goldens.load("1.15.5", name) for name in names]
    found = run_worker(tmp_path, mode, chosen)
    for golden in chosen:
        check_all_passes(golden, found[f"1.15.5:{golden.name}"])


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
    chosen = [goldens.load("1.15.5", name) for name in RACES]
    found = run_worker(tmp_path, mode, chosen, RUNS)
    for golden in chosen:
        check_runs(golden, found[f"1.15.5:{golden.name}"])


def check_runs(golden, found):
    """Same bits in every run, and ``reference``'s values in every row."""
    expected = statistics_in_order(golden)
    assert sorted(found) == sorted(expected)
    for name, tables in found.items():
        assert len(tables) == RUNS
        assert len({table.tobytes() for table in tables}) == 1, name
        worst = goldens.difference(tables[0], expected[name])
        goldens.within(worst, goldens.STATISTICS, name)


def statistics_in_order(golden):
    """The statistics after a training pass, by ``reference``, by v1 name."""
    found = {}
    for number, (cell, weights) in enumerate(
        zip(golden.rnn.cells, golden.weights(), strict=True)
    ):
        x = golden.x
        if golden.rnn.kind == networks.BIDIRECTIONAL and number == 1:
            x = x.copy()
            for row, length in enumerate(golden.lengths):
                x[row, :length] = x[row, :length][::-1]
        after = reference.run(
            weights,
            x,
            lengths=golden.lengths,
            padding="v1",
            training=True,
            momentum=golden.decay,
        ).weights
        found |= {
            cell.variables[leaf]: table
            for leaf, table in layout_of(cell).from_keras(after).items()
            if "/pop_" in leaf
        }
    return found
