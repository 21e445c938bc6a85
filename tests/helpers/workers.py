"""Starts the programs of ``tests/workers``, each in a process of its own.

They import the project, and what tests share (``helpers``), from this checkout.
"""

import os
import subprocess
import sys

from helpers import legacy_process
from helpers.places import ROOT, TESTS, WORKERS


def start(name, *words, python=sys.executable, **environment):
    """The started process of `PYTHON tests/workers/NAME.py WORDS`.

    ``python`` may be one that has another TensorFlow. ``environment``: more variables.
    """
    folders = os.pathsep.join([str(ROOT), str(TESTS)])
    return subprocess.Popen(
        [python, str(WORKERS / f"{name}.py"), *map(str, words)],
        env=legacy_process.environment(PYTHONPATH=folders, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output(process, timeout=900):
    """What a process printed; fails with its errors unless it exits with 0."""
    out, err = process.communicate(timeout=timeout)
    assert process.returncode == 0, err[-3000:]
    return out


def run(name, *words, **options):
    """What a program printed, started as ``start`` does."""
    return output(start(name, *words, **options))
