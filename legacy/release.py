"""Which TensorFlow the script was written for, and what depends on it.

The user names a release (``--release``, ``legacy.install(release=...)``), or it is
guessed from the script (``legacy.script.guess``). All code that depends on it calls
:func:`rule`. When a guess first decides something, one line on stderr says so.
"""

from legacy import terminal

# The releases whose behaviour is known, oldest first.
RELEASES = ("0.12.1", "1.0.0", "1.15.5")
# What people say for a release -> the one whose behaviour is reproduced.
NAMES = {
    "0.12": "0.12.1",
    "1.0": "1.0.0",
    "1.15": "1.15.5",
    **{release: release for release in RELEASES},
}
# Behaviour -> what it is in 0.12.1, 1.0.0 and 1.15.5. Whoever asks knows the words;
# `docs/reference/releases.md` has them in prose.
BEHAVIOUR = {
    # A cell looks its weights up in the variable scope of each call, or keeps them.
    "cells": ("scope", "scope", "object"),
    # What `get_variable` starts from where nobody says it.
    "initializer": ("uniform_unit_scaling", "glorot_uniform", "glorot_uniform"),
    # Whether an optimizer's slots are made, or looked up, under `reuse=True`.
    "slots": ("variable", "get_variable", "get_variable"),
    # Who parses flags: argparse leaves defaults as they are, absl converts them.
    "flags": ("argparse", "argparse", "absl"),
    # Two losses had their first two arguments the other way round.
    "losses": ("logits first", "labels first", "labels first"),
}
# What a behaviour means for the script, for the line on stderr.
_MEANS = {
    ("cells", "scope"): "a cell makes its weights anew in each variable scope",
    ("cells", "object"): "a cell keeps its weights wherever it is called",
    ("initializer", "uniform_unit_scaling"): (
        "variables start by uniform unit scaling"
    ),
    ("slots", "variable"): "optimizers make their slots under reuse=True",
    ("flags", "argparse"): "defaults of flags stay as they are given",
    ("losses", "logits first"): "a loss's logits come before its targets",
    ("losses", "labels first"): "a loss's targets come before its logits",
}


class _Release:
    """The release of this process: ``name``, whether it was ``told``, and ``why``."""

    def __init__(self):
        self.name, self.told, self.why = RELEASES[-1], False, None
        self.announced = False


_now = _Release()


def __getattr__(name):
    """``VERSION``, for ``tf.__version__``: the release that the user named, or 1.15.5.

    A guess does not change it: the names of every release are there in any case.
    """
    if name == "VERSION":
        return _now.name if _now.told else RELEASES[-1]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def current():
    """The release whose behaviour is reproduced: "0.12.1", "1.0.0" or "1.15.5"."""
    return _now.name


def told():
    """Whether somebody said which release it is."""
    return _now.told


def full_name(name):
    """The release that people call ``name``; raises ValueError for another."""
    try:
        return NAMES[name]
    except (KeyError, TypeError):
        raise ValueError(
            f"expected a release: 0.12, 1.0 or 1.15. Received: {name!r}"
        ) from None


def tell(name):
    """Sets the release, for good."""
    _now.name, _now.told, _now.why = full_name(name), True, None


def guess(name, why=None):
    """Sets the release unless somebody told it; ``why`` is the reason in words."""
    if not _now.told:
        _now.name, _now.why, _now.announced = name, why, False


def state():
    """What a child process needs to be of the same release (see :func:`restore`)."""
    return dict(vars(_now))


def restore(state):
    """Takes over the ``state()`` of a parent."""
    vars(_now).update(state)


def rule(behaviour, matters=True):
    """What ``behaviour`` is in the current release (the words of ``BEHAVIOUR``).

    Args:
      matters: whether the script's results depend on it here. If so, and if the
        release is a guess, the line on stderr is printed.
    """
    answer = BEHAVIOUR[behaviour][RELEASES.index(_now.name)]
    if matters and not _now.told and not _now.announced:
        _announce(behaviour, answer)
    return answer


def _announce(behaviour, answer):
    means = _MEANS.get((behaviour, answer))
    if means is None:
        return
    _now.announced = True
    short = _now.name.rpartition(".")[0]
    why = _now.why or "nothing in the script tells its release"
    terminal.announce(
        f"TensorFlow {short} is assumed ({why}), so {means}; "
        "--release 0.12, 1.0 or 1.15 says it for sure."
    )
