"""Guesses which release a script was written for, from the code that can run.

Two kinds of marks count: names that a release did not have yet or no longer had, and
call forms that only TensorFlow up to 0.12 accepted. Code that cannot run does not count
(``legacy.script.live``). Neither does code that is prepared for several releases: under
a test of TensorFlow's version, under ``hasattr``, or in a ``try`` whose handler does
the same in another way.
"""

import os

from legacy.script import live
from legacy.script.uses import Uses, catches

# Errors that a name or a call form of another release raises.
_FALLBACK = frozenset("AttributeError ImportError ModuleNotFoundError".split())
# Homes of functions that were public modules of one release only.
_MODULES = {
    "tensorflow.contrib.rnn.core_rnn_cell": "1.0.0",
    "tensorflow.contrib.rnn.python.ops.core_rnn_cell_impl": "1.0.0",
    "tensorflow.models.rnn": "0.12.1",
}


class _Marks(Uses):
    """The uses of one file, in live code only, and the cells that it defines."""

    def __init__(self, living):
        super().__init__()
        self._living = living
        # (class name, line) of cells with a ``call``, which 1.2 brought.
        self.cells = []

    def visit_Try(self, node):
        uses, forms = len(self.uses), len(self.old_forms)
        for statement in node.body:
            self.visit(statement)
        ends = len(self.uses)
        for handler in node.handlers:
            self.visit(handler)
        if any(map(catches, node.handlers)) and (
            len(self.uses) > ends or any(map(_expects, node.handlers))
        ):
            del self.uses[uses:], self.old_forms[forms:]
        for part in (*node.orelse, *node.finalbody):
            self.visit(part)

    def _visit_function(self, node):
        if self._living(node):
            super()._visit_function(node)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function

    def visit_ClassDef(self, node):
        if not self._living(node):
            return
        self.generic_visit(node)
        bases = [(self.dotted(base) or "").rpartition(".")[2] for base in node.bases]
        methods = {each.name for each in node.body if hasattr(each, "name")}
        if {"RNNCell", "LayerRNNCell"} & set(bases) and "call" in methods:
            self.cells.append((node.name, node.lineno))


def _expects(handler):
    kinds = getattr(handler.type, "elts", [handler.type])
    return bool(_FALLBACK & {getattr(kind, "id", "") for kind in kinds})


def release_of(script):
    """The release that ``script`` was written for, judged by its live code.

    Returns:
      ``(release, why)``: the newest of the known releases that had every name and call
      form, or, if the script mixes them, the oldest that had the newest of its names.
      ``why`` is the mark that decided, in words; None without any.
    """
    from legacy.imports import history

    newest, oldest = _bounds(script)
    limit = min(newest, key=_place, default=None)
    floor = max(oldest, key=_place, default=None)
    if limit is None:
        # The oldest that had all names says nothing, unless it is the newest.
        last = len(history.RELEASES) - 1
        why = floor[1] if floor is not None and floor[0] == last else None
        return history.RELEASES[-1], why
    place, why = limit if floor is None else max(limit, floor, key=_place)
    return history.RELEASES[place], why


def _place(mark):
    return mark[0]


def _bounds(script):
    """Marks as (place in RELEASES, reason): of "not after" and of "not before"."""
    from legacy.imports import history, modules

    newest, oldest = [], []
    last = len(history.RELEASES) - 1
    for path, tree, living in live.files(script):
        marks = _Marks(living)
        marks.visit(tree)
        file = os.path.basename(path)
        for name, line in marks.old_forms:
            shown = modules.shown(name)
            newest.append((0, f"{file}:{line} calls {shown} as 0.12 did"))
        for name, line in marks.cells:
            oldest.append((last, f"{file}:{line}: cell {name} has the call() of 1.2"))
        for name, line in marks.uses:
            shown = modules.shown(name)
            had = history.releases(shown) or _deep(name)
            if not had:
                continue
            first, end = (history.RELEASES.index(had[place]) for place in (0, -1))
            if end < last:
                newest.append((end, f"{file}:{line} uses {shown}, gone later"))
            if first > 0 and history.knows(shown):
                oldest.append((first, f"{file}:{line} uses {shown}, new then"))
    return newest, oldest


def _deep(name):
    return [
        release
        for module, release in _MODULES.items()
        if f"{name}.".startswith(module + ".")
    ]
