"""The weights of one cell as a frozen, checked set of NumPy arrays."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bnlstm_compat import spec


@dataclass(frozen=True, eq=False)
class BNLSTMWeights:
    """All weights of one batch-normalised LSTM cell, under Keras's names.

    Shapes, with D input, H units, M ``max_bn_steps``: ``kernel`` [D,4H],
    ``recurrent_kernel`` [H,4H]; ``recurrent_gamma``, ``recurrent_beta``,
    ``input_gamma`` [4H]; ``cell_gamma``, ``cell_beta`` [H]; the population statistics
    ``{recurrent,input}_moving_{mean,variance}`` [M,4H] and
    ``cell_moving_{mean,variance}`` [M,H]. Gates in the order f, i, o, j. Scales and
    offsets may have a row for each step instead: [M,4H] and [M,H], all of them.

    Raises:
      ValueError: if a shape does not fit the others, or the arrays are not all
        float32 or all float64; the message lists every mismatch.

    Source: arXiv 1603.09025, equations 6-8.
    """

    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    recurrent_gamma: np.ndarray
    recurrent_beta: np.ndarray
    recurrent_moving_mean: np.ndarray
    recurrent_moving_variance: np.ndarray
    input_gamma: np.ndarray
    input_moving_mean: np.ndarray
    input_moving_variance: np.ndarray
    cell_gamma: np.ndarray
    cell_beta: np.ndarray
    cell_moving_mean: np.ndarray
    cell_moving_variance: np.ndarray

    def __post_init__(self):
        for name in spec.NAMES:
            object.__setattr__(self, name, np.asarray(getattr(self, name)))
        problems = [
            f"{name} has {len(shape)} dimensions instead of {rank}"
            for name, shape, rank in self._ranks()
            if len(shape) != rank
        ]
        if not problems:
            expected = {
                w.name: w.shape(
                    self.input_dim, self.units, self.max_bn_steps, self.affine_per_step
                )
                for w in spec.WEIGHTS
            }
            problems = [
                f"{name} has shape {getattr(self, name).shape} instead of {shape}"
                for name, shape in expected.items()
                if getattr(self, name).shape != shape
            ]
        dtypes = sorted({str(getattr(self, name).dtype) for name in spec.NAMES})
        if len(dtypes) > 1 or dtypes[0] not in ("float32", "float64"):
            problems.append(f"dtypes are {dtypes} instead of one of float32, float64")
        if problems:
            raise ValueError(
                "The arrays do not make one batch-normalised LSTM cell. Received: "
                + "; ".join(problems)
            )

    def _ranks(self):
        return [
            (
                w.name,
                getattr(self, w.name).shape,
                len(w.axes) + (w.affine and self.affine_per_step),
            )
            for w in spec.WEIGHTS
        ]

    @property
    def input_dim(self) -> int:
        """D."""
        return self.kernel.shape[0]

    @property
    def units(self) -> int:
        """H."""
        return self.recurrent_kernel.shape[0]

    @property
    def max_bn_steps(self) -> int:
        """M."""
        return self.recurrent_moving_mean.shape[0]

    @property
    def affine_per_step(self) -> bool:
        """Whether scales and offsets have a row for each step."""
        return self.input_gamma.ndim == 2

    @property
    def dtype(self) -> np.dtype:
        """The one dtype of all arrays."""
        return self.kernel.dtype

    def asdict(self) -> dict[str, np.ndarray]:
        """Name to array, in the order of ``spec.WEIGHTS``."""
        return {name: getattr(self, name) for name in spec.NAMES}

    def tolist(self) -> list[np.ndarray]:
        """The arrays in the order of ``spec.WEIGHTS``."""
        return list(self.asdict().values())

    def with_rows(self, rows: int) -> "BNLSTMWeights":
        """A copy with M = ``rows``: the first rows, or the last one repeated.

        Tables that only repeat their last row infer what the shorter ones infer.
        """
        chosen = np.minimum(np.arange(rows), self.max_bn_steps - 1)
        by_step = spec.STATISTICS + (spec.AFFINE if self.affine_per_step else ())
        arrays = self.asdict()
        return BNLSTMWeights(
            **arrays | {name: arrays[name][chosen] for name in by_step}
        )

    def astype(self, dtype: npt.DTypeLike) -> "BNLSTMWeights":
        """A copy in another float dtype."""
        return BNLSTMWeights(**{k: v.astype(dtype) for k, v in self.asdict().items()})
