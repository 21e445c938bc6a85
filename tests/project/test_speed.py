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


@pytest.mark.parametrize("name", ["performance", "performance-kept"])
def test_tables_are_of_the_recorded_results(name):
    results = DOCS / f"{name}.json"
    assert _tables(results) == (DOCS / f"{name}-tables.md").read_text()
    for entry in json.loads(results.read_text())["shapes"].values():
        for subjects in entry["training"], entry["inference"]:
            assert {"keras LSTM", "keras LSTM, jit", "BNLSTM auto"} <= subjects.keys()
            assert len({len(seconds) for seconds in subjects.values()}) == 1


def test_the_readme_has_their_range():
    _, summary, *_ = _tables(DOCS / "performance.json").split("\n\n")
    rows = [
        row.split(" | ") for row in summary.splitlines() if "(" in row and ")" in row
    ]
    columns = summary.splitlines()[0].split(" | ")
    (training, inference) = (
        sorted(float(row[n]) for row in rows[-4:])
        for n, column in enumerate(columns)
        if column == "to Keras's LSTM"
    )
    readme = " ".join((ROOT / "README.md").read_text().split())
    for name, ratios in ("training", training), ("inference", inference):
        assert f"{name} {ratios[0]:.2f} to {ratios[-1]:.2f}" in readme
