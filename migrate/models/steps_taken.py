"""How many steps a v1 training had taken when its checkpoint was saved.

Adam keeps powers of its betas, ``beta1_power`` = beta1^(n+1) after n steps; many
scripts keep ``global_step``.
"""

import math
import numbers
import re

import numpy as np

from migrate.errors import MigrateError

_POWER = re.compile(r"(.*/)?beta1_power(_\d+)?")
_STEP = re.compile(r"(.*/)?global_step")
_MOST_STEPS = 1 << 25


def is_scheduled(options) -> bool:
    """Whether an optimizer's learning rate is a schedule, no number."""
    return not isinstance(options["learning_rate"], numbers.Real)


def steps_taken(source, optimizer, options) -> int | None:
    """How many steps were taken; None where that is unknown and does not matter.

    Raises:
      MigrateError: it is unknown, or there are several answers, and it does matter.
    """
    steps = {
        int(source[name])
        for name, entry in source.entries.items()
        if _STEP.fullmatch(name) and entry.shape == ()
    }
    least, most = (0, math.inf)
    if optimizer == "Adam":
        least, most = _count_by_powers(source, options)
    if least == most:
        if is_scheduled(options) and steps - {least}:
            raise MigrateError(
                f"Adam took {least} steps, global_step is {sorted(steps)}: Keras "
                "counts both with one counter; make the optimizer with the next step's "
                "learning rate as a number, or decide with iterations="
            )
        return least
    fit = {step for step in steps if step >= least}
    if len(fit) == 1:
        return fit.pop()
    if len(fit) > 1 or is_scheduled(options):
        raise MigrateError(
            f"{source.label} does not say how many steps were taken (global_step: "
            f"{', '.join(map(str, sorted(steps))) or 'none'}); say it with iterations="
        )
    return least or None


def _count_by_powers(source, options):
    """The least and the greatest count of steps that Adam's powers can stand for."""
    found = set()
    told = []
    for first in filter(_POWER.fullmatch, source.entries):
        second = re.sub(r"beta1(?=_power(_\d+)?$)", "beta2", first)
        if second not in source.entries:
            continue
        names = {first: options["beta_1"], second: options["beta_2"]}
        ranges = [_exponents(source[n], beta) for n, beta in names.items()]
        least, most = max(r[0] for r in ranges), min(r[1] for r in ranges)
        told.append(", ".join(f"{n} = {float(source[n]):.9g}" for n in names))
        if least <= most:
            found.add((least, most))
    if len(found) == 1:
        return found.pop()
    what = "; ".join(told) or "no beta1_power and beta2_power"
    why = "which fit several counts of steps" if found else "which do not fit"
    raise MigrateError(
        f"{source.label} has {what}, {why if told else 'as Adam has'}; the "
        f"optimizer has beta_1={options['beta_1']}, beta_2={options['beta_2']}. If "
        "they are right, say with iterations= how many steps were taken"
    )


def _exponents(power, beta):
    """The least and the greatest n with beta^(n+1) = power, multiplied as TensorFlow
    did; (0, -1) if there is none."""
    kind = power.dtype.type
    tiny = np.finfo(kind).tiny  # what is below is 0 to TensorFlow
    beta = kind(beta)
    if not 0 < beta < 1:
        return (0, math.inf) if power == beta else (0, -1)
    length = min(int(math.log(tiny) / math.log(beta)) + 2, _MOST_STEPS)
    powers = np.cumprod(np.full(length, beta, kind))
    if power < tiny:
        return int(np.count_nonzero(powers >= tiny)), math.inf
    found = np.flatnonzero(powers == power)
    return (int(found[0]), int(found[-1])) if found.size else (0, -1)
