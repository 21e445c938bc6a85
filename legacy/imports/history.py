"""Which TensorFlow 1 releases had a name.

``api/tf-*.txt.gz`` list every public name of a real release, one on each line.
``api/others-*.txt.gz`` list what else could be reached: ``tf.contrib`` without its
internal modules, and what public modules had imported
(tests/recordings/names/other_names.py).
"""

import functools
import gzip
import pathlib

from legacy.release import RELEASES

# Modules that were never public.
_NOT_LISTED = ("python", "core", "examples", "models", "tools")
_FOLDER = pathlib.Path(__file__).parent / "api"


@functools.cache
def names(release):
    """All public names of ``release``: a tuple of dotted names such as ``tf.abs``."""
    return _lines(f"tf-{release}.txt.gz")


def _lines(file):
    with gzip.open(_FOLDER / file, "rt", encoding="utf-8") as lines:
        return tuple(line.strip() for line in lines if line.strip())


@functools.cache
def _with_modules(release):
    found = set()
    for name in (*names(release), *_lines(f"others-{release}.txt.gz")):
        parts = name.split(".")
        found.update(".".join(parts[:size]) for size in range(2, len(parts) + 1))
    return frozenset(found)


def releases(name):
    """The releases, oldest first, that had ``name`` (a module counts as a name)."""
    return [release for release in RELEASES if name in _with_modules(release)]


def knows(name):
    """Whether the lists are complete for the module that ``name`` lies in.

    If they are, a name that they lack was in no release.
    """
    parts = name.split(".")
    if parts[0] != "tf" or {"python", *_NOT_LISTED} & set(parts[1:2] + parts[3:4]):
        return False
    return any(_modules(release) >= {name.rpartition(".")[0]} for release in RELEASES)


@functools.cache
def _modules(release):
    """Every listed name that has names below it."""
    return frozenset(name.rpartition(".")[0] for name in _with_modules(release))
