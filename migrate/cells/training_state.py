"""Variables that an optimizer, a moving average or a counter keeps for itself."""

import re

#: What ``tf.train.ExponentialMovingAverage`` adds to the name of what it averages.
AVERAGE = "ExponentialMovingAverage"
_COUNTER = re.compile(r"(.*/)?(beta[12]_power(_\d+)?|global_step|local_step)")


def is_counter(name: str) -> bool:
    """Whether a variable counts steps, or keeps a power of Adam's betas."""
    return _COUNTER.fullmatch(name) is not None


def owner_of(name: str, entries) -> str | None:
    """The variable whose slot ``name`` is: its name without the last component, and
    perhaps without the scope in which the optimizer was made; or None."""
    parts = name.split("/")[:-1]
    for start in range(len(parts)):
        owner = "/".join(parts[start:])
        if owner in entries and entries[owner].shape == entries[name].shape:
            return owner
    return None


def is_training_state(name: str, entries) -> bool:
    """Whether a variable is a slot or a counter, and so no part of a model."""
    return is_counter(name) or owner_of(name, entries) is not None
