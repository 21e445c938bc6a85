"""``pickle`` and ``cPickle`` as Python 2 sources use them.

Strings of Python 2 that are not ASCII (NumPy arrays hold such) are read as latin-1,
which keeps every byte. A file opened in text mode, as Python 2 allowed, is read and
written through its bytes.
"""

import pickle
from pickle import *  # noqa: F403  the rest of the module is today's


def load(file, **options):
    """Reads one pickled object from ``file``, opened as text or as bytes."""
    stream = getattr(file, "buffer", file)
    start = stream.tell()
    try:
        return pickle.load(stream, **options)
    except UnicodeDecodeError:
        stream.seek(start)
        return pickle.load(stream, **{**options, "encoding": "latin1"})


def loads(data, **options):
    """Reads one pickled object from bytes, or from text that holds such bytes."""
    data = data.encode("latin1") if isinstance(data, str) else data
    try:
        return pickle.loads(data, **options)
    except UnicodeDecodeError:
        return pickle.loads(data, **{**options, "encoding": "latin1"})


def dump(value, file, *options, **named):
    """Writes one pickled object to ``file``, opened as text or as bytes."""
    pickle.dump(value, getattr(file, "buffer", file), *options, **named)
