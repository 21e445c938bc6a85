"""Runs `python -m legacy` in a process of its own, for tests."""

import os
import subprocess
import sys
import textwrap

from helpers import forks
from helpers.places import ROOT


def environment(**extra):
    """A script's environment: without what TensorFlow 2 set for pytest's process."""
    own = {"TF2_BEHAVIOR", "TF_USE_LEGACY_KERAS", "KERAS_BACKEND"}
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return {**kept, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1", **extra}


def runner(fresh=False):
    """The words of a command that starts the runner, under ``environment()``.

    ``fresh``: as a user does, importing everything anew.
    """
    interpreter = (sys.executable,) if fresh else forks.python(environment())
    return (*interpreter, "-m", "legacy")


def _run(words, timeout, cwd=None, **extra):
    return subprocess.run(
        [*map(str, words)],
        cwd=cwd,
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def python(*arguments, timeout=300):
    """The finished process of `python ARGUMENTS`, which has imported TensorFlow."""
    return _run([*forks.python(environment()), *arguments], timeout)


def legacy(*arguments, cwd=None, fresh=False, interpreter=None, **extra):
    """The finished process of `python -m legacy ARGUMENTS`, with its output as text.

    ``fresh`` as in ``runner``; also with an ``extra`` environment, which may count when
    TensorFlow is imported. ``interpreter``: other words in place of `python -m legacy`.
    """
    words = interpreter or runner(fresh or bool(extra))
    return _run([*words, *arguments], 240, cwd, **extra)


def write(path, text):
    """Writes a script, its indentation removed; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    return path


def succeeded(process):
    """The process's output; fails with its errors unless it exited with 0."""
    assert process.returncode == 0, process.stderr
    return process.stdout
