"""What removed standard-library functions did, where no function of today does it."""

import collections
import importlib.util
import inspect
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
