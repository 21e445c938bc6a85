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
      skipped: names of the cases that were not compared, for there the layer is meant
        to differ.
      layer: for each of ``KINDS`` that was compared, the largest difference of the
        reference from the layer, relative to the largest value.
      distance: likewise, of the reference, or of the layer if it is further, from the
        layer in float64.
      level: likewise, how far the layer's own rounding goes.
    """

    scope: str
    file: str
    reference: str | None
    dtype: str = "float32"
    differing: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    layer: dict[str, float] = field(default_factory=dict)
    distance: dict[str, float] = field(default_factory=dict)
    level: dict[str, float] = field(default_factory=dict)

    def add(self, kind, reference, layer, exact, rounded) -> None:
        """Notes one comparison.

        Args:
          kind: one of ``KINDS``. reference, layer, exact: the arrays of the reference,
            of the layer, and of the layer in float64. rounded: likewise in float64,
            from inputs and weights that were rounded at random.
        """
        own = relative_difference(layer, exact)
        spread = max(relative_difference(one, exact) for one in rounded)
        for largest, value in (
            (self.layer, relative_difference(layer, reference)),
            (self.distance, max(own, relative_difference(reference, exact))),
            (self.level, max(spread, min(own, self._allowed(kind, spread)))),
        ):
            largest[kind] = max(largest.get(kind, 0.0), value)

    def _allowed(self, kind, level):
        return TIMES * level + FLOORS[kind] * float(np.finfo(self.dtype).eps)

    @property
    def excess(self) -> float:
        """The largest ratio of a distance to what it may be: equal up to 1."""
        shares = []
        for kind, distance in self.distance.items():
            allowed = self._allowed(kind, self.level[kind])
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
    """

    cells: list[CellResult]
    variables: list[str]
    reference: str
    assumed: tuple[str, ...] = ()
    graph: str | None = None
    data: bool = False

    @property
    def by_graph(self) -> bool:
        """Whether all cells were compared with the user's own graph."""
        return all(result.reference == "graph" for result in self.cells)

    def equal(self, tolerance: float | None = None) -> bool:
        """Whether nothing differs; see ``CellResult.equal``."""
        cells = all(result.equal(tolerance) for result in self.cells)
        return cells and not self.variables

    def sentence(
        self, tolerance: float | None = None, require_graph: bool = False
    ) -> str:
        """The verdict: how many cells compute what, within which limit, on condition of
        what."""
        word = "Equal" if self.equal(tolerance) else "Different"
        if word == "Equal" and require_graph and not self.by_graph:
            word = "Not proved"
        equal = sum(result.equal(tolerance) for result in self.cells)
        limit = "this model's own rounding" if tolerance is None else f"{tolerance:g}"
        if self.data:
            limit += ", on random input and on your data"
        count = f"{word}: {equal} of {len(self.cells)} cells compute"
        if not self.assumed:
            return f"{count} what {self.reference} computes, within {limit}."
        *some, last = self.assumed
        listed = f"{', '.join(some)} and {last}" if some else last
        return (
            f"{count}, within {limit}, what is computed by {self.reference}, if "
            f"{listed} {'are' if some else 'is'} what your script used: a checkpoint "
            "does not say."
        )

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
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    a, b = (np.nan_to_num(z.astype(np.float64), posinf=0, neginf=0) for z in (a, b))
    difference = np.abs(a - b).max()
    return float(difference / (np.abs(b).max() or 1.0))
