"""Moments of many batches, merged.

Source: T. Chan, G. Golub, R. LeVeque, "Algorithms for computing the sample variance",
1983.
"""

import numpy as np
import numpy.typing as npt

# A deviation below this share of the mean, of variance below the least that epsilon
# leaves any weight, is rounding: a float32 has 6e-8, a matrix product some of them.
CONSTANT = 1e-5
NEGLIGIBLE = 1e-10


class PooledMoments:
    """Moments of many batches, merged without cancellation, in constant memory.

    Holds for each of M rows and F features the mean of everything, the mean of the
    variances within the batches, and the spread of the batches' means; every moment
    counts by the number of values that it is of. All in float64.
    """

    def __init__(self, rows: int, features: int) -> None:
        self.values = np.zeros(rows)
        self.mean = np.zeros((rows, features))
        self._within = np.zeros((rows, features))
        self._between = np.zeros((rows, features))

    def add(
        self,
        rows: npt.ArrayLike,
        values: npt.ArrayLike,
        mean: npt.ArrayLike,
        variance: npt.ArrayLike,
    ) -> None:
        """Merges moments; a row may come several times.

        Args:
          rows: [N] integers. values: [N], of how many values each moment is.
          mean, variance: [N,F]; variances are biased (divided by the number).
        """
        rows, values = np.asarray(rows), np.asarray(values, np.float64)
        mean, variance = np.asarray(mean, np.float64), np.asarray(variance, np.float64)
        for chosen in _without_repeats(rows):
            row, new = rows[chosen], values[chosen]
            total = self.values[row] + new
            share = (new / total)[:, None]
            apart = mean[chosen] - self.mean[row]
            self.mean[row] += apart * share
            self._within[row] += (variance[chosen] - self._within[row]) * share
            self._between[row] += apart**2 * self.values[row][:, None] * share
            self.values[row] = total

    def variance(self, method: str) -> np.ndarray:
        """[M,F]: "mean" of the batches' variances, or of all values "pooled"."""
        if method == "mean":
            return self._within
        return self._within + self._between / np.maximum(self.values, 1)[:, None]

    def steady_variance(self, method: str) -> np.ndarray:
        """``variance``, but 1 where it is that of constants that are not all zero."""
        variance = self.variance(method)
        between = self._between / np.maximum(self.values, 1)[:, None]
        rounding = CONSTANT**2 * (self.mean**2 + between)
        constant = variance < np.minimum(rounding, NEGLIGIBLE)
        return np.where(constant, 1.0, variance)


def _without_repeats(rows):
    """Indices into ``rows``, in groups in which no row comes twice, in order."""
    order = np.argsort(rows, kind="stable")
    _, first, counts = np.unique(rows[order], return_index=True, return_counts=True)
    place = np.empty(len(rows), int)
    place[order] = np.arange(len(rows)) - np.repeat(first, counts)
    return [np.flatnonzero(place == k) for k in range(place.max(initial=-1) + 1)]
