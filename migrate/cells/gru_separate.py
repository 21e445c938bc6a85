"""GRUs with one matrix for the input and one for the state, as people wrote them."""

from dataclasses import dataclass

import numpy as np

from migrate.cells import equations
from migrate.cells.base import Layout, gates_text, reorder
from migrate.cells.merging import fold, unfold
from migrate.cells.plain import GRU_GATES, PlainWeights, require_nothing

_BIASES = ("bias", "recurrent_bias")


@dataclass(frozen=True, eq=False)
class SeparateGRU(Layout):
    """One matrix for the input, one for the state, of all three gates together.

    ``gates`` is the order of r, z and the candidate, h. ``bias`` and ``recurrent_bias``
    [3H], both, one or none; with ``reset_after`` the second is of the state's product,
    which the reset gate acts on, else they are summed.
    """

    gates: str = "zrh"
    reset_after: bool = False

    @property
    def trains_alike(self):
        """See ``Layout``: Keras has one bias for each bias of its own, and no other."""
        return len(self._biases()) == 1 + self.reset_after

    def _biases(self):
        return [name for name in _BIASES if name in self.shapes]

    def places(self, cell):
        """See ``Layout``."""
        del cell
        order, biases = gates_text(self.gates, GRU_GATES), self._biases()
        placed = {name: (name, order) for name in ("kernel", "recurrent_kernel")}
        for name in biases:
            change = order
            if self.reset_after:
                change = f"row {_BIASES.index(name)}; {order}"
            elif len(biases) > 1:
                change = f"{order}; the sum of {' and '.join(biases)}"
            placed[name] = ("bias", change)
        return placed

    def merged(self, cell, settings=None):
        """See ``Layout``: a sum is rounded."""
        del cell, settings
        biases = tuple(self._biases())
        return biases if len(biases) > 1 and not self.reset_after else ()

    def to_keras(self, arrays, settings=None):
        """See ``Layout``."""
        del settings
        kernels = [
            reorder(arrays[name], self.gates, GRU_GATES)
            for name in ("kernel", "recurrent_kernel")
        ]
        zeros = np.zeros(kernels[0].shape[-1], kernels[0].dtype)
        if self.reset_after:
            bias = np.stack([arrays.get(name, zeros) for name in _BIASES])
        else:
            bias = fold(*([arrays[name] for name in self._biases()] or [zeros]))
        return PlainWeights(*kernels, reorder(bias, self.gates, GRU_GATES))

    def from_keras(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        del settings
        kernels = {
            "kernel": weights.kernel,
            "recurrent_kernel": weights.recurrent_kernel,
        }
        arrays = {
            name: reorder(array, GRU_GATES, self.gates)
            for name, array in kernels.items()
        }
        bias, biases = reorder(weights.bias, GRU_GATES, self.gates), self._biases()
        if self.reset_after:
            rows = dict(zip(_BIASES, bias, strict=True))
            for name in _BIASES:
                if name not in biases:
                    require_nothing(self.name, name, rows[name])
            return arrays | {name: rows[name] for name in biases}
        if not biases:
            require_nothing(self.name, "bias", bias)
            return arrays
        if originals:
            parts = [originals[name] for name in biases]
        else:
            parts = [bias, *(np.zeros_like(bias) for _ in biases[1:])]
        return arrays | dict(zip(biases, unfold(bias, *parts), strict=True))

    def equations(self, arrays, activation, settings):
        """See ``Layout``."""
        return SeparateGRUCell(arrays, activation, settings, self)


class SeparateGRUCell(equations.Cell):
    """With the reset gate in front of the state's matrix, or behind."""

    def __init__(self, variables, activation, settings, layout):
        super().__init__(variables, activation, settings)
        self._gates, self._after = layout.gates, layout.reset_after

    @property
    def units(self):
        """H."""
        return len(self.variables["recurrent_kernel"])

    def zero_state(self, batch):
        """h [B,H]."""
        return (np.zeros((batch, self.units)),)

    def step(self, x, state, t, training):
        """One step."""
        del t, training
        w, (h,) = self.variables, state
        of_x = self._parts(x @ w["kernel"] + w.get("bias", 0.0))
        second = w.get("recurrent_bias", 0.0)
        of_h = self._parts(h @ w["recurrent_kernel"] + second)
        r, u = (self.gate(of_x[gate] + of_h[gate]) for gate in "rz")
        if self._after:
            of_state = r * of_h["h"]
        else:
            of_state = self._parts((r * h) @ w["recurrent_kernel"] + second)["h"]
        h = u * h + (1 - u) * self.activation(of_x["h"] + of_state)
        return h, (h,)

    def _parts(self, sums):
        return dict(zip(self._gates, np.split(sums, 3, axis=1), strict=True))
