"""The layer in float64, and how much its float32 rounds: the level of a proof."""

from dataclasses import dataclass, replace

import numpy as np

from migrate.models.build import skeleton
from migrate.models.cells import assign_weights, cells_of
from migrate.proof.cases import Case, Result
from migrate.proof.runs import run_chains, uncompiled
from migrate.sources.base import Entry

#: Draws of inputs and weights that are each off by up to one rounding of the dtype.
DRAWS = 2


@dataclass(frozen=True)
class Exact:
    """A ``Result`` in float64, and those of inputs and weights rounded at random."""

    result: Result
    rounded: tuple[Result, ...]


class ExactLayers:
    """The layers of an RNN in float64.

    Args:
      rnn: the RNN. settings: its settings. entries: of the conversion.
    """

    def __init__(self, rnn, settings, entries):
        self._dtype = rnn.cells[0].dtype
        self._rnn = replace(
            rnn, cells=tuple(replace(cell, dtype="float64") for cell in rnn.cells)
        )
        doubled = {
            name: Entry(entries[name].shape, "float64")
            for cell in rnn.cells
            for name in cell.variables.values()
        }
        self._model = uncompiled(skeleton(self._rnn, doubled, settings)())

    def run(self, case: Case, weights) -> Exact:
        """The results of one case from these weights, which are put in anew."""
        case = replace(
            case,
            x=case.x.astype(np.float64),
            states=case.states
            and [{k: z.astype(np.float64) for k, z in s.items()} for s in case.states],
        )
        doubled = [given.astype(np.float64) for given in weights]
        result = self._run(case, doubled)
        rng = np.random.default_rng(0)
        rounded = [
            self._run(
                replace(case, x=self._rounded(case.x, rng)),
                [
                    type(given)(
                        *(self._rounded(array, rng) for array in given.tolist())
                    )
                    for given in doubled
                ],
            )
            for _ in range(DRAWS)
        ]
        return Exact(result, tuple(rounded))

    def _rounded(self, array, rng):
        unit = np.finfo(self._dtype).eps / 2
        return array * (1 + unit * rng.uniform(-1, 1, array.shape))

    def _run(self, case, weights):
        for cell, given in zip(cells_of(self._model), weights, strict=True):
            assign_weights(cell, given)
        return run_chains(self._rnn, self._model, case)
