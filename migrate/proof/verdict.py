"""What a proof found: differences by cell, and whether they are equal."""

from dataclasses import dataclass, field

import numpy as np

TOLERANCE = 1e-5


@dataclass
class CellResult:
    """What was found for one cell.

    ``differing`` names the weights whose bits differ from the checkpoint's, and the
    step path's results whose bits differ from the graph's;
    ``layer`` holds the layer's largest difference from the graph, relative to the
    graph's largest value, in "inference" and "training" outputs and in "statistics".
    ``steps``: whether there is a graph, and so a step path to compare. ``skipped``
    names the cases that were not compared, for there the layer is meant to differ.
    """

    scope: str
    file: str
    steps: bool = True
    differing: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    layer: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(
            ("inference", "training", "statistics"), 0
        )
    )

    def equal(self, tolerance: float) -> bool:
        """Same bits in the step path, and the layer within ``tolerance``.

        In training, exact arithmetic is further from TensorFlow than its releases are
        from each other: against it, three times the tolerance.
        """
        limits = dict.fromkeys(self.layer, tolerance)
        if not self.steps:
            limits["training"] = 3 * tolerance
        return not self.differing and all(
            difference <= limits[what] for what, difference in self.layer.items()
        )


@dataclass(frozen=True, repr=False)
class Proof:
    """What ``verify`` found.

    ``cells``: a ``CellResult`` for each, in the report's order. ``variables``: names of
    other variables that are missing or have other bits.
    """

    cells: list[CellResult]
    variables: list[str]

    def equal(self, tolerance: float) -> bool:
        """Whether nothing differs."""
        cells = all(result.equal(tolerance) for result in self.cells)
        return cells and not self.variables

    def __repr__(self):
        lines = ["Equal" if self.equal(TOLERANCE) else "Different"]
        for result in self.cells:
            differences = ", ".join(f"{k} {d:.1e}" for k, d in result.layer.items())
            equal = "equal" if result.equal(TOLERANCE) else "DIFFERENT"
            lines.append(f"  {result.scope}: {differences}: {equal}")
        lines += [f"  {name} differs" for name in self.variables]
        return "\n".join(lines)


def relative_difference(a, b) -> float:
    """Largest ``|a - b|`` over largest ``|b|``; infinite where only one is finite."""
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    a, b = (np.nan_to_num(z.astype(np.float64), posinf=0, neginf=0) for z in (a, b))
    difference = np.abs(a - b).max()
    return float(difference / (np.abs(b).max() or 1.0))
