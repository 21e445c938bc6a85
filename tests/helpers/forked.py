"""Commands run in forked processes, with limits, and judged by what they leave.

A process that has imported everything is forked for each case, which is what makes
hundreds of cases cheap. TensorFlow bears that as long as it has computed nothing yet.
"""

import json
import os
import resource
import shutil
import signal
import time
import traceback
from typing import NamedTuple

import tensorflow as tf

from helpers.places import RECORDINGS

# What the commands import when they run.
from migrate import bits
from migrate.cli.main import main as migrate_main
from migrate.sources.checkpoint import Checkpoint

CHECKPOINTS = RECORDINGS / "cells" / "tf-1.15.5" / "ckpt"
#: Both formats, one file and several, partitions, slots and moving averages.
SOURCES = ("basic", "shards", "partitioned_and_averaged", "v1_format", "v1_shards")
#: Of computing; by the clock, ten times that, for a machine may be busy.
SECONDS = 60


class Outcome(NamedTuple):
    """How a forked process ended: its exit code, or minus the signal; ``result`` of the
    work; what it wrote to stderr; the most memory it had, in bytes; whether it was
    stopped for taking too long."""

    code: int
    result: object
    stderr: str
    peak: int
    hung: bool


def forked(folder, work, kill_after=None) -> Outcome:
    """Runs ``work()``, which gives something for JSON, in a process of its own.

    ``folder``: for its output. ``kill_after``: seconds after which it is killed.
    """
    told = folder / "told.json"
    told.unlink(missing_ok=True)
    stderr, write_end = os.pipe()  # which no limit on files stops
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(write_end, 2)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            result = work()
            resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
            told.write_text(json.dumps(result))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(write_end)
    start, killed = time.monotonic(), False
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            break
        passed = time.monotonic() - start
        if passed > (10 * SECONDS if kill_after is None else kill_after):
            os.kill(child, signal.SIGKILL)
            killed = True
        time.sleep(0.001)
    with os.fdopen(stderr, errors="replace") as stream:
        said = stream.read()
    return Outcome(
        os.waitstatus_to_exitcode(status),
        json.loads(told.read_text()) if told.exists() else None,
        said,
        usage.ru_maxrss * 1024,
        (killed and kill_after is None) or usage.ru_utime + usage.ru_stime >= SECONDS,
    )


def command(*argv):
    """Work for ``forked``: the exit code of a command."""
    return lambda: migrate_main([str(word) for word in argv])


def checksums(mapping):
    """By name, of all variables."""
    return {name: bits.checksum(array) for name, array in mapping.items()}


def recorded(prefix):
    """As ``checksums``, of what TensorFlow's own reader reads."""
    reader = tf.train.load_checkpoint(Checkpoint(prefix).prefix)
    return {
        name: bits.checksum(reader.get_tensor(name))
        for name in reader.get_variable_to_shape_map()
    }


def state_of(folder):
    """By relative path, the content of each file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def complaint(outcome):
    """What is wrong with the way a command ended that had bad luck, or None."""
    if outcome.hung:
        return f"took more than {SECONDS} s"
    if outcome.code:
        return f"ended with {outcome.code}: {outcome.stderr[-2000:]}"
    if outcome.result not in (0, 2):
        return f"exit code {outcome.result}"
    error = outcome.stderr
    lines = 1 if outcome.result else 0
    if error.count("\n") != lines or "fault of migrate" in error:
        return f"exit code {outcome.result} with stderr {error!r}"
    return None


class Place:
    """A folder for a case, with a copy of a checkpoint's files in ``source``."""

    def __init__(self, top, name):
        self.top = top
        for left in (top / "source", top / "work"):
            shutil.rmtree(left, ignore_errors=True)
            left.mkdir()
        for path in Checkpoint(CHECKPOINTS / name).files():
            shutil.copy(path, top / "source")
        self.prefix = top / "source" / name
        self.work = top / "work"
        self.out, self.ckpt = self.work / "out", self.work / "again"

    def files(self):
        """The source's files."""
        return sorted(str(path) for path in (self.top / "source").iterdir())
