"""Old-style scripts give under ``python -m legacy`` what real TensorFlow gave.

The numbers of tests/recordings/scripts/recorded were computed by real TensorFlow
0.12.1, 1.0.0 and 1.15.5, as each file says; tests/recordings/scripts/record.py makes
them anew.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from helpers.legacy_process import environment, runner
from helpers.rounding import within
from recordings.scripts import printed, record

SCRIPTS = pathlib.Path(record.HERE)
REAL_TF1 = os.environ.get("REAL_TF1")

# Largest |difference| / largest |value|, by kind of number: how far real TensorFlow
# 1.15.5 was measured to be from real 0.12.1 on the batch-normalised cell.
TOLERANCES = {
    "inference": 6e-7,
    "training": 3e-5,
    "gradients": 2e-4,
    "statistics": 3e-7,  # after one pass; means and variances together
    "losses": 2e-6,  # before each of some optimiser steps
}


def run(script, folder):
    """Runs a script under the runner; gives the finished process."""
    done = record.run(
        runner(),
        script,
        folder,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def same_text(script, found, by_value):
    """Fails unless ``found`` is what the real release printed; see scripts/printed."""
    wanted = record.printed(script)
    different = printed.differences(found, wanted, by_value)
    assert not different, "\n".join(different)


def arrays(name, value):
    """Yields (name, array), each list of numbers of one shape as one array."""
    if isinstance(value, dict):
        for key in value:
            yield from arrays(f"{name}/{key}", value[key])
        return
    try:
        yield name, np.asarray(value, np.float64)
    except ValueError:
        for place, one in enumerate(value):
            yield from arrays(f"{name}[{place}]", one)


def distances(found, wanted):
    """Yields (name, largest |difference| / largest |value|) of two sets of numbers."""
    pairs = zip(arrays("", found), arrays("", wanted), strict=True)
    for (name, one), (other_name, other) in pairs:
        assert name == other_name
        assert one.shape == other.shape, name
        assert np.isfinite(one).all(), name
        scale = np.abs(other).max(initial=0.0) or 1.0
        yield name, np.abs(one - other).max(initial=0.0) / scale


def together(numbers):
    """Numbers of one kind, by name, each joined to one flat list."""
    return {
        name: np.concatenate([array.ravel() for _, array in arrays("", value)])
        for name, value in numbers.items()
    }


def check(found, wanted):
    assert found.keys() == wanted.keys() <= {*TOLERANCES, "exact", "falling"}
    assert found.get("exact") == wanted.get("exact")
    if "statistics" in wanted:
        # Measured together: the mean of a normalised product may be nothing but
        # rounding, and has no scale of its own (real 1.15.5 and 0.12.1 differ there
        # by 4e-6 of it).
        found = {**found, "statistics": together(found["statistics"])}
        wanted = {**wanted, "statistics": together(wanted["statistics"])}
    for kind in sorted(TOLERANCES.keys() & wanted.keys()):
        for name, distance in distances(found[kind], wanted[kind]):
            within(kind, distance, TOLERANCES[kind], f"{kind}{name}")
    # Numbers that nothing can repeat: the README of the scripts says why, each.
    for numbers in (found.get("falling", {}), wanted.get("falling", {})):
        for name, losses in numbers.items():
            tenth = max(len(losses) // 10, 1)
            assert np.mean(losses[-tenth:]) < np.mean(losses[:tenth]), name


# Large graphs, or idioms that others among the scripts have too.
LARGE = {
    "attention",
    "basecaller",
    "bnlstm_wrapped",
    "crf_tagger",
    "data_1_15",
    "estimator_1_15",
    "flags_app",
    "hparams_1_4",
    "layers_classifier",
    "own_cells",
    "queue_reader",
    "static_contrib",
    "translate_1_0",
}


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(name, marks=pytest.mark.slow if name in LARGE else ())
        for name in record.SCRIPTS
    ],
)
def test_same_numbers_as_real_tensorflow(script, tmp_path):
    recorded = json.loads((SCRIPTS / "recorded" / f"{script}.json").read_text())
    release, _ = record.SCRIPTS[script]
    assert recorded["tensorflow"] == release
    digest = hashlib.sha256((SCRIPTS / f"{script}.py").read_bytes()).hexdigest()
    done = run(script, tmp_path)
    told = done.stderr
    found = record.numbers(tmp_path)
    check(found, recorded["numbers"])
    # Where losses only have to fall, the text has such numbers too.
    by_value = "falling" not in found and script not in record.TIMED
    same_text(script, done.stdout, by_value)
    after = hashlib.sha256((SCRIPTS / f"{script}.py").read_bytes()).hexdigest()
    assert after == digest
    announced = [line for line in told.splitlines() if "is Python 2" in line]
    assert len(announced) == (script == "ptb_python2"), told


@pytest.mark.parametrize("script", record.TEXTS)
def test_same_text_as_real_tensorflow(script, tmp_path):
    """Runs with NumPy 1.26 (.ci/run's oldest versions) and with NumPy 2."""
    same_text(script, run(script, tmp_path).stdout, by_value=True)


def test_texts_differ_by_words_and_by_values():
    same = ("loss 0.123 [ 1.  2.]", "loss 0.124 [1.0 2.0]")
    assert printed.differences(*same) == []
    assert printed.differences("[1.0,\n  2.0]\n", "[1.00, 2.00]\n") == []
    for one, other in (
        ("loss 0.12", "loss 0.14"),
        ("step 3", "step 4"),
        ("[np.float32(0.5)]", "[0.5]"),
        ("loss 0.1\n", "loss 0.1"),
        ("a 1\nb", "a 1 b"),
        ("1.0 2.0", "1.0  x"),
        ("b'a'", "a"),
    ):
        assert printed.differences(one, other), (one, other)
    assert printed.differences("loss 0.12", "loss 0.14", by_value=False) == []


def test_every_script_is_recorded():
    """No recording without a script, and no script that is not run here."""
    helpers = {"bnlstm", "exchange", "fixed", "printed", "record", "__init__"}
    scripts = {path.stem for path in SCRIPTS.glob("*.py")} - helpers
    assert scripts == {*record.SCRIPTS, *record.TEXTS}
    recordings = {path.stem for path in (SCRIPTS / "recorded").glob("*.json")}
    assert recordings == record.SCRIPTS.keys()
    texts = {path.stem for path in (SCRIPTS / "recorded").glob("*.txt")}
    assert texts == scripts


@pytest.mark.slow
@pytest.mark.tf1
def test_checkpoints_are_exchanged_with_tensorflow_1_15(tmp_path):
    """Saved under the runner and read by real 1.15.5, and the reverse: same numbers."""
    here, there = [sys.executable, "-m", "legacy"], [REAL_TF1]
    numbers = {}
    for side, other, name in ((here, there, "ours"), (there, here, "theirs")):
        for command, mode in ((side, "save"), (other, "load")):
            out = tmp_path / f"{name}.{mode}.json"
            subprocess.run(
                [
                    *command,
                    str(SCRIPTS / "exchange.py"),
                    mode,
                    str(tmp_path / name),
                    str(out),
                ],
                env=environment(),
                check=True,
                timeout=300,
                capture_output=True,
            )
            numbers[name, mode] = json.loads(out.read_text())
        check(numbers[name, "load"], numbers[name, "save"])
    ours, theirs = numbers["ours", "load"], numbers["theirs", "load"]
    assert ours["exact"]["names"] == theirs["exact"]["names"]
    for _, distance in distances(ours["inference"], theirs["inference"]):
        assert distance <= TOLERANCES["training"]  # as after Adam's steps
