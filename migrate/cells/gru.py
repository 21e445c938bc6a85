"""GRUs whose candidate has variables of its own: what all their layouts share."""

from dataclasses import dataclass

import numpy as np

from migrate.cells import equations
from migrate.cells.base import Layout, gates_text, reorder
from migrate.cells.plain import GRU_GATES, PlainWeights

_V1_GATES = "rz"  # and the candidate, h, in variables of its own
#: Of the variables of GRUCell.
GRU_SHAPES = {
    "gates/kernel": ("D+H", "2H"),
    "gates/bias": ("2H",),
    "candidate/kernel": ("D+H", "H"),
    "candidate/bias": ("H",),
}
#: Of those of CudnnCompatibleGRUCell.
CUDNN_GRU_SHAPES = {
    "gates/kernel": ("D+H", "2H"),
    "gates/bias": ("2H",),
    "candidate/input_projection/kernel": ("D", "H"),
    "candidate/input_projection/bias": ("H",),
    "candidate/hidden_projection/kernel": ("H", "H"),
    "candidate/hidden_projection/bias": ("H",),
}


@dataclass(frozen=True, eq=False)
class GRU(Layout):
    """The reset gate acts on the state before its matrix (``reset_after=False``).

    ``gates`` is the order of the reset gate, r, and the update gate, z.
    """

    gates: str = _V1_GATES

    def keys_by_role(self, gates, per_step, roles):
        """See ``Layout``."""
        del per_step
        alike = gates.replace("u", "z") == self.gates and set(roles) == set(GRU_SHAPES)
        return {name: name for name in GRU_SHAPES} if alike else None

    def places(self, cell):
        """See ``Layout``."""
        del cell
        gates = gates_text(self.gates, GRU_GATES[:2])
        rows = "first D rows, other H rows"
        return {
            "gates/kernel": ("kernel, recurrent_kernel", f"{rows}; {gates}"),
            "gates/bias": ("bias", gates),
            "candidate/kernel": ("kernel, recurrent_kernel", f"{rows}; gate h"),
            "candidate/bias": ("bias", "gate h"),
        }

    def to_keras(self, arrays, settings=None):
        """See ``Layout``."""
        del settings
        kernel, bias = (
            np.concatenate(
                [
                    reorder(arrays[f"gates/{name}"], self.gates, GRU_GATES[:2]),
                    arrays[f"candidate/{name}"],
                ],
                axis=-1,
            )
            for name in ("kernel", "bias")
        )
        units = bias.shape[-1] // len(GRU_GATES)
        return PlainWeights(kernel[:-units], kernel[-units:], bias)

    def from_keras(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        del originals, settings
        kernel = np.concatenate([weights.kernel, weights.recurrent_kernel])
        whole = {"kernel": kernel, "bias": weights.bias}
        arrays = {}
        for name, array in whole.items():
            gates, candidate = _gates_and_candidate(array, self.gates)
            arrays[f"gates/{name}"], arrays[f"candidate/{name}"] = gates, candidate
        return arrays

    def equations(self, arrays, activation, settings):
        """See ``Layout``."""
        return GRUCell(arrays, activation, settings, self.gates)


@dataclass(frozen=True, eq=False)
class CudnnGRU(Layout):
    """The reset gate acts on what the matrix gave (``reset_after=True``).

    ``gates`` is the order of the reset gate, r, and the update gate, z.
    """

    gates: str = _V1_GATES
    trains_alike = False  # Keras has a second bias of the gates r and z

    def places(self, cell):
        """See ``Layout``."""
        del cell
        gates = gates_text(self.gates, GRU_GATES[:2])
        placed = {
            "gates/kernel": (
                "kernel, recurrent_kernel",
                f"first D rows, other H rows; {gates}",
            ),
            "gates/bias": ("bias", f"row 0; {gates}"),
        }
        for row, part in enumerate(("input", "hidden")):
            matrix = ("kernel", "recurrent_kernel")[row]
            placed[f"candidate/{part}_projection/kernel"] = (matrix, "gate h")
            placed[f"candidate/{part}_projection/bias"] = ("bias", f"row {row}, gate h")
        return placed

    def to_keras(self, arrays, settings=None):
        """See ``Layout``."""
        del settings
        gates = reorder(arrays["gates/kernel"], self.gates, GRU_GATES[:2])
        units = gates.shape[-1] // 2
        kernels = [
            np.concatenate([part, arrays[f"candidate/{name}_projection/kernel"]], -1)
            for part, name in ((gates[:-units], "input"), (gates[-units:], "hidden"))
        ]
        bias = reorder(arrays["gates/bias"], self.gates, GRU_GATES[:2])
        biases = [
            np.concatenate([part, arrays[f"candidate/{name}_projection/bias"]])
            for part, name in ((bias, "input"), (np.zeros_like(bias), "hidden"))
        ]
        return PlainWeights(*kernels, np.stack(biases))

    def from_keras(self, weights, originals=None, settings=None):
        """See ``Layout``: Keras's second bias of a gate is added to its first."""
        del originals, settings
        arrays, gates, offsets = {}, [], []
        parts = {
            "input": (weights.kernel, weights.bias[0]),
            "hidden": (weights.recurrent_kernel, weights.bias[1]),
        }
        for name, (kernel, bias) in parts.items():
            rows, candidate = _gates_and_candidate(kernel, self.gates)
            gates.append(rows)
            arrays[f"candidate/{name}_projection/kernel"] = candidate
            rows, candidate = _gates_and_candidate(bias, self.gates)
            offsets.append(rows)
            arrays[f"candidate/{name}_projection/bias"] = candidate
        moved = offsets[1] != 0
        arrays["gates/bias"] = np.where(moved, offsets[0] + offsets[1], offsets[0])
        arrays["gates/kernel"] = np.concatenate(gates)
        return arrays

    def equations(self, arrays, activation, settings):
        """See ``Layout``."""
        return CudnnGRUCell(arrays, activation, settings, self.gates)


class GRUCell(equations.Cell):
    """The reset gate acts on the state before the matrix."""

    def __init__(self, variables, activation, settings, gates):
        super().__init__(variables, activation, settings)
        self._gates = gates

    @property
    def units(self):
        """H."""
        return len(self.variables["gates/bias"]) // 2

    def zero_state(self, batch):
        """h [B,H]."""
        return (np.zeros((batch, self.units)),)

    def step(self, x, state, t, training):
        """One step."""
        del t, training
        w, (h,) = self.variables, state
        both = np.concatenate([x, h], axis=1)
        gates = self.gate(both @ w["gates/kernel"] + w["gates/bias"])
        parts = dict(zip(self._gates, np.split(gates, 2, axis=1), strict=True))
        r, u = parts["r"], parts["z"]
        candidate = self.activation(self._candidate(x, h, r))
        h = u * h + (1 - u) * candidate
        return h, (h,)

    def _candidate(self, x, h, r):
        w = self.variables
        both = np.concatenate([x, r * h], axis=1)
        return both @ w["candidate/kernel"] + w["candidate/bias"]


class CudnnGRUCell(GRUCell):
    """The reset gate acts on what the matrix gave."""

    def _candidate(self, x, h, r):
        projected = [
            z @ self.variables[f"candidate/{name}_projection/kernel"]
            + self.variables[f"candidate/{name}_projection/bias"]
            for z, name in ((x, "input"), (h, "hidden"))
        ]
        return projected[0] + r * projected[1]


def _gates_and_candidate(array, order):
    """The gates in ``order``, and the candidate, of Keras's z, r, h."""
    units = array.shape[-1] // len(GRU_GATES)
    gates, candidate = array[..., : 2 * units], array[..., 2 * units :]
    return reorder(gates, GRU_GATES[:2], order), candidate
