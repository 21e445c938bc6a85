"""Runs code in a Python of its own, which has imported nothing yet."""

import os
import subprocess
import sys

from helpers.places import ROOT


def fresh(code, *arguments, cwd=ROOT, **extra):
    """What a new Python printed that ran ``code``; fails with its errors.

    ``arguments`` are in ``sys.argv``; ``extra`` are variables of the environment.
    """
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **extra},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
