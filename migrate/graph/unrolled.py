"""The steps that a Python loop wrote out: which follow which, and their one cell."""

from types import MappingProxyType
from typing import NamedTuple

from migrate.graph.build import common_scope
from migrate.graph.found import GraphCell, Lacking, Setting


class Step(NamedTuple):
    """The next cell state (a tensor) and the one before it."""

    c: tuple[str, int]
    before: tuple[str, int]


def chains_of(steps):
    """Lists of steps in which each takes the cell state of the one before."""
    after = {}
    for step in steps.values():
        after.setdefault(step.before, []).append(step)
    for step in steps.values():
        if step.before in steps and len(after[step.before]) == 1:
            continue
        chain = [step]
        while len(after.get(chain[-1].c, ())) == 1 and len(chain) <= len(steps):
            chain.append(after[chain[-1].c][0])
        yield chain


def one_cell(algebra, steps) -> GraphCell:
    """One cell of the cells of all steps: a variable of its own at each step is a
    tuple of names; settings are the same at all steps."""
    first, lacking = steps[0][0], []
    variables, settings = {}, dict(first.settings)
    for cell, _ in steps:
        lacking += [lack for lack in cell.lacking if lack not in lacking]
        for name in {*first.settings, *cell.settings}:
            mine, other = first.settings.get(name), cell.settings.get(name)
            if mine is None or other is None or mine.value != other.value:
                node = (other or mine).node
                lacking.append(Lacking(f"{name} that differs by step", node))
        if cell.variables.keys() != first.variables.keys():
            lacking.append(Lacking("variables of some steps only", first.scope))
    for role in first.variables:
        names = tuple(cell.variables.get(role, "") for cell, _ in steps)
        variables[role] = names[0] if len({*names}) == 1 else names
    _check_rows(algebra, steps, variables, lacking)
    per_step = first.per_step
    if isinstance(variables.get("cell_moving_mean"), tuple):
        per_step = True
        settings["max_bn_steps"] = Setting(len(steps), variables["cell_moving_mean"][0])
    every = [
        name
        for value in variables.values()
        for name in (value if isinstance(value, tuple) else (value,))
    ]
    return GraphCell(
        first.family,
        common_scope(every),
        MappingProxyType(variables),
        first.gates,
        MappingProxyType(settings),
        per_step,
        tuple(dict.fromkeys(lacking)),
    )


def _check_rows(algebra, steps, variables, lacking):
    """Tables are read at the step's row; variables of a step are used only there."""
    for t, (_, made) in enumerate(steps):
        for norm in made.norms:
            row = None if norm.row is None else algebra.value(norm.row)
            if norm.row is not None and row != min(t, norm.rows - 1):
                lacking.append(
                    Lacking("rows that are not those of the step", norm.node)
                )
    for role, names in variables.items():
        if isinstance(names, tuple) and len({*names}) != len(names):
            lacking.append(Lacking(f"{role} shared by some steps", names[0]))
        if isinstance(names, tuple) and role.endswith(("kernel", "bias")):
            lacking.append(Lacking(f"a {role} for each step", names[0]))
