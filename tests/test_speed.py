"""The benchmark's results are what docs/ and README say. Nothing is timed here."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_tables_are_of_the_recorded_results():
    command = [sys.executable, "benchmarks/speed.py"]
    command += ["--markdown", "docs/performance.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == (ROOT / "docs" / "performance-tables.md").read_text()
    machine, summary, *_ = done.stdout.split("\n\n")
    readme = (ROOT / "README.md").read_text()
    assert machine.partition(". Medians")[0] in readme
    assert summary in readme
    shapes = json.loads((ROOT / "docs" / "performance.json").read_text())["shapes"]
    for entry in shapes.values():
        for subjects in entry["training"], entry["inference"]:
            assert {"keras LSTM", "keras LSTM, jit", "BNLSTM auto"} <= subjects.keys()
            assert len({len(seconds) for seconds in subjects.values()}) == 1
