"""Tracebacks as under plain Python: without the frames of the runner itself."""

import os
import sys

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Below its frames, no code of the user's runs.
_SOURCE = os.path.join(_PACKAGE, "era", "source.py")
_RUNNER = os.path.join(_PACKAGE, "runner.py")
_FROZEN = ("<frozen importlib.",)
_OWN = tuple(
    os.path.join(_PACKAGE, *parts)
    for parts in (
        ("__main__.py",),
        ("runner.py",),
        ("era", "__init__.py"),
        ("era", "lost_methods.py"),
        ("era", "numpy_changes.py"),
        ("era", "one_element.py"),
        ("era", "python2", "operators.py"),
        ("era", "python2", "sequences.py"),
        ("era", "python2", "text.py"),
        ("facade", "errors.py"),
        ("facade", "hook.py"),
        ("facade", "modules.py"),
        ("facade", "port.py"),
    )
)


def _own(frame):
    filename = frame.f_code.co_filename
    return filename in _OWN or filename.startswith(_FROZEN)


def _script(traceback):
    """``traceback`` from the script on: without what started the runner."""
    start = traceback
    while traceback is not None:
        code = traceback.tb_frame.f_code
        traceback = traceback.tb_next
        if code.co_filename == _RUNNER and code.co_name == "_run":
            start = traceback
    return start


def _strip(traceback):
    """``traceback`` without our frames."""
    while traceback is not None and _own(traceback.tb_frame):
        traceback = traceback.tb_next
    if traceback is not None and traceback.tb_frame.f_code.co_filename == _SOURCE:
        return None
    if traceback is not None:
        traceback.tb_next = _strip(traceback.tb_next)
    return traceback


def excepthook(kind, error, traceback):
    """Python's own hook, after our frames are out of the error and of its causes."""
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
