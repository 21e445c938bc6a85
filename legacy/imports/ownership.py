"""Whose code asks: the user's, or Python's own, or that of an installed package."""

import os
import site
import sys
import sysconfig

import legacy

# The folder that has this project's packages.
_PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(legacy.__file__)))
_MARKS = {"site-packages", "dist-packages"}
# Installed packages that were named on the command line (-m) count as the user's.
_claimed = []
_known = {}


def _library_roots():
    paths = sysconfig.get_paths()
    roots = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    roots.append(site.getusersitepackages())
    # A checkout of this project has its packages beside the user's scripts or tests.
    roots += [
        os.path.join(_PROJECT, name) for name in ("legacy", "bnlstm_compat", "migrate")
    ]
    return tuple(os.path.realpath(root) + os.sep for root in roots)


_ROOTS = _library_roots()


def claim(directory):
    """Makes all files below ``directory`` count as the user's."""
    _claimed.append(os.path.realpath(directory) + os.sep)
    _known.clear()


def is_user(filename):
    """Tells whether the source file ``filename`` is the user's own.

    The standard library, installed packages, this project's packages and Python's
    frozen modules are not. A name that is no file (``<ipython-input-1>``) is.
    """
    answer = _known.get(filename)
    if answer is None:
        answer = _known[filename] = _decide(filename)
    return answer


def _decide(filename):
    if filename.startswith("<"):
        return not filename.startswith("<frozen")
    path = os.path.realpath(filename)
    if path.startswith(tuple(_claimed)):
        return True
    return not (path.startswith(_ROOTS) or _MARKS & set(path.split(os.sep)))


def user_globals(namespace):
    """Tells whether a module namespace (``globals()``) is the user's.

    A namespace without a file is that of a notebook, of the interpreter's prompt, or of
    ``exec``. That of ``exec`` belongs to the code that called it.
    """
    if namespace is None:
        return False
    filename = namespace.get("__file__")
    if filename is not None:
        return is_user(filename)
    if namespace.get("__name__") == "__main__":
        return True
    frame = sys._getframe(1)
    while frame is not None:
        filename = frame.f_code.co_filename
        # The question comes from this package, which does not ask for itself.
        ours = frame.f_globals.get("__package__") == __package__
        if not filename.startswith("<") and not ours:
            return is_user(filename)
        frame = frame.f_back
    return False


def user_frame():
    """The innermost frame of the calling stack that runs the user's code, or None."""
    frame = sys._getframe(1)
    while frame is not None and not user_globals(frame.f_globals):
        frame = frame.f_back
    return frame
