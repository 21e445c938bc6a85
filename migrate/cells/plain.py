"""The weights of one LSTM or GRU without batch normalisation, as Keras orders them."""

from dataclasses import dataclass, fields

import numpy as np

from migrate.errors import MigrateError

#: Keras's orders of gates: input, forget, candidate, output; update, reset, candidate.
LSTM_GATES = "ifjo"
GRU_GATES = "zrh"


@dataclass(frozen=True, eq=False)
class PlainWeights:
    """Weights of a ``keras.layers.LSTM`` or ``GRU``.

    With G gates (4 in an LSTM, 3 in a GRU): ``kernel`` [D,GH], ``recurrent_kernel``
    [H,GH], ``bias`` [GH], or [2,GH] in a GRU with ``reset_after``.
    """

    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray

    @property
    def input_dim(self) -> int:
        """D."""
        return self.kernel.shape[0]

    @property
    def units(self) -> int:
        """H."""
        return self.recurrent_kernel.shape[0]

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the arrays."""
        return self.kernel.dtype

    def astype(self, dtype) -> "PlainWeights":
        """A copy in another float dtype."""
        return PlainWeights(*(array.astype(dtype) for array in self.tolist()))

    def asdict(self) -> dict[str, np.ndarray]:
        """Name to array, in Keras's order."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def tolist(self) -> list[np.ndarray]:
        """The arrays in Keras's order."""
        return list(self.asdict().values())


def require_nothing(layout, weight, change):
    """Raises ``MigrateError`` if a weight that no variable takes has changed."""
    if np.any(change):
        raise MigrateError(
            f"the layout {layout} has no variable for Keras's {weight}, which has "
            "changed, so that the change cannot be kept"
        )
