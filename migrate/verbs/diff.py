"""What differs between two sources, two conversions, or one of each."""

import os
from dataclasses import asdict, dataclass

import numpy as np

from migrate.bits import same_bits
from migrate.graph.open import open_source
from migrate.output.conversion import Conversion
from migrate.output.write import REPORT
from migrate.sources.arguments import Progress, SourceLike
from migrate.sources.base import Source


@dataclass(frozen=True)
class Difference:
    """A variable that differs: its name, how, and for numbers of equal shape the
    largest difference of those that are finite."""

    name: str
    how: str
    largest: float | None = None

    def asdict(self) -> dict:
        """The same as plain data for JSON."""
        return asdict(self)


def open_either(path: SourceLike) -> Source:
    """A conversion, if ``path`` is a folder with a report, else a source.

    Raises:
      MigrateError: it is neither.
    """
    if not isinstance(path, Source) and os.path.isfile(os.path.join(path, REPORT)):
        return Conversion(path)
    return open_source(path, lenient=True)


def diff(
    a: SourceLike, b: SourceLike, *, progress: Progress | None = None
) -> list[Difference]:
    """The variables in which ``a`` and ``b`` differ in existence, dtype, shape or bits.

    Args:
      a, b: sources, as in ``inspect``, or folders that ``convert`` made.
      progress: called with ``(done, total, what)``.

    Raises:
      MigrateError: one of them cannot be read.

    Source: the checkpoints' formats, see ``migrate.sources``.
    """
    first, second = open_either(a), open_either(b)
    names = [*first, *(name for name in second if name not in first.entries)]
    found = []
    for done, name in enumerate(names):
        if progress is not None:
            progress(done, len(names), name)
        if name not in second.entries:
            found.append(Difference(name, f"only in {a}"))
        elif name not in first.entries:
            found.append(Difference(name, f"only in {b}"))
        else:
            found += _compare(name, first, second)
    return found


def _compare(name, first, second):
    x, y = first.entries[name], second.entries[name]
    if (x.dtype, x.shape) != (y.dtype, y.shape):
        kinds = " and ".join(f"{z.dtype} {list(z.shape)}" for z in (x, y))
        return [Difference(name, kinds)]
    x, y = first[name], second[name]
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
