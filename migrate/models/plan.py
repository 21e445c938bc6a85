"""Which variables of a v1 checkpoint fill which weights of a Keras model, by rules.

``plan`` decides by names; ``migrate.models.assignments`` reads and assigns.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import keras

from migrate.cells.inventory import Inventory
from migrate.cells.training_state import is_counter
from migrate.errors import MigrateError, did_you_mean
from migrate.models.assignments import CellAssignment, WeightAssignment
from migrate.models.cells import find_cells, target_of
from migrate.models.paths import Paths

_SWITCHES = {"gamma": "scale", "beta": "center", "bias": "use_bias"}


@dataclass(frozen=True)
class Plan:
    """What goes where, and what is wrong with that, as ``errors.LoadError`` has it."""

    assignments: tuple[CellAssignment | WeightAssignment, ...]
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: tuple[str, ...] = ()


def plan(model, entries: Mapping, inventory: Inventory, rules, allowed=()) -> Plan:
    """Where the variables of a checkpoint go.

    Args:
      model: a built Keras model. entries: ``Checkpoint.entries``. inventory: of them.
      rules: from ``rules.read``. allowed: from ``rules.patterns``, for paths of weights
        and layers that need not be filled.

    Raises:
      MigrateError: the model, or a part of it, has no weights yet.
    """
    if not isinstance(model, keras.Layer):
        raise MigrateError(
            f"expected a Keras model or layer to go with a map. Received: {model!r}"
        )
    paths = Paths(model)
    if paths.unbuilt:
        raise MigrateError(
            "expected a built model: call it on data, or its build(), first. Without "
            f"weights yet: {', '.join(dict.fromkeys(paths.unbuilt))}"
        )
    return _Planner(paths, entries, inventory, rules, allowed).plan()


class _Planner:
    def __init__(self, paths, entries, inventory, rules, allowed):
        self.paths, self.entries, self.inventory = paths, entries, inventory
        self.rules, self.allowed = rules, allowed
        self.assignments, self.unexpected, self.mismatched = [], [], []
        self.cells = {
            name: cell for cell in inventory.cells for name in cell.variables.values()
        }

    def plan(self):
        """See ``plan``."""
        used, recurrent, together = set(), {}, set()
        for name in self.entries:
            rule = self._rule(name)
            used.add(rule)
            if rule is None:
                if not self._of_training(name):
                    self.unexpected.append(f"{name} (no rule)")
            elif rule.path is None:
                pass
            elif name not in self.cells or self._alone(rule, name):
                self._place(rule, name)
            else:
                cell = self.cells[name]
                scope, path = self._layer_for(rule, name, cell)
                scopes = recurrent.setdefault(path, {})
                scopes.setdefault(scope, {})[cell.scope] = cell
                together.add(name)
        recurrent.pop(None, None)
        for path, scopes in recurrent.items():
            self._place_cells(path, scopes)
        self._report_twice()
        self._report_torn(together)
        missing = [*self._unfilled(), *self._useless(used)]
        mismatched = dict.fromkeys(self.mismatched)
        return Plan(
            *map(tuple, (self.assignments, missing, self.unexpected, mismatched))
        )

    def _unfilled(self):
        """Weights that nothing fills, but for those that need not be."""
        filled = {
            id(weight)
            for assignment in self.assignments
            for weight in assignment.weights
        }
        for path, weight in self.paths.weights.items():
            free = any(item.matches(up) for item in self.allowed for up in _above(path))
            if id(weight) not in filled and not free:
                yield f"{path}{self._switch(path)}"

    def _useless(self, used):
        """Rules and patterns that match nothing."""
        for rule in self.rules:
            if rule.path is not None and rule not in used:
                near = did_you_mean(rule.pattern, _names_and_scopes(self.entries))
                yield f"any variable for the rule {rule.pattern!r}{near}"
        known = _names_and_scopes(self.paths.weights)
        for item in self.allowed:
            if not any(map(item.matches, known)):
                near = did_you_mean(item.pattern, known)
                yield f"any weight for allow_missing={item.pattern!r}{near}"

    def _of_training(self, name):
        return name in self.inventory.slots or is_counter(name)

    def _candidates(self, rule, name):
        """The whole name, then ever shorter scopes of it, as far as the rule matches.

        Slots and counters do not go with the scope that they stand in.
        """
        parts = name.split("/")
        least = len(parts) if self._of_training(name) else 1
        names = ("/".join(parts[:n]) for n in range(len(parts), least - 1, -1))
        return [candidate for candidate in names if rule.matches(candidate)]

    def _rule(self, name):
        """The first rule that matches; wildcards mean a slot only if its path, too,
        is in the model."""
        for rule in self.rules:
            if self._candidates(rule, name) and (
                rule.path is None
                or rule.literal
                or not self._of_training(name)
                or self.paths.weight(rule.path_of(name)) is not None
            ):
                return rule
        return None

    def _alone(self, rule, name):
        """Whether a variable of a cell was named by itself, for a weight outside of
        Keras's cells, whose weights have their own order of gates and go together."""
        if not (rule.literal and rule.matches(name)):
            return False
        path = rule.path_of(name)
        owner = self.paths.layer(path.rpartition("/")[0])
        inside = owner is not None and target_of(owner) is not None
        return not inside and self.paths.weight(path) is not None

    def _layer_for(self, rule, name, cell):
        """The scope, and the path of the recurrent layer, for a variable of a cell."""
        paths = [
            (scope, rule.path_of(scope))
            for scope in self._candidates(rule, name)
            if f"{cell.scope}/".startswith(f"{scope}/")
        ]
        for scope, path in paths:
            if _recurrent(self.paths.layer(path)):
                return scope, path
        which = f"the {cell.layout} cell {cell.scope}"
        if not paths:
            why = f"its variables go together, not {name} alone: place the scope"
        elif self.paths.layer(paths[0][1]) is None:
            near = did_you_mean(paths[0][1], _names_and_scopes(self.paths.weights))
            why = f"{paths[0][1]} is no layer of the model{near}"
        else:
            why = f"{paths[0][1]} is no BNLSTM, LSTM or GRU, or several of one"
        self.mismatched.append(f"{which}: {why}")
        return None, None

    def _place(self, rule, name):
        """Paths a variable that goes as it is."""
        scopes = self._candidates(rule, name)
        paths = [rule.path_of(scope) + name[len(scope) :] for scope in scopes]
        for path in paths:
            weight = self.paths.weight(path)
            if weight is not None:
                self.assignments.append(WeightAssignment(path, weight, name))
                return
        if _recurrent(self.paths.layer(rule.path_of(scopes[-1]))):
            known = (*self.inventory.problems, *self.inventory.notes)
            inside = f"{scopes[-1]}/"
            texts = [p.text for p in known if f"{p.scope}/".startswith(inside)]
            why = "; ".join(texts) or (
                f"{scopes[-1]} is no cell of a known layout; if it is one under "
                "another name, say which with layouts={scope: name}"
            )
            self.mismatched.append(f"{name}: {why}")
            return
        why = self._switch(paths[-1], made=False)
        why = why or did_you_mean(paths[-1], self.paths.weights)
        self.unexpected.append(f"{name} (the model has no {paths[-1]}{why})")

    def _place_cells(self, path, scopes):
        """Paths the cells, by scope, of a recurrent layer."""
        if len(scopes) > 1:
            self.mismatched.append(f"{path} is the place of {', '.join(scopes)}")
            return
        ((scope, cells),) = scopes.items()
        targets, kinds = find_cells(self.paths.layer(path))
        orders = [rnn.cells for rnn in self.inventory.rnns if rnn.kind in kinds]
        if len(targets) == 1:
            orders = [(cell,) for cell in cells.values()]
        orders = [o for o in orders if {cell.scope for cell in o} == set(cells)]
        if not orders:
            self.mismatched.append(
                f"{path} takes a {'/'.join(sorted(kinds))} RNN of {len(targets)} "
                f"cell{'s' if len(targets) > 1 else ''}; {scope} has {', '.join(cells)}"
            )
            return
        self.assignments += [
            CellAssignment(path, target, cell)
            for target, cell in zip(targets, orders[0], strict=True)
        ]

    def _report_twice(self):
        """Reports weights that several variables would fill."""
        taken = {}
        for assignment in self.assignments:
            for weight in assignment.weights:
                taken.setdefault(id(weight), []).append(assignment)
        self.mismatched += [
            f"{fill[0].path} is the place of {', '.join(one.name for one in fill)}"
            for fill in taken.values()
            if len(fill) > 1
        ]

    def _report_torn(self, together):
        """Reports cells of which some variables go with the scope, others not."""
        for cell_to in self.assignments:
            if isinstance(cell_to, CellAssignment):
                cell = cell_to.cell
                rest = [n for n in cell.variables.values() if n not in together]
                self.mismatched += [
                    f"the {cell.layout} cell {cell_to.name} goes to {cell_to.path} "
                    f"whole; the map has another place for {name}"
                    for name in rest
                ]

    def _switch(self, path, made=True):
        """What made a layer with, or without, the weight at a path; as an aside."""
        start, _, last = path.rpartition("/")
        option = _SWITCHES.get(last)
        if getattr(self.paths.layer(start), option or "", None) is not made:
            return ""
        return f": the layer was made with {option}={made}"


def _above(path):
    """A path, and those of all that it is inside of."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _names_and_scopes(names):
    return {above for name in names for above in _above(name)}


def _recurrent(layer):
    try:
        return layer is not None and bool(find_cells(layer)[0])
    except MigrateError:
        return False
