"""``random`` of Python 2.7: from one seed, the numbers that it gave.

``random()`` itself has not changed. What draws whole numbers has: Python 2 multiplied,
Python 3 takes bits. The module's own functions share their state with today's module.

Source: Python 2.7's documentation of ``random``, and what 2.7.18 draws (recorded in
tests/recordings/era).
"""

import math
import random as today
from random import *  # noqa: F403  the rest of the module is today's

# Wider ranges have no float for each number.
_WIDEST = 2**53


def _whole(number):
    whole = int(number)
    if whole != number:
        raise ValueError(f"expected a whole number, not {number!r}")
    return whole


class _Draws:
    """Functions over ``self.random()``, which draws a float from 0 to 1."""

    def randrange(self, start, stop=None, step=1):
        """A whole number of ``range(start, stop, step)``."""
        start = _whole(start)
        if stop is None:
            start, stop = 0, start
        step = _whole(step)
        count = len(range(start, _whole(stop), step))
        if not count:
            raise ValueError(f"empty range for randrange() ({start}, {stop}, {step})")
        if count >= _WIDEST:
            return start + step * today.randrange(count)
        return start + step * int(self.random() * count)

    def randint(self, a, b):
        """A whole number from ``a`` to ``b``, both included."""
        return self.randrange(a, b + 1)

    def choice(self, seq):
        """One element."""
        return seq[int(self.random() * len(seq))]

    def shuffle(self, x, random=None):
        """Shuffles the list ``x`` in place; ``random`` draws from 0 to 1."""
        random = random or self.random
        for last in reversed(range(1, len(x))):
            other = int(random() * (last + 1))
            x[last], x[other] = x[other], x[last]

    def sample(self, population, k):
        """``k`` elements of a sequence or a set, each place at most once."""
        size = len(population)
        if not 0 <= k <= size:
            raise ValueError("sample larger than population")
        # A copy is smaller than a set of chosen places up to here.
        limit = 21 + (4 ** math.ceil(math.log(k * 3, 4)) if k > 5 else 0)
        if size <= limit or hasattr(population, "keys"):
            pool, drawn = list(population), []
            for left in range(size, size - k, -1):
                place = int(self.random() * left)
                drawn.append(pool[place])
                pool[place] = pool[left - 1]
            return drawn
        if not hasattr(population, "__getitem__"):
            population = tuple(population)
        places = {}
        while len(places) < k:
            places[int(self.random() * size)] = None
        return [population[place] for place in places]


def _seed(generator, a=None):
    """Seeds by a number, by a text's hash of Python 2, or by another hash."""
    known = a is None or isinstance(a, (int, float, str, bytes, bytearray))
    generator.seed(a if known else hash(a), version=1)


class Random(_Draws, today.Random):
    """Generator with a state of its own."""

    def seed(self, a=None, version=1):
        """See the module's ``seed``."""
        _seed(super(), a)


class _Shared(_Draws):
    random = staticmethod(today.random)


_shared = _Shared()
randrange = _shared.randrange
randint = _shared.randint
choice = _shared.choice
shuffle = _shared.shuffle
sample = _shared.sample


def seed(a=None):
    """Seeds the module's functions: by a number or a text, by the time without."""
    _seed(today, a)
