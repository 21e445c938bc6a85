"""Batch-normalised LSTMs: what all their layouts share.

TensorFlow 1's cells differ in names, in the order of gates, in whether all steps share
one row of statistics, and in how many offsets the gates have. A ``Normalised`` layout
says each of these as data. Keras's cell has one offset of the gates: the sum of theirs
and of the forget bias that the script added when it ran.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bnlstm_compat import spec
from bnlstm_compat.weights import BNLSTMWeights
from migrate.cells import equations
from migrate.cells.base import Layout, gates_text, reorder
from migrate.cells.merging import fold, unfold
from migrate.errors import MigrateError

GATES = "".join(spec.GATES)
WEIGHTS = {weight.name: weight for weight in spec.WEIGHTS}
#: The offsets of the gates, which are one in Keras; the first takes a change.
OFFSETS = ("recurrent_beta", "input_beta", "bias")


def axes(role: str, per_step: bool) -> tuple[str, ...]:
    """The symbolic shape of the variable with a role."""
    if role in OFFSETS:
        return ("4H",)
    found = WEIGHTS[role].axes
    return found if per_step else tuple(axis for axis in found if axis != "M")


def forget_vector(amount: float, order: str, units: int):
    """The forget bias as an offset [4H] of gates in ``order``; 0 if there is none."""
    if not amount:
        return 0.0
    return np.repeat([amount if gate == "f" else 0.0 for gate in order], units)


@dataclass(frozen=True, eq=False)
class Normalised(Layout):
    """A layout of one matrix for x, one for h, and three normalisations.

    Attributes:
      roles: from variable to what it is: a weight of ``bnlstm_compat.spec``, or the
        offset ``input_beta`` or ``bias``. A scale that is absent is 1, an offset 0.
      gates: the order of gates along the last axis.
      per_step: whether statistics have a row for each step; else one row for all.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    gates: str = GATES
    per_step: bool = True

    @property
    def trains_alike(self):
        """See ``Layout``: several offsets would be one weight."""
        return len(self._offsets()) == 1 and len(self.roles) == len(WEIGHTS)

    def _offsets(self):
        """The variables that are offsets of the gates, in the order of ``OFFSETS``."""
        of = {role: variable for variable, role in self.roles.items()}
        return [of[role] for role in OFFSETS if role in of]

    def steps(self, shapes, sizes):
        """See ``Layout``."""
        del shapes
        return sizes["M"] if self.per_step else 1

    def merged(self, cell, settings=None):
        """See ``Layout``: sums of offsets, or with a forget bias, are rounded."""
        del cell
        offsets = self._offsets()
        summed = len(offsets) > 1 or self.setting(settings, "forget_bias")
        return tuple(offsets) if summed else ()

    def places(self, cell):
        """See ``Layout``."""
        del cell
        offsets, placed = self._offsets(), {}
        for variable, role in self.roles.items():
            weight = "recurrent_beta" if role in OFFSETS else role
            if WEIGHTS[weight].axes[-1] == "4H":
                change = gates_text(self.gates, GATES)
            else:
                change = "as it is"
            if "M" in WEIGHTS[weight].axes and not self.per_step:
                change += "; the one row of the table"
            if role in OFFSETS and len(offsets) > 1:
                change += f"; the sum of {', '.join(offsets)}"
            placed[variable] = (weight, change)
        return placed

    def to_keras(self, arrays, settings=None):
        """See ``Layout``."""
        made = {}
        for variable, role in self.roles.items():
            if role not in OFFSETS:
                made[role] = self._as_weight(role, np.asarray(arrays[variable]))
        offsets = [arrays[variable] for variable in self._offsets()]
        units, dtype = made["recurrent_kernel"].shape[0], made["kernel"].dtype
        total = fold(
            *(offsets or [np.zeros(4 * units, dtype)]),
            constant=self._forget(settings, units),
        )
        made["recurrent_beta"] = reorder(total, self.gates, GATES)
        for weight in spec.WEIGHTS:
            if weight.name not in made and weight.affine:
                value = 1.0 if weight.kind == "gamma" else 0.0
                shape = weight.shape(0, units, 0)
                made[weight.name] = np.full(shape, value, dtype)
        return BNLSTMWeights(**made)

    def from_keras(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        given = weights.asdict()
        offsets = self._offsets()
        arrays = {
            variable: self._as_variable(role, given[role])
            for variable, role in self.roles.items()
            if role not in OFFSETS
        }
        total = reorder(given["recurrent_beta"], GATES, self.gates)
        constant = self._forget(settings, weights.units)
        if not offsets:
            if np.any(total != constant):
                raise MigrateError(
                    f"the layout {self.name} has no offset of the gates, and the Keras "
                    "cell's recurrent_beta has changed, so that no variable can take it"
                )
            return arrays
        if not originals:
            originals = dict.fromkeys(offsets[1:], np.zeros_like(total))
            originals[offsets[0]] = total
        parts = unfold(total, *(originals[v] for v in offsets), constant=constant)
        return arrays | dict(zip(offsets, parts, strict=True))

    def _forget(self, settings, units):
        amount = self.setting(settings, "forget_bias")
        return forget_vector(amount, self.gates, units)

    def _as_weight(self, role, array):
        if WEIGHTS[role].axes[-1] == "4H":
            array = reorder(array, self.gates, GATES)
        return array if self.per_step or "M" not in WEIGHTS[role].axes else array[None]

    def _as_variable(self, role, array):
        if "M" in WEIGHTS[role].axes and not self.per_step:
            array = array[0]
        if WEIGHTS[role].axes[-1] == "4H":
            array = reorder(array, GATES, self.gates)
        return array

    def equations(self, arrays, activation, settings):
        """See ``Layout``."""
        return NormalisedCell(arrays, activation, settings, self)


class NormalisedCell(equations.Cell):
    """Batch normalisation in front of the gates, and of c before the output.

    bn(x W_xh) + bn(h W_hh) + offsets; then c, and h = activation(bn(c)) o.

    Source: arXiv 1603.09025, equations 6-8.
    """

    def __init__(self, variables, activation, settings, layout):
        super().__init__(variables, activation, settings)
        self._layout = layout
        self._named = {role: name for name, role in layout.roles.items()}

    @property
    def units(self):
        """H."""
        return len(self.variables[self._named["recurrent_kernel"]])

    def zero_state(self, batch):
        """c and h [B,H], and the count of steps [B,1]."""
        return (*super().zero_state(batch), np.zeros((batch, 1)))

    def statistics(self):
        """See ``equations.Cell``."""
        return {
            name: self.variables[name]
            for role, name in self._named.items()
            if role in spec.STATISTICS
        }

    def step(self, x, state, t, training):
        """One step."""
        del t
        c, h, count = state
        last = len(self._variable("cell_moving_mean")) - 1
        row = int(min(count[0, 0], last)) if self._layout.per_step else None
        input_, hidden = self._variable("kernel"), self._variable("recurrent_kernel")
        gates = (
            self._norm("input", x @ input_, row, training)
            + self._norm("recurrent", h @ hidden, row, training)
            + self._variable("bias", 0.0)
        )
        c, output = self.combine(
            gates, self._layout.gates, c, self.settings["forget_bias"]
        )
        h = self.activation(self._norm("cell", c, row, training)) * output
        return h, (c, h, count + 1)

    def _variable(self, role, absent=None):
        if role not in self._named and absent is not None:
            return absent
        return self.variables[self._named[role]]

    def _norm(self, site, z, row, training):
        names = [self._named[f"{site}_moving_{kind}"] for kind in ("mean", "variance")]
        at = slice(None) if row is None else row
        if training:
            kept, moments = self.settings["decay"], (z.mean(0), z.var(0))
            for name, moment in zip(names, moments, strict=True):
                table = self.variables[name]
                table[at] = table[at] * kept + moment * (1 - kept)
        else:
            moments = [self.variables[name][at] for name in names]
        return equations.normalise(
            z,
            self._variable(f"{site}_gamma", 1.0),
            self._variable(f"{site}_beta", 0.0),
            moments,
            self.settings["epsilon"],
        )
