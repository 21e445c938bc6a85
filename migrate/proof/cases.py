"""The random inputs of a proof, and what one run of an RNN on them gives."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BATCH = 8
#: Length of the random input where the statistics' tables are shorter.
FEWEST_STEPS = 6


@dataclass(frozen=True)
class Case:
    """One case: inputs [B,T,D], lengths [B] or None, training or not; for each cell the
    state to begin with, by "h" and "c", or None; ``expected``: the reference's result,
    if it is known already."""

    name: str
    x: np.ndarray
    lengths: np.ndarray | None
    training: bool
    states: list[dict[str, np.ndarray]] | None = None
    expected: "Result | None" = None

    @property
    def mask(self):
        """[B,T], true at valid steps; None without lengths."""
        if self.lengths is None:
            return None
        return np.arange(self.x.shape[1]) < self.lengths[:, None]

    @property
    def full_lengths(self):
        """[B]: the lengths, or T."""
        batch, steps, _ = self.x.shape
        return np.full(batch, steps) if self.lengths is None else self.lengths

    def reversed(self, x):
        """Sequences [B,T,.] turned round within their lengths."""
        return reversed_in_time(x, self.full_lengths)


@dataclass(frozen=True)
class Result:
    """For each cell: outputs [B,T,H], zero past lengths, or None; the final state by
    "h", "c" and "step", as far as it is known; the statistics after the pass, by the
    layout's names of variables."""

    outputs: list[np.ndarray | None]
    states: list[dict[str, np.ndarray]]
    statistics: list[dict[str, np.ndarray]]


@dataclass(frozen=True)
class Border:
    """What a reference takes: a number of rows, of steps (None: any), whether lengths,
    whether states to begin with.

    ``to_the_end``: its loop may run past the longest sequence of a batch, as that of
    TensorFlow before 1.15 did, so that one sequence needs all steps.
    """

    batch: int | None = None
    steps: int | None = None
    lengths: bool = True
    states: bool = False
    to_the_end: bool = False


def random_cases(rnn, rng, border=Border()) -> Iterator[Case]:
    """Inference and training, with full and with random lengths, on one input; and
    inference from random states.

    Standard normal [8, M + 1, D], so that the step past the last row occurs, too.
    """
    first = rnn.cells[0]
    steps = max(FEWEST_STEPS, *((cell.max_bn_steps or 0) + 1 for cell in rnn.cells))
    batch, steps = border.batch or BATCH, border.steps or steps
    x = rng.standard_normal((batch, steps, first.input_dim)).astype(first.dtype)
    lengths = rng.integers(1, steps + 1, batch).astype(np.int32)
    if border.to_the_end:
        lengths[-1] = steps
    kinds = (
        [("full", None), ("random", lengths)] if border.lengths else [("full", None)]
    )
    for kind, ends in kinds:
        for mode in ("inference", "training"):
            yield Case(f"{mode}, {kind} lengths", x, ends, mode == "training")
    if border.states:
        starts = [
            {
                kind: (0.5 * rng.standard_normal((batch, cell.units))).astype(
                    cell.dtype
                )
                for kind in ("h", "c")
            }
            for cell in rnn.cells
        ]
        yield Case("inference from random states", x, None, False, starts)


def reversed_in_time(x, lengths):
    """[B,T,.] reversed in time within each row's length."""
    made = np.array(x)
    for row, length in enumerate(lengths):
        made[row, :length] = x[row, :length][::-1]
    return made
