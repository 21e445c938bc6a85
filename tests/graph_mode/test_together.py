"""Two conversions, or reverts, into one place: one wins, the other says so."""

import os
import subprocess
import sys

import pytest

from helpers import checkpoints, legacy_process
from migrate.cells.inventory import take_inventory
from migrate.cells.settings import Settings
from migrate.errors import MigrateError
from migrate.output import write as writers
from migrate.sources.checkpoint import Checkpoint
from migrate.verbs.diff import diff
from migrate.verbs.revert import revert


def _convert(prefix, out, **options):
    checkpoint = Checkpoint(prefix)
    found = take_inventory(checkpoint.entries)
    return writers.write(out, checkpoint, found, Settings(), **options)


def _once(work):
    """A progress that does ``work`` in the midst of another, the first time."""
    left = [work]
    return lambda *_: left.pop()() if left else None


@pytest.fixture
def two(tmp_path):
    """Two checkpoints of the same variables with other values."""
    return [
        checkpoints.write(tmp_path / name, checkpoints.cell("rnn/Cell", seed=seed))
        for seed, name in enumerate(("one", "other"))
    ]


@pytest.mark.parametrize("force", [False, True])
def test_the_first_to_end_wins(two, force, tmp_path):
    one, other = two
    out = tmp_path / "out"
    if force:
        _convert(one, out)
    with pytest.raises(MigrateError, match="made by another process meanwhile"):
        _convert(
            one,
            out,
            force=force,
            progress=_once(lambda: _convert(other, out, force=force)),
        )
    assert diff(other, out) == []
    assert len(diff(one, out)) == 13
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []


def test_the_first_revert_to_end_wins(two, tmp_path):
    outs = [tmp_path / "out-one", tmp_path / "out-other"]
    for prefix, out in zip(two, outs, strict=True):
        _convert(prefix, out)
    again = tmp_path / "again"
    with pytest.raises(MigrateError, match="exists"):
        revert(outs[0], again, progress=_once(lambda: revert(outs[1], again)))
    assert diff(two[1], again) == []
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []


@pytest.mark.slow
def test_processes_into_one_folder(two, tmp_path):
    out, prefixes = tmp_path / "out", [*two, two[0]]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "migrate", "convert", prefix, str(out)],
            env=legacy_process.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for prefix in prefixes
    ]
    errors = [process.communicate(timeout=240)[1] for process in running]
    codes = [process.returncode for process in running]
    assert sorted(codes) == [0, 2, 2], errors
    for code, error in zip(codes, errors, strict=True):
        assert error.count("\n") == (1 if code else 0)
        assert not code or "exists" in error or "another process" in error
    assert diff(prefixes[codes.index(0)], out) == []
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []
