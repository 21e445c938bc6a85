"""Removed functions of the standard library that have no equal today."""

import collections.abc
import functools
import html
import importlib.util
import inspect
import re
import sys

_ArgSpec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")


def getargspec(function):
    """``inspect.getargspec``: names and defaults of a function's arguments.

    Returns:
      A named tuple (args, varargs, keywords, defaults).
    """
    return _ArgSpec(*inspect.getfullargspec(function)[:4])


def setdefaultencoding(name):
    """``sys.setdefaultencoding`` of Python 2; text is always Unicode now.

    Origin: scripts called ``reload(sys)`` to reach it and asked for UTF-8.
    """
    del name


def load_source(name, path):
    """``imp.load_source``: loads the file ``path`` as module ``name``."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def join(words, sep=" "):
    """``string.join``: the words with ``sep`` between them."""
    return sep.join(words)


STRING_TYPES = (str, bytes)
NONE_TYPE = type(None)


def nothing(*arguments):
    """What has no meaning any more, such as ``sys.exc_clear()``."""
    del arguments


def escape(text, quote=False):
    """``cgi.escape``: ``&``, ``<`` and ``>``, and the double quote if asked for."""
    text = html.escape(text, quote=False)
    return text.replace('"', "&quot;") if quote else text


def unescape(parser, text):
    """``HTMLParser.unescape``."""
    del parser
    return html.unescape(text)


def strtobool(text):
    """``distutils.util.strtobool``: 1 for yes, 0 for no.

    Raises:
      ValueError: it is neither.
    """
    word = text.lower()
    if word in ("y", "yes", "t", "true", "on", "1"):
        return 1
    if word in ("n", "no", "f", "false", "off", "0"):
        return 0
    raise ValueError(f"invalid truth value {word!r}")


@functools.total_ordering
class LooseVersion:
    """``distutils.version.LooseVersion``: numbers and words of a version, in order."""

    def __init__(self, text=""):
        self.vstring = text
        parts = filter(None, re.split(r"(\d+|[a-z]+)|\.", text))
        self.version = [int(part) if part.isdigit() else part for part in parts]

    def _of(self, other):
        return other if isinstance(other, LooseVersion) else LooseVersion(other)

    def __eq__(self, other):
        return self.version == self._of(other).version

    def __lt__(self, other):
        return self.version < self._of(other).version

    __hash__ = None

    def __str__(self):
        return self.vstring

    def __repr__(self):
        return f"LooseVersion ('{self.vstring}')"


def sample(original):
    """``random.sample`` that takes sets, as up to Python 3.10."""

    @functools.wraps(original)
    def sample(self, population, k, **named):
        if isinstance(population, collections.abc.Set):
            population = tuple(population)
        return original(self, population, k, **named)

    return sample


def shuffle(original):
    """``random.shuffle`` that takes the function to draw with, as up to Python 3.10."""

    @functools.wraps(original)
    def shuffle(self, x, random=None):
        if random is None:
            return original(self, x)
        for last in reversed(range(1, len(x))):
            other = int(random() * (last + 1))
            x[last], x[other] = x[other], x[last]
        return None

    return shuffle


def seed(original):
    """``random.seed`` by any value that has a hash, as up to Python 3.10."""

    @functools.wraps(original)
    def seed(self, a=None, version=2):
        known = a is None or isinstance(a, (int, float, str, bytes, bytearray))
        return original(self, a if known else hash(a), version)

    return seed


def randrange(original):
    """``random.randrange`` that takes whole floats, as up to Python 3.11."""

    def whole(number):
        fits = isinstance(number, float) and number.is_integer()
        return int(number) if fits else number

    @functools.wraps(original)
    def randrange(self, start, stop=None, step=1):
        if stop is None:
            return original(self, whole(start))
        return original(self, whole(start), whole(stop), whole(step))

    return randrange


def without_encoding(original):
    """A function of ``json`` that takes ``encoding``, which said nothing any more."""

    @functools.wraps(original)
    def function(*arguments, encoding=None, **named):
        del encoding
        return original(*arguments, **named)

    return function
