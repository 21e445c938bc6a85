"""Names of variables that a cell has once for each step: ``{t}`` stands for the step's
number in a pattern such as ``bn_xWXH{t}/gamma``."""

import numpy as np

STEP = "{t}"


def at_each_step(pattern: str) -> bool:
    """Whether a pattern names a variable at each step."""
    return STEP in pattern


def spelt_out(pattern: str, steps: int) -> list[str]:
    """The names at steps 0, 1, ...; of a pattern without a step, itself."""
    if STEP not in pattern:
        return [pattern]
    return [pattern.replace(STEP, str(step)) for step in range(steps)]


def step_of(name: str, patterns) -> int | None:
    """The step of a variable that one of the patterns names; None if none does."""
    for pattern in patterns:
        before, sign, after = pattern.partition(STEP)
        if sign and name.startswith(before) and name.endswith(after):
            step = name[len(before) : len(name) - len(after)]
            if step.isascii() and step.isdecimal() and str(int(step)) == step:
                return int(step)
    return None


def count(names, pattern: str) -> int:
    """How many steps ``names`` has variables of."""
    return sum(step_of(name, [pattern]) is not None for name in names)


def gathered(arrays, pattern: str) -> np.ndarray:
    """The variable of that name, or [M,.], a row for each step."""
    if STEP not in pattern:
        return np.asarray(arrays[pattern])
    return np.stack([arrays[n] for n in spelt_out(pattern, count(arrays, pattern))])


def scattered(pattern: str, array, steps: int) -> dict[str, np.ndarray]:
    """The way back of ``gathered``."""
    if STEP not in pattern:
        return {pattern: array}
    return dict(zip(spelt_out(pattern, steps), array, strict=True))
