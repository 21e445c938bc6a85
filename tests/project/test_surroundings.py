"""The commands where a shell has set other things than ours.

A folder with a space and a letter outside ASCII, no HOME, `LANG=C`, colours forced, a
narrow terminal, another Keras asked for, files for their owner only, SIGINT ignored as
in the background of a shell.
"""

import os
import signal
import subprocess
import sys

import pytest

from helpers.legacy_process import ROOT, write
from helpers.places import RECORDINGS

SET = {
    "LANG": "C",
    "FORCE_COLOR": "1",
    "COLUMNS": "40",
    "KERAS_BACKEND": "jax",
    "TF_USE_LEGACY_KERAS": "1",
    "TF2_BEHAVIOR": "1",
    "PYTHONPATH": str(ROOT),
}


def _ignore_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)


@pytest.fixture
def run(tmp_path):
    """A function that runs Python with arguments in the folder; gives its output."""
    folder = tmp_path / "Ordner mit ü"
    (folder / "tmp dir ö").mkdir(parents=True)
    gone = {"HOME", "LC_ALL", "LC_CTYPE", "PYTHONUTF8", "PYTHONIOENCODING"}
    kept = {name: value for name, value in os.environ.items() if name not in gone}

    def started(*arguments):
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=folder,
            env={**kept, **SET, "TMPDIR": str(folder / "tmp dir ö")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            preexec_fn=_ignore_interrupts,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    started.folder = folder
    return started


def test_converts(run):
    checkpoint = RECORDINGS / "cells" / "tf-1.15.5" / "ckpt" / "basic"
    run("-m", "migrate", "convert", checkpoint, "Ausgabe ß")
    assert (run.folder / "Ausgabe ß" / "report.json").exists()
    assert os.listdir(run.folder / "tmp dir ö") == []


def test_runs_scripts(run):
    write(
        run.folder / "Skript ü.py",
        """
        import tensorflow as tf
        with tf.Session() as session:
            print("größer", session.run(tf.mul(2.0, 3.0)))
        """,
    )
    assert run("-m", "legacy", "Skript ü.py") == "größer 6.0\n"
