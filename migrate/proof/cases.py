"""The random inputs of a proof, and what one run of an RNN on them gives."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BATCH = 8
#: Length of the random input where the statistics' tables are shorter.
FEWEST_STEPS = 6


@dataclass(frozen=True)
class Case:
    """One case: inputs [B,T,D], lengths [B] or None, training or not."""

    name: str
    x: np.ndarray
    lengths: np.ndarray | None
    training: bool

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


@dataclass(frozen=True)
class Result:
    """For each cell: outputs [B,T,H], zero past lengths; state (h, c, step); and the
    statistics after the pass, by the layout's names of variables."""

    outputs: list[np.ndarray]
    states: list[tuple[np.ndarray, ...]]
    statistics: list[dict[str, np.ndarray]]


def random_cases(rnn, rng) -> Iterator[Case]:
    """Inference and training, with full and with random lengths, on one input.

    Standard normal [8, M + 1, D], so that the step past the last row occurs, too.
    """
    first = rnn.cells[0]
    steps = max(FEWEST_STEPS, *((cell.max_bn_steps or 0) + 1 for cell in rnn.cells))
    x = rng.standard_normal((BATCH, steps, first.input_dim)).astype(first.dtype)
    lengths = rng.integers(1, steps + 1, BATCH).astype(np.int32)
    for kind, ends in (("full", None), ("random", lengths)):
        for mode in ("inference", "training"):
            yield Case(f"{mode}, {kind} lengths", x, ends, mode == "training")


def reversed_in_time(x, lengths):
    """[B,T,.] reversed in time within each row's length."""
    made = np.array(x)
    for row, length in enumerate(lengths):
        made[row, :length] = x[row, :length][::-1]
    return made
