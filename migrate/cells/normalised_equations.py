"""Batch-normalised LSTMs in NumPy float64: the equations of all their layouts."""

import numpy as np

from bnlstm_compat import spec
from migrate.cells import equations
from migrate.cells.at_steps import at_each_step, gathered, spelt_out


class NormalisedCell(equations.Cell):
    """Batch normalisation in front of the gates, and of c before the output.

    bn(x W_xh) + bn(h W_hh) + offsets; then c, and h = activation(bn(c)) o. The row is
    that of the step that stands in row 0 of the state; with variables at each step,
    which a script's own loop made, that of the loop.

    Source: arXiv 1603.09025, equations 6-8.
    """

    def __init__(self, variables, activation, settings, layout):
        super().__init__(variables, activation, settings)
        self._layout = layout
        self._named = {role: name for name, role in layout.roles.items()}
        statistics = gathered(self.variables, self._named["cell_moving_mean"])
        by_row = layout.per_step or layout.unrolled
        self._last = len(statistics) - 1 if by_row else 0

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
            for role, pattern in self._named.items()
            if role in spec.STATISTICS
            for name in spelt_out(pattern, self._last + 1)
        }

    def step(self, x, state, t, training):
        """One step."""
        c, h, count = state
        row = t if self._layout.unrolled else int(count[0, 0])
        row = min(row, self._last)
        of_x = x @ self._value("kernel", row)
        of_h = h @ self._value("recurrent_kernel", row)
        gates = (
            self._norm("input", of_x, row, training)
            + self._norm("recurrent", of_h, row, training)
            + self._value("bias", row, 0.0)
        )
        c, output = self.combine(
            gates, self._layout.gates, c, self.settings["forget_bias"]
        )
        h = self.activation(self._norm("cell", c, row, training)) * output
        return h, (c, h, count + 1)

    def _value(self, role, row, absent=None):
        """What a variable holds for a step: a view, which can be assigned to."""
        if role not in self._named and absent is not None:
            return absent
        pattern = self._named[role]
        if at_each_step(pattern):
            return self.variables[pattern.replace("{t}", str(row))]
        array = self.variables[pattern]
        by_row = role in spec.STATISTICS and self._layout.per_step
        return array[row] if by_row else array

    def _norm(self, site, z, row, training):
        kinds = ("mean", "variance")
        statistics = [self._value(f"{site}_moving_{kind}", row) for kind in kinds]
        moments = statistics
        if training:
            kept, moments = self.settings["decay"], (z.mean(0), z.var(0))
            for old, moment in zip(statistics, moments, strict=True):
                old[...] = old * kept + moment * (1 - kept)
        return equations.normalise(
            z,
            self._value(f"{site}_gamma", row, 1.0),
            self._value(f"{site}_beta", row, 0.0),
            moments,
            self.settings["epsilon"],
        )
