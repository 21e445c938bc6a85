"""What the proof of a whole model found, and whether it is equal."""

from dataclasses import dataclass, field

import numpy as np

from migrate.proof import verdict
from migrate.proof.page.whole_page import write_whole_page
from migrate.proof.page.write import require_page
from migrate.proof.subject import Subject

#: What is compared: outputs in either mode, gradients of trained weights, and the
#: variables that are not trained, after a training pass.
KINDS = ("inference", "training", "gradients", "statistics")
#: How many times the level, and how many units of precision, a difference may be: see
#: docs/evidence/proof.md. Gradients round once more on the way back through a loop.
TIMES = {**dict.fromkeys(KINDS, verdict.TIMES), "gradients": 16.0}
FLOORS = {**verdict.FLOORS, "gradients": verdict.FLOORS["training"]}


@dataclass
class Measure:
    """The differences of one array in all cases, relative to its largest value.

    ``difference``: of the model from the graph; ``level``: of the graph from itself,
    with its variables and inputs rounded at random; ``excess``: the difference over
    what it may be.
    """

    difference: float = 0.0
    level: float = 0.0
    excess: float = 0.0

    def add(self, kind, expected, actual, rounded) -> None:
        """Notes one comparison.

        Args:
          kind: one of ``KINDS``. expected: of the graph. actual: of the model. rounded:
            of the graph, with rounded variables and inputs.
        """
        largest = _size(expected)
        distance = _distance(expected, actual)
        level = max(_distance(expected, other) for other in rounded)
        allowed = TIMES[kind] * level + FLOORS[kind] * _unit(expected) * largest
        if not np.isfinite(distance) or not np.isfinite(allowed):
            share = np.inf
        elif distance == 0:
            share = 0.0
        else:
            share = distance / allowed if allowed else np.inf
        size = largest or 1.0
        self.difference = max(self.difference, float(distance / size))
        self.level = max(self.level, float(level / size))
        self.excess = max(self.excess, float(share))

    def equal(self, tolerance: float | None = None) -> bool:
        """By the measured level, or within ``tolerance``."""
        if tolerance is None:
            return self.excess <= 1
        return self.difference <= tolerance


@dataclass(repr=False)
class WholeProof:
    """What ``verify`` found of a whole model.

    Attributes:
      source: the label of the source. graph: that of its graph, the reference.
      subject: the files that were compared, or None.
      outputs: the names of the model's outputs.
      measures: for each of ``KINDS``, from names (of outputs, of variables) to a
        ``Measure``; empty if it was not compared.
      weights: how many variables the model holds. differing: those with other bits than
        the source's.
      contradictions: sentences on what is not as in the graph.
      skipped: sentences on what was not compared, and why.
      data: whether the user's data went through both. drawn: whether random data did.
    """

    source: str
    graph: str
    outputs: tuple[str, ...]
    weights: int
    differing: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    measures: dict[str, dict[str, Measure]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )
    data: bool = False
    drawn: bool = True
    subject: Subject | None = None

    #: The reference is the user's graph, always.
    by_graph = True

    def measure(self, kind, name) -> Measure:
        """The measure of a name, made when it is first asked for."""
        return self.measures[kind].setdefault(name, Measure())

    def worst(self, kind) -> str | None:
        """The name whose difference is nearest to what it may be, or furthest beyond;
        None if there is none."""
        found = self.measures[kind]
        return max(found, key=lambda name: found[name].excess) if found else None

    def beyond(self, tolerance=None) -> list[tuple[str, str]]:
        """Pairs of kind and name that differ by more than they may."""
        return [
            (kind, name)
            for kind, found in self.measures.items()
            for name, measure in found.items()
            if not measure.equal(tolerance)
        ]

    def equal(self, tolerance: float | None = None) -> bool:
        """Whether nothing differs, and outputs were compared at all."""
        return bool(
            not self.differing
            and not self.contradictions
            and self.measures["inference"]
            and not self.beyond(tolerance)
        )

    def sentence(self, tolerance: float | None = None, to_others: bool = False) -> str:
        """The verdict; ``to_others``: not said to the person whose graph it is."""
        graph, data = "your graph", "your data"
        if to_others:
            graph, data = "the graph", "given data"
        word = "Equal" if self.equal(tolerance) else "Different"
        limit = "this model's own rounding" if tolerance is None else f"{tolerance:g}"
        kinds = [kind for kind in KINDS if self.measures[kind]]
        listed = ", ".join(kinds[:-1]) + f" and {kinds[-1]}" if kinds[1:] else kinds[:1]
        on = [
            text
            for text, there in (("random input", self.drawn), (data, self.data))
            if there
        ]
        what = f" ({listed})" if kinds[1:] else ""
        return (
            f"{word}: the model against {graph} {self.graph}{what}, within {limit}, on "
            f"{' and on '.join(on)}."
        )

    def report(
        self, path, *, tolerance=None, require_graph=False, command=None
    ) -> None:
        """Writes the proof as one page of HTML, as ``Proof.report`` does."""
        del require_graph  # the graph is the reference in any case
        require_page(path)
        write_whole_page(path, self, tolerance, command)

    def __repr__(self):
        lines = [self.sentence()]
        for kind, found in self.measures.items():
            lines += [
                f"  {name}, {kind}: {m.difference:.1e} ({m.level:.1e})"
                for name, m in found.items()
            ]
        lines += [f"  {name} (weights) differs" for name in self.differing]
        lines += [f"  {text}" for text in (*self.contradictions, *self.skipped)]
        return "\n".join(lines)


def _distance(a, b):
    """Largest ``|a - b|``; infinite if shapes differ, or only one is finite."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return np.inf
    if a.dtype.kind in "OSU":
        return 0.0 if np.array_equal(a, b) else np.inf
    a, b = a.astype(np.float64), b.astype(np.float64)
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return np.inf
    same = np.array_equal(
        np.sign(a[~np.isfinite(a)]), np.sign(b[~np.isfinite(b)]), equal_nan=True
    )
    if not same:
        return np.inf
    finite = np.isfinite(a)
    return np.abs(a[finite] - b[finite]).max(initial=0.0)


def _size(array):
    array = np.asarray(array)
    if array.dtype.kind in "OSU":
        return 1.0
    array = array.astype(np.float64)
    return np.abs(array[np.isfinite(array)]).max(initial=0.0)


def _unit(array):
    kind = np.asarray(array).dtype
    return float(np.finfo(kind).eps) if kind.kind == "f" else 0.0
