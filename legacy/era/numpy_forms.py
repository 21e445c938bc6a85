"""What of the changes of NumPy 1.24 and 2 a script's source shows.

Most of them are undone for user code (``numpy_changes``, ``one_element``); the rules by
which types are joined are not. Values are not known here: this finds forms.
"""

import ast

import numpy as np

from legacy.era import numpy_changes, one_element

# Joined with a float32 array, such a float64 makes float64 in NumPy 2, and not before.
_SCALARS = frozenset(
    "cos exp float64 log log2 log10 mean median prod sin sqrt std sum var".split()
)
# Joined with a number, such a scalar was wider before NumPy 2.
_SMALL = frozenset("float16 float32 int8 int16 uint8 uint16 uint32".split())
_STACKS = frozenset("column_stack dstack hstack row_stack stack vstack".split())
_CONVERTERS = frozenset("array asanyarray asarray".split())
UNDONE, KEPT = "emulated", "by value"


class _Forms(ast.NodeVisitor):
    """Collects what ``forms`` gives."""

    def __init__(self):
        self.forms = []
        self._modules, self._functions = set(), {}

    def visit_Import(self, node):
        for alias in node.names:
            if alias.name == "numpy":
                self._modules.add(alias.asname or "numpy")

    def visit_ImportFrom(self, node):
        if node.module == "numpy":
            names = {alias.asname or alias.name: alias.name for alias in node.names}
            self._functions.update(names)

    def _numpy(self, node):
        """The name of NumPy's function that ``node`` calls, or None."""
        called = getattr(node, "func", None)
        if isinstance(called, ast.Attribute):
            module, name = called.value, called.attr
        elif getattr(getattr(called, "func", None), "id", "") == one_element.FUNCTION:
            module, name = called.args[0], called.args[1].value
        else:
            return self._functions.get(getattr(called, "id", ""))
        return name if getattr(module, "id", "") in self._modules else None

    def _add(self, node, status, form, two=True):
        self.forms.append((node.lineno, status, form, two))

    def visit_Call(self, node):
        self.generic_visit(node)
        name = self._numpy(node)
        first = node.args[0] if node.args else None
        if name in _CONVERTERS:
            for keyword in node.keywords:
                if keyword.arg == "copy" and not getattr(keyword.value, "value", True):
                    self._add(node, UNDONE, f"numpy.{name}(copy=False)")
            if _ragged(first) and len(node.args) == 1 and not node.keywords:
                self._add(node, UNDONE, f"numpy.{name} of ragged rows", False)
        lazy = isinstance(first, ast.GeneratorExp) or _is_map(first)
        if lazy and name in _STACKS | {"sum"}:
            self._add(node, UNDONE, f"numpy.{name} of a generator", name == "sum")

    def visit_BinOp(self, node):
        self.generic_visit(node)
        names = {self._numpy(node.left), self._numpy(node.right)}
        sides = (node.left, node.right)
        if names & _SMALL and any(isinstance(side, ast.Constant) for side in sides):
            name = min(names & _SMALL)
            self._add(node, KEPT, f"numpy.{name}(...) and a number: no wider type")
        elif names & _SCALARS and not any(map(_plain, sides)):
            name = min(names & _SCALARS)
            self._add(node, KEPT, f"numpy.{name}(...) and an array: may be float64")


def _ragged(node):
    """Whether a list of lists is written out with rows of unequal length."""
    rows = getattr(node, "elts", ())
    lengths = {len(row.elts) for row in rows if isinstance(row, (ast.List, ast.Tuple))}
    return len(lengths) > 1


def _is_map(node):
    name = getattr(getattr(node, "func", None), "id", "")
    return name in ("map", "zip", "filter")


def _plain(node):
    """Whether a side is a number: then nothing is joined with an array."""
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.UnaryOp) and _plain(node.operand)
    )


def forms(tree):
    """What a module's tree shows, in order of lines.

    Returns:
      A list of (line, status, form, whether it is NumPy 2 that changed it).
    """
    found = _Forms()
    found.visit(tree)
    return sorted(set(found.forms))


def announcement(trees):
    """The runner's line for a script, or None if it shows nothing of the kind.

    Args:
      trees: the script's files and their trees.
    """
    if not numpy_changes.TWO:
        return None
    for path, tree in trees:
        shown = [(line, form) for line, _, form, two in forms(tree) if two]
        if shown:
            line, form = shown[0]
            return (
                f"{path}:{line}: {form}: NumPy {np.__version__} does otherwise than "
                "NumPy 1; most of that is undone, its rules of types are not. "
                "pip install 'numpy<2' brings NumPy 1.26 (Python up to 3.12)"
            )
    return None
