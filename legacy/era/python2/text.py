"""Text as Python 2 wrote it: ``print``, ``str``, ``%``, ``format`` and their like.

A string of Python 2 was bytes and text at once. Here it is text; bytes that reach a
place where text is written are read as UTF-8.
"""

import atexit
import codecs
import sys

from legacy.era.python2 import files


class _Float(float):
    """A float whose ``str`` has twelve digits, as all of Python 2's; ``repr`` has all.

    Arrays and NumPy's own floats printed themselves then as they do now.
    """

    __slots__ = ()

    def __str__(self):
        text = f"{float(self):.12g}"
        return text if not text.lstrip("-").isdigit() else text + ".0"

    def __format__(self, spec):
        return format(float(self), spec) if spec else str(self)


def shown(value):
    """``value`` such that today's ``str`` of it is Python 2's."""
    if type(value) is float:
        return _Float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value


def joined(text):
    """``text`` with bytes that were read one by one put together to characters."""
    if text.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in text):
        return text
    data = text.encode("utf-8", "surrogateescape")
    return data.decode("utf-8", "surrogateescape")


def _printable(value):
    """The text of ``value``; bytes that are no UTF-8 are shown as such characters."""
    text = str(shown(value))
    if text.isascii():
        return text
    data = text.encode("utf-8", "surrogateescape")
    return data.decode("utf-8", "replace")


def print_function(*values, **options):
    """``print`` under ``from __future__ import print_function``."""
    print(*map(_printable, values), **options)


class Printing:
    """The statement ``print``: each value is written before the next is computed.

    A comma at its end leaves the line open: a space is written by the next ``print``,
    unless that one is empty or the line was ended meanwhile.
    """

    def __init__(self, file):
        self._file = sys.stdout if file is None else file
        # For objects that have no room for `softspace`.
        self._space = 0

    def item(self, value):
        """Writes ``value``; gives this statement."""
        text = _printable(value)
        space = getattr(self._file, "softspace", self._space)
        write(self._file, " " * bool(space) + text)
        self._space = not text[-1:].isspace() or text[-1:] == " "
        _softspace(self._file, self._space)
        return self

    def end(self):
        """Ends the line."""
        write(self._file, "\n")


def _softspace(file, value):
    try:
        file.softspace = int(value)
    except AttributeError:  # an object without room for it, as in Python 2
        return


def write(file, *arguments):
    """``file.write``: takes text, and ends what a comma of ``print`` has begun."""
    if getattr(file, "softspace", 0):
        _softspace(file, 0)
    if files.is_binary(file):
        arguments = map(files.as_bytes, arguments)
    return file.write(*arguments)


def takes_bytes_or_space(value):
    """Whether ``value.write`` has to be called by :func:`write`."""
    return hasattr(value, "softspace") or files.is_binary(value)


@atexit.register
def _end_line():
    """A line that a comma left open is ended with the program."""
    if getattr(sys.stdout, "softspace", 0):
        sys.stdout.write("\n")


def str_(*arguments, **named):
    """``str`` and ``unicode``: text stays text whatever its encoding is said to be."""
    if not arguments:
        return str(**named)
    value, *encoding = arguments
    if isinstance(value, bytes):
        return value.decode(*encoding, **named)
    if isinstance(value, str):
        return str(value)
    return str(shown(value))


def modulo(left, right):
    """``left % right``, a text's format or a remainder."""
    if isinstance(left, str):
        if type(right) is tuple:
            right = tuple(map(shown, right))
        elif type(right) is dict:
            right = {name: shown(value) for name, value in right.items()}
        else:
            right = shown(right)
    return left % right


def format_(text, *values, **named):
    """``text.format(...)``."""
    named = {name: shown(value) for name, value in named.items()}
    return text.format(*map(shown, values), **named)


def join(separator, words):
    """``separator.join(words)``."""
    return joined(separator.join(words))


def translate(text, table, delete=""):
    """``text.translate(table, deletechars)``; a table of 256 characters, or None."""
    if isinstance(delete, bytes):
        delete = delete.decode("latin1")
    text = text.translate({ord(letter): None for letter in delete})
    return text if table is None else text.translate(table)


def ord_(letter):
    """``ord``; bytes give numbers already when they are taken one by one."""
    if isinstance(letter, int):
        return letter
    number = ord(letter)
    return number - 0xDC00 if 0xDC80 <= number <= 0xDCFF else number


def recoded(text, codec, errors="strict"):
    """``text.encode(codec)`` of codecs from bytes to bytes, such as ``"hex"``."""
    return _through(codecs.encode, text, codec, errors)


def decoded(text, codec, errors="strict"):
    """``text.decode(codec)`` of codecs from bytes to bytes, such as ``"hex"``."""
    return _through(codecs.decode, text, codec, errors)


def _through(function, text, codec, errors):
    if codec.replace("-", "_") in ("string_escape", "unicode_escape"):
        codec = "unicode_escape"
    data = text.encode("latin1", "replace") if isinstance(text, str) else text
    if codec in ("rot13", "rot_13"):
        return function(data.decode("latin1"), codec, errors)
    if codec == "unicode_escape":
        if function is codecs.decode:
            return codecs.decode(data, codec, errors)
        return codecs.encode(data.decode("latin1"), codec, errors).decode("ascii")
    result = function(data, codec, errors)
    return result.decode("ascii") if result.isascii() else result
