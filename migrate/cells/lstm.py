"""LSTMs without batch normalisation: what all their layouts share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from migrate.cells import equations
from migrate.cells.base import Layout, gates_text, reorder
from migrate.cells.merging import fold, unfold
from migrate.cells.normalised import forget_vector
from migrate.cells.plain import LSTM_GATES, PlainWeights, require_nothing

#: Of a cell with one matrix and one bias.
LSTM_SHAPES = {"kernel": ("D+H", "4H"), "bias": ("4H",)}


@dataclass(frozen=True, eq=False)
class LSTM(Layout):
    """The forget bias is added at run time.

    Attributes:
      roles: from variable to what it is: ``kernel`` [D+H,4H] of input and state, or
        ``kernel`` [D,4H] and ``recurrent_kernel`` [H,4H]; ``bias`` and
        ``recurrent_bias`` [4H], both, one or none.
      gates: the order of gates along the last axis.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    gates: str = "ijfo"

    @property
    def trains_alike(self):
        """See ``Layout``: Keras has one bias, and always one."""
        return len(self._biases()) == 1

    @property
    def joined(self) -> bool:
        """Whether one matrix holds the rows of the input, then those of the state."""
        return "recurrent_kernel" not in self.roles.values()

    def _biases(self):
        """The variables that are biases: the first takes a change."""
        of = {role: variable for variable, role in self.roles.items()}
        return [of[role] for role in ("bias", "recurrent_bias") if role in of]

    def keys_by_role(self, gates, per_step, roles):
        """See ``Layout``."""
        del per_step
        of = {role: variable for variable, role in self.roles.items()}
        return of if gates == self.gates and set(of) == set(roles) else None

    def places(self, cell):
        """See ``Layout``."""
        del cell
        order, biases = gates_text(self.gates, LSTM_GATES), self._biases()
        placed = {}
        for variable, role in self.roles.items():
            placed[variable] = (role, order)
            if self.joined and role == "kernel":
                rows = f"first D rows, other H rows; {order}"
                placed[variable] = ("kernel, recurrent_kernel", rows)
            elif variable in biases:
                both = f"; the sum of {' and '.join(biases)}" if biases[1:] else ""
                placed[variable] = ("bias", f"{order}{both}; forget_bias added")
        return placed

    def merged(self, cell, settings=None):
        """See ``Layout``: a sum, or one with the forget bias, is rounded."""
        del cell
        biases = self._biases()
        summed = len(biases) > 1 or self.setting(settings, "forget_bias")
        return tuple(biases) if summed else ()

    def to_keras(self, arrays, settings=None):
        """See ``Layout``."""
        kernel, *recurrent = (
            reorder(arrays[variable], self.gates, LSTM_GATES)
            for role in ("kernel", "recurrent_kernel")
            for variable in self.roles
            if self.roles[variable] == role
        )
        units = kernel.shape[-1] // len(self.gates)
        biases = [arrays[name] for name in self._biases()]
        bias = fold(
            *(biases or [np.zeros(kernel.shape[-1], kernel.dtype)]),
            constant=self._forget(settings, units),
        )
        if self.joined:
            kernel, recurrent = kernel[:-units], [kernel[-units:]]
        return PlainWeights(kernel, *recurrent, reorder(bias, self.gates, LSTM_GATES))

    def from_keras(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        kernels = {
            "kernel": weights.kernel,
            "recurrent_kernel": weights.recurrent_kernel,
        }
        if self.joined:
            kernels = {"kernel": np.concatenate([*kernels.values()])}
        arrays = {
            variable: reorder(kernels[role], LSTM_GATES, self.gates)
            for variable, role in self.roles.items()
            if role in kernels
        }
        total = reorder(weights.bias, LSTM_GATES, self.gates)
        constant, biases = self._forget(settings, weights.units), self._biases()
        if not biases:
            unchanged = fold(np.zeros_like(total), constant=constant)
            require_nothing(self.name, "bias", total - unchanged)
            return arrays
        if originals:
            parts = [originals[name] for name in biases]
        else:
            parts = [total, *(np.zeros_like(total) for _ in biases[1:])]
        parts = unfold(total, *parts, constant=constant)
        return arrays | dict(zip(biases, parts, strict=True))

    def _forget(self, settings, units):
        return forget_vector(self.setting(settings, "forget_bias"), self.gates, units)

    def equations(self, arrays, activation, settings):
        """See ``Layout``."""
        return LSTMCell(arrays, activation, settings, self)


class LSTMCell(equations.Cell):
    """BasicLSTMCell, LSTMCell, CudnnLSTM in its canonical form, and their like."""

    def __init__(self, variables, activation, settings, layout):
        super().__init__(variables, activation, settings)
        self._gates = layout.gates
        self._of = {role: self.variables[name] for name, role in layout.roles.items()}

    @property
    def units(self):
        """H."""
        return self._of["kernel"].shape[-1] // 4

    def step(self, x, state, t, training):
        """One step."""
        del t, training
        w, (c, h) = self._of, state
        if "recurrent_kernel" in w:
            gates = x @ w["kernel"] + h @ w["recurrent_kernel"]
        else:
            gates = np.concatenate([x, h], axis=1) @ w["kernel"]
        gates = gates + w.get("bias", 0.0) + w.get("recurrent_bias", 0.0)
        c, output = self.combine(gates, self._gates, c, self.settings["forget_bias"])
        h = self.activation(c) * output
        return h, (c, h)
