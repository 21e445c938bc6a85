"""Errors for names that no table and no module of today's TensorFlow has."""

import difflib
import linecache

from legacy.imports import hints, history, ownership


class _Missing:
    """Both errors have the dotted TensorFlow ``name`` and the user's ``line``."""


class MissingName(_Missing, AttributeError):
    """Nobody has an attribute such as ``tf.contrib.gan``."""


class MissingImport(_Missing, ImportError):
    """Nobody has what ``from tensorflow.contrib import gan`` asks for."""


def describe(name, candidates=()):
    """One sentence on a missing ``name``: who had it, and what to use instead.

    Args:
      name: dotted, ``tf.`` or ``numpy.`` first.
      candidates: names that the same module does have, for a suggestion.
    """
    parts = [f"{name} is not available"]
    releases = history.releases(name)
    if releases:
        parts[0] += " (TensorFlow {} had it)".format(", ".join(releases))
    elif history.knows(name):
        parts[0] += " (not among the public names of TensorFlow {})".format(
            ", ".join(history.RELEASES)
        )
    hint = hints.hint(name)
    close = difflib.get_close_matches(name.rpartition(".")[2], candidates, 2, 0.75)
    if hint:
        parts.append(hint)
    elif close:
        here = name.rpartition(".")[0]
        parts.append("use " + " or ".join(f"{here}.{match}" for match in close))
    elif releases:
        parts.append(
            "express it with the operations of tensorflow.compat.v1, or open an issue "
            "that names it"
        )
    return "; ".join(parts)


def missing(kind, name, candidates=()):
    """Builds an error of class ``kind`` for ``name``, with the user's line in front."""
    frame = ownership.user_frame()
    message = describe(name, candidates)
    line = None
    if frame is not None:
        line = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        message = f"{line}: {message}"
        source = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
        if source:
            message += f" [{source}]"
    error = kind(message)
    error.name = name
    error.line = line
    return error
