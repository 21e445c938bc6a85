"""What a diagnosis says: faults by name, and where and why they are seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

NON_FINITE = "non-finite"
NEVER_UPDATED = "never updated"
HARDLY_UPDATED = "hardly updated"
RACED = "raced"
ZERO_VARIANCE = "zero variance"
JUMP = "jump"
PADDING = "padding counted"
FIRST_SEQUENCE = "row of the first sequence"
#: The faults, worst first.
FAULTS = (
    NON_FINITE,
    NEVER_UPDATED,
    ZERO_VARIANCE,
    HARDLY_UPDATED,
    RACED,
    JUMP,
    PADDING,
    FIRST_SEQUENCE,
)


@dataclass(frozen=True)
class Finding:
    """One fault: its name, the rows of the statistics, what was seen, effect, cure."""

    fault: str
    rows: tuple[int, ...]
    seen: str
    effect: str
    cure: str

    def asdict(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {**vars(self), "rows": list(self.rows)}

    def __str__(self):
        plural = "s" if len(self.rows) > 1 else ""
        return (
            f"  {self.fault}, row{plural} {row_ranges(self.rows)}: {self.seen}\n"
            f"     effect: {self.effect}\n"
            f"     cure:   {self.cure}"
        )


@dataclass(frozen=True)
class Diagnosis:
    """What is known of one cell.

    Attributes:
      name: of the cell. rows: M.
      findings: its faults, worst first.
      left: [M], the largest share of the initial 0 and 1 that each row can still hold.
      updates: how often row 0 was updated, or None where it cannot be told.
      gap: relative root-mean-square difference between the outputs with population and
        with batch statistics on the data given, or None.
    """

    name: str
    rows: int
    findings: tuple[Finding, ...]
    left: tuple[float, ...]
    updates: int | None
    gap: float | None = None

    def asdict(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {**vars(self), "findings": [one.asdict() for one in self.findings]}

    @property
    def verdict(self) -> str:
        """How many faults were found, in words."""
        count = len(self.findings)
        return f"{count or 'no'} fault{'s' if count > 1 else ''} found"

    def __str__(self):
        return "\n".join([f"{self.name}: {self.verdict}", *map(str, self.findings)])


def row_ranges(rows: Iterable[int]) -> str:
    """``[0, 1, 2, 5]`` as "0-2, 5"."""
    spans: list[list[int]] = []
    for row in sorted(map(int, rows)):
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
