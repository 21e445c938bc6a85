"""``--port-cell``: the user's own batch-normalised cell gives way to ours."""

import builtins
import inspect
import sys

from legacy.facade import asks, quiet

NAME = "BNLSTMCell"
_build_class = builtins.__build_class__


def _is_copy(cls, module):
    """Whether ``cls`` is a copy of the cell, by its name and its constructor."""
    if NAME not in (cls.__name__, module.rpartition(".")[2]):
        return False
    from legacy import cell

    names = [
        list(inspect.signature(each.__init__).parameters)
        for each in (cls, cell.BNLSTMCell)
        if inspect.isfunction(each.__init__)
    ]
    return len(names) == 2 and names[0] == names[1]


def _build(function, name, *bases, **kwargs):
    cls = _build_class(function, name, *bases, **kwargs)
    caller = sys._getframe(1)
    module = caller.f_globals.get("__name__", "")
    if asks.is_user(caller.f_code.co_filename) and _is_copy(cls, module):
        from legacy import cell

        where = f"{caller.f_code.co_filename}:{function.__code__.co_firstlineno}"
        quiet.announce(f"{where}: class {name} is replaced by legacy.BNLSTMCell")
        return cell.BNLSTMCell
    return cls


def install():
    """Watches the classes that user code makes from now on."""
    builtins.__build_class__ = _build
