"""A hundredth of the damages, kills and full disks of docs/evidence/reliability.md."""

import re
import subprocess
import sys

import pytest

from helpers import legacy_process
from helpers.places import TESTS


@pytest.mark.slow
def test_damage_kills_and_full_disks():
    program = TESTS / "reliability.py"
    counts = ["--corruptions", 10, "--kills", 2, "--disks", 2, "--seed", 7]
    done = subprocess.run(
        [sys.executable, program, *map(str, counts)],
        env=legacy_process.environment(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 corruptions, 0 wrong" in done.stdout
    for command in ("convert", "revert"):
        for what in ("killed", "disk"):
            assert re.search(rf"\| `{command}` \| {what} \| 2 \|", done.stdout)
