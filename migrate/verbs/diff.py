"""What differs between two checkpoints, two conversions, or one of each."""

import os
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from migrate.bits import same_bits
from migrate.output.conversion import Conversion
from migrate.output.write import REPORT
from migrate.sources.checkpoint import Checkpoint


class Difference(NamedTuple):
    """A variable that differs: its name, how, and for numbers of equal shape the
    largest difference of those that are finite."""

    name: str
    how: str
    largest: float | None = None


def open_either(path) -> Mapping:
    """What ``path`` holds, as a mapping from v1 names to arrays, with ``entries``: a
    conversion where it is a folder with a report, else a checkpoint.

    Raises:
      MigrateError: it is neither.
    """
    if os.path.isfile(os.path.join(path, REPORT)):
        return Conversion(path)
    return Checkpoint(path)


def diff(a, b, *, progress=None) -> list[Difference]:
    """The variables in which ``a`` and ``b`` differ in existence, dtype, shape or bits.

    Args:
      a, b: paths, see ``open_either``. progress: called with ``(done, total, what)``.

    Raises:
      MigrateError: one of them cannot be read.
    """
    one, other = open_either(a), open_either(b)
    names = [*one, *(name for name in other if name not in one.entries)]
    found = []
    for done, name in enumerate(names):
        if progress is not None:
            progress(done, len(names), name)
        if name not in other.entries:
            found.append(Difference(name, f"only in {a}"))
        elif name not in one.entries:
            found.append(Difference(name, f"only in {b}"))
        else:
            found += _compare(name, one, other)
    return found


def _compare(name, one, other):
    x, y = one.entries[name], other.entries[name]
    if (x.dtype, x.shape) != (y.dtype, y.shape):
        told = " and ".join(f"{z.dtype} {list(z.shape)}" for z in (x, y))
        return [Difference(name, told)]
    x, y = one[name], other[name]
    if same_bits(x, y):
        return []
    return [Difference(name, "other values", _largest(x, y))]


def _largest(x, y):
    if x.dtype.kind in "bO":
        return None
    kind = np.complex128 if x.dtype.kind == "c" else np.float64
    x, y = x.astype(kind), y.astype(kind)
    finite = np.isfinite(x) & np.isfinite(y)
    return float(np.abs(x[finite] - y[finite]).max(initial=0))
