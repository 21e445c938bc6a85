"""Which TensorFlow 1 releases had a public name.

``api/tf-*.txt.gz`` list every public name of real releases, one a line;
``api/contrib.txt`` lists every family of ``tf.contrib`` with the releases that had it,
among them families whose names are not listed.
"""

import functools
import gzip
import pathlib

RELEASES = ("0.12.1", "1.0.0", "1.15.5")
# Modules that were never public.
_NOT_LISTED = ("python", "core", "examples", "models", "tools")
_FOLDER = pathlib.Path(__file__).parent / "api"


@functools.cache
def names(release):
    """All public names of ``release``: a tuple of dotted names such as ``tf.abs``."""
    with gzip.open(_FOLDER / f"tf-{release}.txt.gz", "rt", encoding="utf-8") as lines:
        return tuple(line.strip() for line in lines if line.strip())


@functools.cache
def _with_modules(release):
    found = set()
    for name in names(release):
        parts = name.split(".")
        found.update(".".join(parts[:size]) for size in range(2, len(parts) + 1))
    return frozenset(found)


def releases(name):
    """The releases, oldest first, that had ``name`` (a module counts as a name)."""
    listed = [release for release in RELEASES if name in _with_modules(release)]
    return listed or list(_families().get(name, ()))


@functools.cache
def _families():
    lines = (_FOLDER / "contrib.txt").read_text(encoding="utf-8").splitlines()
    return {family: had for family, *had in map(str.split, lines)}


def knows(name):
    """Whether the lists would have ``name``, had a release had it."""
    parts = name.split(".")
    if parts[0] != "tf" or parts[1] in _NOT_LISTED:
        return False
    if parts[1] != "contrib" or len(parts) < 4:
        return True
    if len(parts) > 4 or parts[3] == "python":
        return False
    family = ".".join(parts[:3])
    return any(family in _with_modules(release) for release in RELEASES)
