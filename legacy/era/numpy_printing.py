"""How arrays and NumPy's numbers print themselves: as in NumPy 1.16.

NumPy 2 writes ``np.float32(0.5)`` where NumPy 1 wrote ``0.5``, and keeps the options of
printing for each thread; NumPy 1 had one set for the process.
"""

import importlib
import sys

import numpy as np


def set_printoptions(*arguments, threshold=None, **named):
    """``set_printoptions``, for all threads; no number as ``threshold`` is no limit."""
    if isinstance(threshold, str) or threshold != threshold:
        threshold = sys.maxsize
    if arguments[1:] and (
        isinstance(arguments[1], str) or arguments[1] != arguments[1]
    ):
        arguments = (arguments[0], sys.maxsize, *arguments[2:])
    if threshold is not None:
        named["threshold"] = threshold
    np.set_printoptions(*arguments, **named)
    _in_all_threads()


def _in_all_threads():
    """Makes the options of this thread those that other threads begin with."""
    if np.lib.NumpyVersion(np.__version__) >= "2.2.0":
        options = importlib.import_module("numpy._core.printoptions")
        options.default_format_options_dict.update(options.format_options.get())


def install():
    """Arrays and NumPy's numbers print themselves as in NumPy 1.16 from now on."""
    np.set_printoptions(legacy="1.21")
    _in_all_threads()
