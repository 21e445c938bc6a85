"""``convert`` and ``revert`` killed at random moments, and on a disk that is full."""

import collections
import os
import resource
import signal
import sys
import time
from typing import NamedTuple

import numpy as np

from helpers.forked import (
    CHECKPOINTS,
    SOURCES,
    Place,
    checksums,
    command,
    complaint,
    forked,
    recorded,
    state_of,
)
from migrate.cli.main import main as migrate_main
from migrate.output import write as writers
from migrate.output.conversion import Conversion
from migrate.sources.checkpoint import Checkpoint
from migrate.verbs import revert

FORMATS = tuple(writers.MODELS)


class Command(NamedTuple):
    """A command that makes something: from ``Place`` to its words; what it makes.

    ``prepare``: what runs first. ``made``: from ``Place`` to what reads what was made.
    """

    name: str
    words: object
    prepare: tuple
    made: object


def _revert(formats):
    return Command(
        "revert",
        lambda place: ["revert", place.out, place.ckpt],
        (lambda place: ["convert", place.prefix, place.out, "--format", formats],),
        lambda place: Checkpoint(place.ckpt),
    )


def _convert(formats, *prepare):
    flags = ["--force"] if prepare else []
    return Command(
        "convert --force" if prepare else "convert",
        lambda place: ["convert", place.prefix, place.out, "--format", formats, *flags],
        prepare,
        lambda place: Conversion(place.out),
    )


COMMANDS = (
    _convert("keras"),
    _convert(",".join(FORMATS)),
    _convert("tf,npz", lambda place: ["convert", place.prefix, place.out]),
    _revert("keras"),
    _revert("npz"),
    _revert("tf"),
)


def _made(place, which):
    """Whether what a command makes is there, as anyone would look."""
    if which.name == "revert":
        return os.path.exists(f"{place.ckpt}.index")
    return os.path.lexists(place.out)


def _names(place, which):
    """What the command has made in the folder worked in, temporary names too."""
    prepared = {"out"} if which.name == "revert" else set()
    return sorted(set(os.listdir(place.work)) - prepared)


def _counted(folder, words, stop=None):
    """Work for ``forked``: a command that counts what it asks the system for in
    ``folder``, and is killed before the request number ``stop``."""

    def work():
        count = 0

        def hook(event, args):
            nonlocal count
            if event.partition(".")[0] not in ("open", "os", "shutil") or not args:
                return
            if isinstance(args[0], str | os.PathLike) and str(folder) in str(args[0]):
                count += 1
                if count == stop:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        code = migrate_main([str(word) for word in words])
        assert code == 0
        return count

    return work


def _prepared(top, which, name):
    place = Place(top, name)
    for words in which.prepare:
        assert forked(top, command(*words(place))).result == 0
    return place


class Usual(NamedTuple):
    """An undisturbed run: its seconds, requests, largest file, files, values."""

    seconds: float
    requests: int
    largest: int
    names: list
    values: dict


def _usual(top, which, name, truth):
    place = _prepared(top, which, name)
    start = time.monotonic()
    outcome = forked(top, _counted(place.work, which.words(place)))
    assert outcome.code == 0, outcome
    seconds = time.monotonic() - start
    made = place.work.glob("again*" if which.name == "revert" else "out/*")
    largest = max(path.stat().st_size for path in made)
    return Usual(seconds, outcome.result, largest, _names(place, which), truth)


def kill(top, which, name, usual, rng):
    """One case: what came of it. Half of them are killed by the clock."""
    place = _prepared(top, which, name)
    before = state_of(place.top / "source")
    words = which.words(place)
    if rng.integers(2):
        after = rng.uniform(0, usual.seconds)
        outcome = forked(top, command(*words), kill_after=after)
    else:
        stop = int(rng.integers(1, usual.requests + 1))
        outcome = forked(top, _counted(place.work, words, stop))
    if outcome.code not in (0, -signal.SIGKILL):
        return f"WRONG: {outcome}"
    there = _made(place, which)
    if there and not _is_whole(top, place, which, usual):
        return "WRONG: there, but not whole"
    state = "whole" if there else "absent"
    if outcome.code == 0:
        state = "ended before"
    # The next one is not hindered, and cleans up.
    again = forked(top, command(*words))
    expected = 2 if there and which.name != "convert --force" else 0
    if complaint(again) or again.result != expected:
        return f"WRONG: {state}, then {again}"
    if not _is_whole(top, place, which, usual):
        return f"WRONG: {state}, then not whole"
    if _names(place, which) != usual.names:
        return f"WRONG: {state}, then {_names(place, which)} are there"
    if state_of(place.top / "source") != before:
        return "WRONG: the source was written"
    return state


def _is_whole(top, place, which, usual):
    return forked(top, lambda: checksums(which.made(place))).result == usual.values


def full_disk(top, which, name, usual, rng):
    """One case: what came of it. A limit on the size of files stands for the disk."""
    place = _prepared(top, which, name)
    before = state_of(place.top)
    limit = int(rng.integers(usual.largest))

    def work():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        return migrate_main([str(word) for word in which.words(place)])

    outcome = forked(top, work)
    after = state_of(place.top)
    for state in (before, after):
        state.pop("told.json", None)
    if complaint(outcome):
        return f"WRONG: {complaint(outcome)}"
    if outcome.result == 0:
        whole = _is_whole(top, place, which, usual)
        return "done" if whole else "WRONG: exit code 0, but not whole"
    if after != before:
        return f"WRONG: {sorted(set(after) ^ set(before))} changed"
    return "refused" if "cannot write" in outcome.stderr else f"WRONG: {outcome}"


def stops(top, kills, disks, seed, minutes):
    """Kills and full disks of each command; prints the table, gives the failures."""
    deadline = time.monotonic() + 60 * minutes
    rng, table = np.random.default_rng(seed), collections.defaultdict(list)
    revert._SHARD = 2000  # several data files, of small checkpoints
    usual, bad = {}, 0
    for number in range(3 * max(kills, disks)):
        if time.monotonic() > deadline:
            break
        which = COMMANDS[number % len(COMMANDS)]
        name = SOURCES[number // len(COMMANDS) % len(SOURCES)]
        if (which, name) not in usual:
            truth = forked(top, lambda name=name: recorded(CHECKPOINTS / name)).result
            usual[which, name] = _usual(top, which, name, truth)
        for what, case, count in (("killed", kill, kills), ("disk", full_disk, disks)):
            key = (which.name, what)
            if len(table[key]) >= count or time.monotonic() > deadline:
                continue
            result = case(top, which, name, usual[which, name], rng)
            if result.startswith("WRONG"):
                print(f"{which.name} of {name}, {what}: {result}", flush=True)
                result, bad = "wrong", bad + 1
            table[key].append(result)
    print("| command | | cases | what came of it |\n|---|---|---|---|")
    for (name, what), results in table.items():
        if results:
            counts = sorted(collections.Counter(results).items())
            told = ", ".join(f"{count} {result}" for result, count in counts)
            print(f"| `{name}` | {what} | {len(results)} | {told} |")
    print(flush=True)
    return bad
