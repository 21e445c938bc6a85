"""What a proof found: differences by cell, and whether they are equal.

How far the reference may be from the layer is measured. The layer runs in float64, too;
what float32 costs there is the level of this model's own rounding, on this input, in
this mode. The reference may be ``TIMES`` the level from the float64 result, plus
``FLOORS`` times the dtype's epsilon, and no more. So may the layer itself; and what it
costs counts as rounding only as far as inputs and weights that are rounded at random
explain it: a layer that is wrong in float32 alone does not set its own measure.
"""

from dataclasses import dataclass, field

import numpy as np

from migrate.proof.page.facts import gather
from migrate.proof.page.write import require_page, write_page
from migrate.proof.subject import Subject

#: What is compared: outputs in either mode, final states, statistics after training.
KINDS = ("inference", "training", "states", "statistics")
#: How many times the level the reference may be away: see docs/evidence/proof.md for
#: the two error rates that were measured with it.
TIMES = 8.0
#: Besides, in units of the dtype's epsilon: rounding where the level happens to be 0.
FLOORS = dict(zip(KINDS, (8.0, 32.0, 8.0, 8.0), strict=True))


@dataclass
class CellResult:
    """What was found for one cell.

    Attributes:
      scope, file: the cell, and the file that holds it.
      reference: "graph", "legacy" or "equations", see ``proof.references``; None if
        there is nothing to compare with.
      differing: names of weights whose bits differ from the source's, and step-by-step
        results whose bits differ from those of the cell in ``legacy``.
      contradictions: sentences on settings and options that are not what they should
        be, or on why there is nothing to compare with.
      compared: the cases that were compared, as pairs of a name and the shape [B,T,D]
        of the input.
      skipped: names of the cases that were not compared, for there the layer is meant
        to differ.
      layer: for each of ``KINDS`` that was compared, the largest difference of the
        reference from the layer, relative to the largest value.
      distance: likewise, of the reference, or of the layer if it is further, from the
        layer in float64.
      level: likewise, how far the layer's own rounding goes.
      by_step: for each kind that has steps, ``layer``, ``distance`` and ``level`` again
        as arrays, one number for each step (of statistics, each row of the table); NaN
        if a step was not compared. Their largest numbers are those above.
    """

    scope: str
    file: str
    reference: str | None
    dtype: str = "float32"
    differing: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    compared: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    layer: dict[str, float] = field(default_factory=dict)
    distance: dict[str, float] = field(default_factory=dict)
    level: dict[str, float] = field(default_factory=dict)
    by_step: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    def add(self, kind, reference, layer, exact, rounded, axis=None, first=0) -> None:
        """Notes one comparison.

        Args:
          kind: one of ``KINDS``. reference, layer, exact: the arrays of the reference,
            of the layer, and of the layer in float64. rounded: likewise in float64,
            from inputs and weights that were rounded at random.
          axis: that of steps, of which the first is ``first``; None: there are none.
        """
        own = differences(layer, exact, axis)
        spread = np.max([differences(one, exact, axis) for one in rounded], axis=0)
        # The largest of all steps, so that the level of no step is above the level.
        allowed = self._allowed(kind, spread.max())
        for name, found in (
            ("layer", differences(layer, reference, axis)),
            ("distance", np.maximum(own, differences(reference, exact, axis))),
            ("level", np.maximum(spread, np.minimum(own, allowed))),
        ):
            largest = getattr(self, name)
            largest[kind] = max(largest.get(kind, 0.0), float(found.max()))
            if axis is not None:
                steps = self.by_step.setdefault(kind, {})
                steps[name] = _larger(steps.get(name, np.empty(0)), found, first)

    def _allowed(self, kind, level):
        return TIMES * level + FLOORS[kind] * float(np.finfo(self.dtype).eps)

    def limit(self, kind) -> float:
        """How far the distance may be: what the verdict holds it against."""
        return self._allowed(kind, self.level[kind])

    @property
    def excess(self) -> float:
        """The largest ratio of a distance to what it may be: equal up to 1."""
        shares = []
        for kind, distance in self.distance.items():
            allowed = self.limit(kind)
            # Where rounding alone decides whether numbers are finite, none is allowed:
            # infinite over infinite would be neither above nor below 1.
            finite = np.isfinite(distance) and np.isfinite(allowed)
            shares.append(distance / allowed if finite else float("inf"))
        return max(shares, default=0.0)

    def equal(self, tolerance: float | None = None) -> bool:
        """Whether nothing differs: by the measured level, or within ``tolerance``."""
        if self.differing or self.contradictions or self.reference is None:
            return False
        if tolerance is None:
            return self.excess <= 1
        return all(difference <= tolerance for difference in self.layer.values())


@dataclass(frozen=True, repr=False)
class Proof:
    """What ``verify`` found.

    ``cells``: a ``CellResult`` for each, in the report's order. ``variables``: names of
    other variables that are missing or have other bits. ``reference``: what was
    compared with, as a noun; ``assumed``: the settings that it has only because they
    are usual, as phrases such as "epsilon 1e-05". ``graph``: the label of the source's
    graph, or None. ``data``: whether the user's data went through that graph, too.
    ``subject``: the files, for ``report``.
    """

    cells: list[CellResult]
    variables: list[str]
    reference: str
    assumed: tuple[str, ...] = ()
    graph: str | None = None
    data: bool = False
    subject: Subject | None = None

    @property
    def by_graph(self) -> bool:
        """Whether all cells were compared with the user's own graph."""
        return all(result.reference == "graph" for result in self.cells)

    def equal(self, tolerance: float | None = None) -> bool:
        """Whether nothing differs; see ``CellResult.equal``."""
        cells = all(result.equal(tolerance) for result in self.cells)
        return cells and not self.variables

    def sentence(
        self,
        tolerance: float | None = None,
        require_graph: bool = False,
        to_others: bool = False,
    ) -> str:
        """The verdict: how many cells compute what, within which limit, on condition of
        what. ``to_others``: it is not said to the person whose checkpoint it is."""
        reference, whose = self.reference, "your"
        if to_others:
            whose = "the"
            if self.graph is not None:
                reference = f"the graph {self.graph}"
        word = "Equal" if self.equal(tolerance) else "Different"
        if word == "Equal" and require_graph and not self.by_graph:
            word = "Not proved"
        equal = sum(result.equal(tolerance) for result in self.cells)
        limit = "this model's own rounding" if tolerance is None else f"{tolerance:g}"
        if self.data:
            data = "given data" if to_others else "your data"
            limit += f", on random input and on {data}"
        count = f"{word}: {equal} of {len(self.cells)} cells compute"
        if not self.assumed:
            return f"{count} what {reference} computes, within {limit}."
        *some, last = self.assumed
        listed = f"{', '.join(some)} and {last}" if some else last
        return (
            f"{count} what {reference} computes, within {limit}, if {whose} script "
            f"used {listed}: a checkpoint does not say."
        )

    def report(
        self,
        path,
        *,
        tolerance: float | None = None,
        require_graph: bool = False,
        command: str | None = None,
    ) -> None:
        """Writes the proof as one page of HTML, to hand on.

        The page holds all it needs: no script, no other file. It is written complete or
        not at all, and replaces an earlier one.

        Args:
          path: the file, ``NAME.html``. tolerance, require_graph: as in ``sentence``.
          command: what repeats the proof; default: the call of ``verify``.

        Raises:
          MigrateError: it cannot be written, or one of the files has changed since it
            was compared.
        """
        require_page(path)
        facts = gather(
            self, tolerance=tolerance, require_graph=require_graph, command=command
        )
        write_page(path, facts)

    def __repr__(self):
        lines = [self.sentence()]
        for result in self.cells:
            differences = ", ".join(
                f"{kind} {difference:.1e} ({result.level[kind]:.1e})"
                for kind, difference in result.layer.items()
            )
            equal = "equal" if result.equal() else "DIFFERENT"
            lines.append(f"  {result.scope}: {differences}: {equal}")
            lines += [
                f"    {sentence}"
                for sentence in (*result.differing, *result.contradictions)
            ]
        lines += [f"  {name} differs" for name in self.variables]
        return "\n".join(lines)


def relative_difference(a, b) -> float:
    """Largest ``|a - b|`` over largest ``|b|``; infinite where only one is finite."""
    return float(differences(a, b))


def differences(a, b, axis=None) -> np.ndarray:
    """Relative differences: for each index of ``axis`` the largest ``|a - b|`` over the
    largest ``|b|`` of all; infinite where only one is finite, or shapes differ.

    Returns:
      float64 [steps]; without an axis a scalar, the largest of all.
    """
    if np.shape(a) != np.shape(b):
        return np.full([] if axis is None else np.shape(b)[axis], np.inf)
    others = tuple(i for i in range(np.ndim(a)) if i != axis)
    alike = (np.isfinite(a) == np.isfinite(b)).all(axis=others)
    a, b = (np.nan_to_num(z.astype(np.float64), posinf=0, neginf=0) for z in (a, b))
    largest = np.abs(a - b).max(axis=others) / (np.abs(b).max() or 1.0)
    return np.where(alike, largest, np.inf)


def _larger(known, found, first):
    """[steps]: the larger of two numbers at each step, ``found`` beginning at step
    ``first``; NaN where there is neither."""
    steps = max(len(known), first + len(found))
    wide = np.full((2, steps), np.nan)
    wide[0, : len(known)] = known
    wide[1, first : first + len(found)] = found
    return np.fmax(*wide)
