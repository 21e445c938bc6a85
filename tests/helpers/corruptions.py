"""Damaged checkpoints, and what ``convert`` makes of them.

``KINDS`` maps what is done to ``damage(rng, files)``, which changes some of the files
(paths, all of one checkpoint) in place.
"""

import collections
import os
import resource
import shutil
import time
from pathlib import Path

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
from migrate.output.conversion import Conversion
from migrate.sources.sstable import Table, crc32c

#: More than an undamaged conversion takes; what is mapped may be three times that.
MEMORY = 256 << 20


def _change(path, change):
    with open(path, "rb") as stream:
        content = bytearray(stream.read())
    with open(path, "wb") as stream:
        stream.write(change(content))


def _flip(rng, content, start, end, most=8):
    for _ in range(rng.integers(1, most + 1)):
        content[rng.integers(start, end)] ^= 1 << rng.integers(8)
    return content


def _overwrite(rng, content, start, end):
    start = int(rng.integers(start, end))
    size = min(int(rng.integers(1, 65)), end - start)
    content[start : start + size] = rng.bytes(size)
    return content


def flipped_bits(rng, files):
    """One to eight bits of one file."""
    path = rng.choice(files)
    _change(path, lambda content: _flip(rng, content, 0, len(content)))


def overwritten(rng, files):
    """A run of up to 64 bytes of one file."""
    path = rng.choice(files)
    _change(path, lambda content: _overwrite(rng, content, 0, len(content)))


def cut(rng, files):
    """The end of one file, or all of it."""
    path = rng.choice(files)
    os.truncate(path, rng.integers(os.path.getsize(path)))


def moved(rng, files):
    """Bytes taken out of one file, or put into it, so that the rest moves."""

    def change(content):
        place, size = rng.integers(len(content)), rng.integers(1, 65)
        if rng.integers(2):
            return content[:place] + content[place + size :]
        return content[:place] + rng.bytes(size) + content[place:]

    _change(rng.choice(files), change)


def lost(rng, files):
    """One file."""
    os.unlink(rng.choice(files))


def swapped(rng, files):
    """Two files change their names, or one is copied over the other."""
    one, other = rng.choice(files, 2, replace=False)
    if rng.integers(2):
        shutil.copyfile(one, other)
    else:
        aside = f"{one}.aside"
        os.rename(one, aside)
        os.rename(other, one)
        os.rename(aside, other)


def forged(rng, files):
    """Bytes of a table, its checksum made right again, so that its meaning changes."""
    path = rng.choice([name for name in files if ".data-" not in name])
    blocks = Table(path)._blocks
    start, size = blocks[rng.integers(len(blocks))]
    damage = (_flip, _overwrite)[rng.integers(2)]
    _change(path, lambda content: damage(rng, content, start, start + size))
    seal(path, start, size)


def seal(path, start, size):
    """Makes the checksum of a table's block right."""

    def change(content):
        end = start + size + 1  # with the byte that says that it is not compressed
        crc = crc32c(bytes(content[start:end]))
        masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
        content[end : end + 4] = masked.to_bytes(4, "little")
        return content

    _change(path, change)


_FORGED = "forged, with right checksums"
KINDS = {
    "flipped bits": flipped_bits,
    "bytes overwritten": overwritten,
    "a file cut": cut,
    "bytes added or taken out": moved,
    "a file lost": lost,
    "files swapped": swapped,
    _FORGED: forged,
}


def corruption(top, seed, truths, usual):
    """One case: its kind, what came of it, and the most memory above the usual."""
    rng = np.random.default_rng(seed)
    kind = list(KINDS)[rng.integers(len(KINDS))]
    one_file = ("v1_format",) if kind == "files swapped" else ()
    name = rng.choice([name for name in SOURCES if name not in one_file])
    place = Place(top, name)
    KINDS[kind](rng, place.files())
    before = state_of(place.top / "source")

    def work():
        limit = int(Path("/proc/self/statm").read_text().split()[0])
        limit = limit * resource.getpagesize() + 3 * MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        return migrate_main(["convert", str(place.prefix), str(place.out)])

    outcome = forked(top, work)
    wrong = complaint(outcome)
    more = max(0, outcome.peak - usual)
    if more > MEMORY or "nable to allocate" in outcome.stderr:
        wrong = wrong or f"took {more >> 20} MiB more than usual: {outcome.stderr}"
    if state_of(place.top / "source") != before:
        wrong = wrong or "the source was written"
    there = [path.name for path in place.work.iterdir()]
    if there != ([] if outcome.result else ["out"]):
        wrong = wrong or f"left {there}"
    if wrong:
        return kind, f"WRONG: {name}, {kind}: {wrong}", more
    if outcome.result:
        return kind, "refused", more
    found = forked(top, lambda: checksums(Conversion(place.out))).result
    if kind == _FORGED:  # another checkpoint, as it were
        return kind, "converted", more
    if found != truths[name]:
        return kind, f"WRONG: {name}, {kind}: other values with exit code 0", more
    return kind, "converted", more


def corruptions(top, count, seed):
    """``count`` of them; prints the table, gives the number of failures."""
    truths, usual = {}, 0
    for name in SOURCES:
        truths[name] = forked(
            top, lambda name=name: recorded(CHECKPOINTS / name)
        ).result
        place = Place(top, name)
        outcome = forked(top, command("convert", place.prefix, place.out))
        assert outcome.result == 0, outcome
        found = forked(top, lambda place=place: checksums(Conversion(place.out)))
        assert found.result == truths[name], name
        usual = max(usual, outcome.peak)
    table = collections.defaultdict(collections.Counter)
    most, bad, start = 0, 0, time.monotonic()
    for number in range(seed, seed + count):
        kind, result, more = corruption(top, number, truths, usual)
        if result.startswith("WRONG"):
            print(f"seed {number}: {result}", flush=True)
            result, bad = "wrong", bad + 1
        table[kind][result] += 1
        most = max(most, more)
    print("| damage | cases | refused | converted | wrong |\n|---|---|---|---|---|")
    for kind in KINDS:
        row = table[kind]
        counts = [row[result] for result in ("refused", "converted", "wrong")]
        print(f"| {kind} | {' | '.join(map(str, [sum(counts), *counts]))} |")
    print(
        f"\n{count} corruptions, {bad} wrong; at most {most / 2**20:.0f} MiB more than "
        f"an undamaged conversion; {time.monotonic() - start:.0f} s\n",
        flush=True,
    )
    return bad
