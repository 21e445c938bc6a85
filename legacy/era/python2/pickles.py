"""``pickle`` and ``cPickle`` as Python 2 sources use them.

A string that Python 2 pickled was bytes. It is read as what ``open(...).read()`` gives
for these bytes: text if they are UTF-8, else one character a byte. The raw data of an
array stays what it is, even if it looks like text. A file opened in text mode, as
Python 2 allowed, is read and written through its bytes.
"""

import codecs
import io
import pickle
from pickle import *  # noqa: F403  the rest of the module is today's

import numpy as np

from legacy.era.python2 import files

_ERRORS = "legacy-python2"
_REBUILDERS = frozenset({"_reconstruct", "scalar"})


def _text(data):
    """A pickled string, and whether it had more than ASCII and was UTF-8."""
    try:
        text = data.decode("utf-8")
        return text, not text.isascii()
    except UnicodeDecodeError:
        return data.decode("latin1"), False


class _Fast(pickle.Unpickler):
    """Python's reader in C, which does not tell a string from an array's raw data.

    ``doubtful`` after reading: it met both arrays and text that is not ASCII.
    """

    def __init__(self, stream):
        super().__init__(stream, encoding="ascii", errors=_ERRORS)
        self._arrays = False
        _texts.clear()

    def find_class(self, module, name):
        self._arrays |= module.startswith("numpy") and name in _REBUILDERS
        return super().find_class(module, name)

    @property
    def doubtful(self):
        return self._arrays and bool(_texts)


# Filled when a string is read as UTF-8.
_texts = []


def _finish(error):
    """Reads a string from its first byte on that is not ASCII."""
    text, multibyte = _text(error.object[error.start :])
    if multibyte:
        _texts.append(text)
    return text, len(error.object)


codecs.register_error(_ERRORS, _finish)


def _raw(data, size):
    """Raw data of ``size`` bytes, from a string that may have been read as text."""
    if isinstance(data, str) and len(data) != size:
        return data.encode("utf-8")
    return data


class _Exact(pickle._Unpickler):
    """Python's reader in Python: slow, but it sees what each string is for."""

    dispatch = dict(pickle._Unpickler.dispatch)  # noqa: RUF012  as the parent has it

    def _decode_string(self, value):
        return _text(value)[0]

    def find_class(self, module, name):
        found = super().find_class(module, name)
        if not (module.startswith("numpy") and name == "scalar"):
            return found
        return lambda dtype, *data: found(
            dtype, *(_raw(each, dtype.itemsize) for each in data)
        )

    def load_build(self):
        state = self.stack[-1]
        if isinstance(self.stack[-2], np.ndarray) and len(state) == 5:
            version, shape, dtype, fortran, data = state
            size = dtype.itemsize * int(np.prod(shape))
            self.stack[-1] = (version, shape, dtype, fortran, _raw(data, size))
        super().load_build()

    dispatch[pickle.BUILD[0]] = load_build


def load(file, **options):
    """Reads one pickled object from ``file``, opened as text or as bytes."""
    stream = getattr(file, "buffer", file)
    if options:
        return pickle.load(stream, **options)
    start = stream.tell()
    fast = _Fast(stream)
    problem = None
    try:
        value = fast.load()
    except Exception as error:
        problem = error
    if not fast.doubtful:
        if problem:
            raise problem
        return value
    stream.seek(start)
    return _Exact(stream).load()


def loads(data, **options):
    """Reads one pickled object from bytes, or from text that holds such bytes."""
    return load(io.BytesIO(files.as_bytes(data)), **options)


def dump(value, file, *options, **named):
    """Writes one pickled object to ``file``, opened as text or as bytes."""
    pickle.dump(value, getattr(file, "buffer", file), *options, **named)


class Unpickler:
    """Reads the objects of ``file`` one by one."""

    def __init__(self, file):
        self._file = file

    def load(self):
        """The next object."""
        return load(self._file)
