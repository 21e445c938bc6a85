"""Compares what two runs printed: the text byte for byte, the numbers by value."""

import re

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?!\w)")
# As far as real TensorFlow 1.15.5 is from real 0.12.1 after steps of training.
_TOLERANCE = 3e-5


def parts(text):
    """``text`` without its numbers, and the numbers as they are written.

    Arrays are filled with spaces, and broken into lines, by the width of their numbers:
    such spaces count as one.
    """
    numbers = _NUMBER.findall(text)
    rest = _NUMBER.sub("#", text)
    rest = re.sub(r"\n? +(?=#)|(?<=#)\n? +", " ", rest)
    return re.sub(r"(?<=\[) +|(?<=#) +(?=\])", "", rest), numbers


def _unit(number):
    """The value of a unit of the last digit that is written."""
    mantissa, _, exponent = number.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def same_number(found, wanted):
    """Whether two written numbers are the same as far as they are written."""
    if not ({*".eE"} & {*found, *wanted}):
        return int(found) == int(wanted)
    difference = abs(float(found) - float(wanted))
    unit = max(_unit(found), _unit(wanted))
    return difference <= _TOLERANCE * abs(float(wanted)) + 1.01 * unit


def differences(found, wanted, by_value=True):
    """Lines that say where two texts differ; none if they are the same.

    Args:
      by_value: whether the numbers are compared. Those that random numbers of another
        release have led to are not.
    """
    (text, numbers), (other, others) = parts(found), parts(wanted)
    if text != other:
        pairs = zip(text.splitlines(), other.splitlines(), strict=False)
        lines = [f"{one!r} for {two!r}" for one, two in pairs if one != two]
        return lines or [f"{text!r} for {other!r}"]
    if not by_value:
        return []
    return [
        f"{one} for {two}"
        for one, two in zip(numbers, others, strict=True)
        if not same_number(one, two)
    ]
