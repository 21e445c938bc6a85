"""Tracebacks as under plain Python: without the frames of the runner itself."""

import sys

# Modules whose frames are left out of what a script's user sees.
_OWN = frozenset(
    f"legacy.{name}"
    for name in (
        "__main__",
        "runner",
        "era",
        "era.lost_methods",
        "era.numpy_changes",
        "era.one_element",
        "era.python2.operators",
        "era.python2.sequences",
        "era.python2.text",
        "imports.errors",
        "imports.hook",
        "imports.modules",
        "imports.port_cell",
    )
)
# Below its frames, no code of the user's runs.
_SOURCE = "legacy.era.source"
# Where the runner runs a script: module and function.
_RUN = ("legacy.runner", "_run")
_FROZEN = ("<frozen importlib.",)


def _module(frame):
    """The name of the module whose code ``frame`` runs, also if it is ``__main__``."""
    names = frame.f_globals
    return getattr(names.get("__spec__"), "name", None) or names.get("__name__")


def _own(frame):
    return _module(frame) in _OWN or frame.f_code.co_filename.startswith(_FROZEN)


def _script(traceback):
    """``traceback`` from the script on: without what started the runner."""
    start = traceback
    while traceback is not None:
        frame = traceback.tb_frame
        traceback = traceback.tb_next
        if (_module(frame), frame.f_code.co_name) == _RUN:
            start = traceback
    return start


def _strip(traceback):
    """``traceback`` without our frames."""
    while traceback is not None and _own(traceback.tb_frame):
        traceback = traceback.tb_next
    if traceback is not None and _module(traceback.tb_frame) == _SOURCE:
        return None
    if traceback is not None:
        traceback.tb_next = _strip(traceback.tb_next)
    return traceback


def excepthook(kind, error, traceback):
    """Takes our frames out of the error and of its causes, then calls Python's hook."""
    seen = set()
    pending = [error]
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = _strip(_script(each.__traceback__))
        pending += [each.__cause__, each.__context__]
    sys.__excepthook__(kind, error, error.__traceback__)
