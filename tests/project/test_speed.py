"""The benchmark's results are what docs/ and README say. Nothing is timed here."""

import json
import subprocess
import sys

import pytest

from helpers.places import ROOT

DOCS = ROOT / "docs" / "performance"


def _tables(results):
    command = [sys.executable, "benchmarks/speed.py", "--markdown", str(results)]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout


@pytest.mark.parametrize(
    "name", ["performance", "performance-avx2", "performance-kept"]
)
def test_tables_are_of_the_recorded_results(name):
    results = DOCS / f"{name}.json"
    assert _tables(results) == (DOCS / f"{name}-tables.md").read_text()
    for entry in json.loads(results.read_text())["shapes"].values():
        for subjects in entry["training"], entry["inference"]:
            assert {"keras LSTM", "keras LSTM, jit", "BNLSTM auto"} <= subjects.keys()
            assert len({len(seconds) for seconds in subjects.values()}) == 1


def _columns(name, title):
    """The columns of the first table that have a title: a number for each shape."""
    _, summary, *_ = _tables(DOCS / f"{name}.json").split("\n\n")
    head, _, *rows = (row.split(" | ") for row in summary.splitlines())
    assert len(rows) == 4
    numbers = [n for n, column in enumerate(head) if column == title]
    return [[float(row[n]) for row in rows] for n in numbers]


def test_the_readme_has_their_range():
    readme = " ".join((ROOT / "README.md").read_text().split())
    here = _columns("performance", "to Keras's LSTM")
    without = _columns("performance-avx2", "to Keras's LSTM")
    for kind, *both in zip(("training", "inference"), here, without, strict=True):
        ratios = [ratio for table in both for ratio in table]
        assert f"{kind} {min(ratios):.2f} to {max(ratios):.2f}" in readme
    training, inference = _columns("performance", "published cell on 1.15.5 to it")
    faster = [*training, *inference]
    assert f"{min(faster):.1f} to {max(faster):.1f} times as fast" in readme
