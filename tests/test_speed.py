"""The benchmark's results are what docs/ and README say. Nothing is timed here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
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


def test_the_readme_shows_them():
    machine, summary, *_ = _tables(DOCS / "performance.json").split("\n\n")
    readme = (ROOT / "README.md").read_text()
    assert machine.partition(". Medians")[0] in readme
    assert summary in readme
