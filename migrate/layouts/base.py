"""What every layout is made of: a table of leaves, and the search for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from bnlstm_compat import spec
from bnlstm_compat.weights import BNLSTMWeights


@dataclass(frozen=True)
class Cell:
    """A cell found in a checkpoint, by names and shapes alone.

    ``scope`` holds the cell's variables, ``layout`` names its layout; D, H and M are
    ``input_dim``, ``units`` and ``max_bn_steps``; ``variables`` maps leaves to v1
    names.
    """

    scope: str
    layout: str
    input_dim: int
    units: int
    max_bn_steps: int
    dtype: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Layout:
    """A v1 layout whose variables are the canonical ones under other names.

    Attributes:
      name, summary: for reports.
      leaves: from v1 leaf to the name in ``bnlstm_compat.spec``.
      marks: leaves of which one suffices to call a scope a cell of this layout.
      foreign: leaves that belong to another layout with the same marks.
      defaults: what a checkpoint does not hold.
    """

    name: str
    summary: str
    leaves: Mapping[str, str]
    marks: frozenset[str]
    foreign: frozenset[str]
    defaults: Mapping[str, object]

    def find(self, entries):
        """Cells among ``entries`` (name to shape and dtype).

        Returns:
          ``(cells, problems)``: problems are sentences about scopes that look like a
          cell of this layout but are not a whole one.
        """
        scopes = {}
        for name in entries:
            for leaf in (*self.leaves, *self.foreign):
                if name == leaf or name.endswith("/" + leaf):
                    scopes.setdefault(name[: -len(leaf)].rstrip("/"), {})[leaf] = name
        cells, problems = [], []
        for scope, variables in scopes.items():
            if self.marks.isdisjoint(variables) or self.foreign & variables.keys():
                continue
            found = self._check(scope, variables, entries)
            (problems if isinstance(found, str) else cells).append(found)
        return cells, problems

    def _check(self, scope, variables, entries):
        where = f"{scope or '(no scope)'} is not a whole {self.name} cell"
        missing = [leaf for leaf in self.leaves if leaf not in variables]
        if missing:
            return f"{where}: {', '.join(missing)} missing"
        shapes = {leaf: entries[name].shape for leaf, name in variables.items()}
        symbols = {self.leaves[leaf]: leaf for leaf in self.leaves}
        sizes = {}
        for symbol, name in (
            ("input_dim", "kernel"),
            ("units", "recurrent_kernel"),
            ("max_bn_steps", "recurrent_moving_mean"),
        ):
            shape = shapes[symbols[name]]
            if len(shape) != 2:
                return f"{where}: {symbols[name]} has shape {shape}, expected a matrix"
            sizes[symbol] = shape[0]
            if 0 in shape:
                return f"{where}: {symbols[name]} has shape {shape}, expected no zeros"
        for weight in spec.WEIGHTS:
            leaf, expected = symbols[weight.name], weight.shape(**sizes)
            if shapes[leaf] != expected:
                return f"{where}: {leaf} has shape {shapes[leaf]}, expected {expected}"
        dtypes = {entries[name].dtype for name in variables.values()}
        if dtypes not in ({"float32"}, {"float64"}):
            return f"{where}: dtypes {sorted(dtypes)}, expected float32 or float64"
        return Cell(
            scope=scope,
            layout=self.name,
            dtype=dtypes.pop(),
            variables=MappingProxyType(dict(variables)),
            **sizes,
        )

    def places(self, cell):
        return {leaf: (name, "as it is") for leaf, name in self.leaves.items()}

    def to_canonical(self, arrays: Mapping[str, np.ndarray]) -> BNLSTMWeights:
        """Canonical weights from arrays by leaf."""
        return BNLSTMWeights(
            **{self.leaves[leaf]: arrays[leaf] for leaf in self.leaves}
        )

    def from_canonical(self, weights: BNLSTMWeights) -> dict[str, np.ndarray]:
        """Arrays by leaf from canonical weights: the reverse, to the bit."""
        arrays = weights.asdict()
        return {leaf: arrays[name] for leaf, name in self.leaves.items()}
