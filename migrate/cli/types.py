"""The types of command line arguments: what a text means, or what is wrong with it."""

import argparse
import math

#: As in ``output.write.MODELS``, which is not imported before it is needed.
FORMATS = ("keras", "weights.h5", "tf", "safetensors", "npz")


def formats(text):
    """Names of formats, separated by commas."""
    names = [name.strip().removeprefix(".") for name in text.split(",")]
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"expected formats out of {', '.join(FORMATS)}. Received: {unknown[0]!r}"
        )
    return names


def number(smallest=-math.inf, below=math.inf):
    """A type: finite numbers from ``smallest`` to below ``below``."""

    def parse(text):
        value = float(text)
        if not (math.isfinite(value) and smallest <= value < below):
            raise ValueError
        return value

    parse.__name__ = "number"
    if smallest > -math.inf:
        parse.__name__ += f" from {smallest}"
    if below < math.inf:
        parse.__name__ += f" to below {below}"
    return parse


def positive(text):
    """A whole number from 1."""
    if not int(text) >= 1:
        raise ValueError
    return int(text)


positive.__name__ = "whole number from 1"


def lengths(text):
    """SHORTEST:LONGEST, as a pair."""
    shortest, longest = map(int, text.split(":"))
    if not 1 <= shortest <= longest:
        raise ValueError
    return shortest, longest


lengths.__name__ = "SHORTEST:LONGEST, as in 2:10,"


def layout(text):
    """SCOPE=NAME or SCOPE=FILE.toml, as a pair."""
    scope, sign, name = text.rpartition("=")
    if not sign:
        raise argparse.ArgumentTypeError(
            f"expected --layout SCOPE=NAME or SCOPE=FILE.toml. Received: {text}"
        )
    return scope, name
