"""The types of command line arguments: what a text means, or what is wrong with it."""

import argparse
import contextlib
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
    expected = "a number"
    if smallest > -math.inf:
        expected += f" from {smallest}"
    if below < math.inf:
        expected += f" to below {below}"

    def parse(text):
        with _expecting(expected, text):
            value = float(text)
            if not (math.isfinite(value) and smallest <= value < below):
                raise ValueError
        return value

    return parse


def positive(text):
    """A whole number from 1."""
    with _expecting("a whole number from 1", text):
        value = int(text)
        if not value >= 1:
            raise ValueError
    return value


def lengths(text):
    """SHORTEST:LONGEST, as a pair."""
    with _expecting("SHORTEST:LONGEST, such as 2:10", text):
        shortest, longest = map(int, text.split(":"))
        if not 1 <= shortest <= longest:
            raise ValueError
    return shortest, longest


@contextlib.contextmanager
def _expecting(expected, text):
    """Says what was expected where ``text`` is a ValueError."""
    try:
        yield
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"expected {expected}. Received: {text}"
        ) from error


def layout(text):
    """SCOPE=NAME or SCOPE=FILE.toml, as a pair."""
    scope, sign, name = text.rpartition("=")
    if not sign:
        raise argparse.ArgumentTypeError(
            f"expected --layout SCOPE=NAME or SCOPE=FILE.toml. Received: {text}"
        )
    return scope, name


def names(text):
    """Names, separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def feed(text):
    """NAME=VALUE, or NAME=INFERENCE:TRAINING, as (name, (value, value))."""
    name, sign, values = text.rpartition("=")
    pair = values.split(":")
    try:
        numbers = [float(value) for value in pair]
    except ValueError:
        numbers = []
    if not (name and sign and len(numbers) in (1, 2)):
        raise argparse.ArgumentTypeError(
            f"expected NAME=VALUE or NAME=INFERENCE:TRAINING. Received: {text}"
        )
    return name, (numbers[0], numbers[-1])
