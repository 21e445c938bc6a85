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
from migrate.bits import same_bits
from migrate.cells.at_steps import (
    at_each_step,
    gathered,
    scattered,
    spelt_out,
    step_of,
)
from migrate.cells.base import IncompatibleError, Layout, gates_text, reorder
from migrate.cells.faults import faults
from migrate.cells.merging import fold, unfold
from migrate.cells.normalised_equations import NormalisedCell
from migrate.cells.plain import require_nothing
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
        offset ``input_beta`` or ``bias``. A scale that is absent is 1, an offset 0. A
        name with ``{t}`` stands for a variable at each step: 0, 1, ...
      gates: the order of gates along the last axis.
      per_step: whether statistics have a row for each step; else one row for all.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    gates: str = GATES
    per_step: bool = True

    @property
    def unrolled(self) -> bool:
        """Whether some role has a variable at each step."""
        return any(map(at_each_step, self.roles))

    @property
    def trains_alike(self):
        """See ``Layout``: several offsets would be one weight."""
        return self._complete and len(self._offsets()) == 1

    @property
    def further_offsets(self):
        """See ``Layout``."""
        if not self._complete:
            return {}
        names = {"recurrent_beta": "state_beta"}  # Keras's has that of the first
        roles = [(name, self.roles[name]) for name in self._offsets()[1:]]
        return {names.get(role, role): name for name, role in roles}

    @property
    def _complete(self):
        """Whether each of Keras's weights was a variable, or one at each step."""
        of = {role: name for name, role in self.roles.items()}
        first = self._offsets()[:1]
        others = [name for name in WEIGHTS if name != "recurrent_beta"]
        if not first or not set(others) <= set(of):
            return False
        affine = [of[name] for name in others if WEIGHTS[name].affine]
        return len(set(map(at_each_step, affine + first))) == 1

    def offset_to_keras(self, arrays, name):
        """One offset of the gates as Keras has it; its name may be a pattern."""
        return reorder(gathered(arrays, name), self.gates, GATES)

    def offset_from_keras(self, array, name, steps):
        """The way back: arrays by variable."""
        return scattered(name, reorder(array, GATES, self.gates), steps)

    def _offsets(self):
        """The names of offsets of the gates: those at each step first, for they can
        take any change; else in the order of ``OFFSETS``."""
        of = {role: variable for variable, role in self.roles.items()}
        found = [of[role] for role in OFFSETS if role in of]
        return sorted(found, key=at_each_step, reverse=True)

    def knows(self, suffix):
        """See ``Layout``."""
        return super().knows(suffix) or step_of(suffix, self.roles) is not None

    def shapes_for(self, suffixes):
        """See ``Layout``: those of steps 0 to the last one that occurs."""
        if not self.unrolled:
            return self.shapes
        found = [step_of(suffix, self.roles) for suffix in suffixes]
        found = [step for step in found if step is not None]
        # A gap makes the cell incomplete: no more steps are asked for than it may have.
        steps = min(1 + max(found, default=0), len(found) + 1)
        return {
            name: axes(role, self.per_step and not at_each_step(pattern))
            for pattern, role in self.roles.items()
            for name in spelt_out(pattern, steps)
        }

    def steps(self, shapes, sizes):
        """See ``Layout``."""
        rows = sizes.get("M", 1)
        if not self.unrolled:
            return rows
        found = [step_of(name, self.roles) for name in shapes]
        steps = 1 + max(step for step in found if step is not None)
        if sizes.get("M", steps) != steps:
            raise IncompatibleError(
                f"statistics have {rows} rows, other variables {steps} steps"
            )
        return steps

    def padding(self, cell):
        """See ``Layout``: unrolled, the step is that of the loop, whatever stands in
        row 0. So each row counts its own steps; moments of a training batch leave out
        padding, which TensorFlow 1 did not, but only there the two differ."""
        return "masked" if self.unrolled and cell.max_bn_steps > 1 else "v1"

    def keys_by_role(self, gates, per_step, roles):
        """See ``Layout``."""
        steps = sum(role.startswith("input_moving_mean/") for role in roles)
        of = {}
        for pattern, role in self.roles.items():
            if steps and at_each_step(pattern):
                names = spelt_out(pattern, steps)
                of |= {f"{role}/{step}": name for step, name in enumerate(names)}
            else:  # a cell that is traced once has the variables of its first step
                (of[role],) = spelt_out(pattern, 1)
        rows = self.per_step if steps or not self.unrolled else False
        alike = (gates, per_step) == (self.gates, rows)
        return of if alike and set(of) == set(roles) else None

    def merged(self, cell, settings=None):
        """See ``Layout``: sums of offsets, or with a forget bias, are rounded."""
        offsets = self._offsets()
        if len(offsets) == 1 and not self.setting(settings, "forget_bias"):
            return ()
        return tuple(
            name
            for pattern in offsets
            for name in spelt_out(pattern, cell.max_bn_steps)
        )

    def places(self, cell):
        """See ``Layout``."""
        offsets, placed = self._offsets(), {}
        for pattern, role in self.roles.items():
            weight = "recurrent_beta" if role in OFFSETS else role
            change = "as it is"
            if WEIGHTS[weight].axes[-1] == "4H":
                change = gates_text(self.gates, GATES)
            if "M" in WEIGHTS[weight].axes and not self.per_step:
                change += "; the one row of the table"
            if role in OFFSETS and len(offsets) > 1:
                change += f"; the sum of {', '.join(offsets)}"
            for step, name in enumerate(spelt_out(pattern, cell.max_bn_steps)):
                row = f"row {step}; " if at_each_step(pattern) else ""
                placed[name] = (weight, f"{row}{change}")
        return placed

    def to_keras(self, arrays, settings=None):
        """See ``Layout``."""
        made = {
            role: self._as_weight(role, gathered(arrays, name))
            for name, role in self.roles.items()
            if role not in OFFSETS
        }
        offsets = [gathered(arrays, name) for name in self._offsets()]
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
        if any(made[name].ndim == 2 for name in spec.AFFINE):
            rows = len(made["cell_moving_mean"])
            for name in spec.AFFINE:
                wide = (rows, made[name].shape[-1])
                made[name] = np.broadcast_to(made[name], wide)
        return BNLSTMWeights(**made)

    def from_keras(self, weights, originals=None, settings=None):
        """See ``Layout``."""
        given, steps = weights.asdict(), weights.max_bn_steps
        arrays = {}
        for name, role in self.roles.items():
            if role not in OFFSETS:
                array = self._as_variable(role, given[role], at_each_step(name))
                arrays |= scattered(name, array, steps)
        offsets = self._offsets()
        total = self._as_variable(
            "recurrent_beta",
            given["recurrent_beta"],
            bool(offsets) and at_each_step(offsets[0]),
        )
        constant = self._forget(settings, weights.units)
        if not offsets:
            unchanged = fold(np.zeros_like(total), constant=constant)
            require_nothing(self.name, "recurrent_beta", total - unchanged)
            return arrays
        if originals:
            parts = [gathered(originals, name) for name in offsets]
        else:
            one = total.reshape(-1, total.shape[-1])[0]
            others = [total if at_each_step(name) else one for name in offsets[1:]]
            parts = [total, *map(np.zeros_like, others)]
        for name, part in zip(
            offsets, unfold(total, *parts, constant=constant), strict=True
        ):
            arrays |= scattered(name, part, steps)
        return arrays

    def _forget(self, settings, units):
        amount = self.setting(settings, "forget_bias")
        return forget_vector(amount, self.gates, units)

    def _as_weight(self, role, array):
        if WEIGHTS[role].axes[-1] == "4H":
            array = reorder(array, self.gates, GATES)
        return array if self.per_step or "M" not in WEIGHTS[role].axes else array[None]

    def _as_variable(self, role, array, at_each_step):
        if "M" in WEIGHTS[role].axes and not self.per_step:
            array = array[0]
        if WEIGHTS[role].affine and array.ndim == 2 and not at_each_step:
            array = self._only_row(role, array)
        if WEIGHTS[role].axes[-1] == "4H":
            array = reorder(array, GATES, self.gates)
        return array

    def _only_row(self, role, table):
        if any(not same_bits(row, table[0]) for row in table):
            raise MigrateError(
                f"the layout {self.name} has one {role} for all steps, and the rows of "
                "the Keras cell's have become different, so that no variable can take "
                "them"
            )
        return table[0]

    def faults(self, weights, moves=None):
        """See ``Layout``."""
        return faults(weights, self.per_step, moves)

    def equations(self, arrays, activation, settings):
        """See ``Layout``."""
        return NormalisedCell(arrays, activation, settings, self)
