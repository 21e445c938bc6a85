"""Arrays of one element in the place of a number, as NumPy 1 accepted them.

NumPy 1 made ``int(a)``, ``"%d" % a``, ``math.sqrt(a)`` and ``b[i] = a`` of an array of
one element and any number of dimensions; NumPy 2 refuses, and refuses numbers that do
not fit a type of whole numbers. ``rewrite`` sends these forms of user code through
functions that do it as then; with NumPy 1.26, nothing is rewritten.
"""

import ast
import builtins
import math
import re

import numpy as np

from legacy.era import numpy_changes

# A conversion of a format, and its letter.
_CONVERSION = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?[hlL]?(.)"
)
_NUMBERS = frozenset("diouxXeEfFgGc")
_WHOLE = frozenset(
    "int8 int16 int32 int64 uint8 uint16 uint32 uint64 intp uintp".split()
)


def _hidden(name):
    return f"__legacy_one_element_{name}__"


# The built-in name under which rewritten code reaches ``function``.
FUNCTION = _hidden("function")


def element(value):
    """The element of an array of one element; all else as it is."""
    if isinstance(value, np.ndarray) and value.ndim and value.size == 1:
        return value.item()
    return value


def _converter(kind):
    """``kind(...)`` that takes an array of one element."""

    def convert(*arguments, **named):
        try:
            return kind(*arguments, **named)
        except TypeError:
            if not arguments or element(arguments[0]) is arguments[0]:
                raise
            return kind(element(arguments[0]), *arguments[1:], **named)

    return convert


def _unwrapped(text, values):
    """``values`` with an array's element for each number that ``text`` formats."""
    found = [each for each in _CONVERSION.finditer(text) if each[2] != "%"]
    if isinstance(values, dict):
        wanted = {each["key"] for each in found if each[2] in _NUMBERS}
        return {
            key: element(value) if key in wanted else value
            for key, value in values.items()
        }
    values = values if isinstance(values, tuple) else (values,)
    if len(values) != len(found):
        return values
    pairs = zip(found, values, strict=True)
    return tuple(
        element(value) if each[2] in _NUMBERS else value for each, value in pairs
    )


def modulo(left, right):
    """``left % right``; in a text, conversions to numbers take such arrays."""
    try:
        return left % right
    except TypeError:
        values = right if isinstance(right, (tuple, dict)) else (right,)
        values = values.values() if isinstance(values, dict) else values
        if not isinstance(left, str) or all(element(v) is v for v in values):
            raise
    return left % _unwrapped(left, right)


def assign(value, array, index):
    """``array[index] = value``."""
    try:
        array[index] = value
        return
    except (TypeError, ValueError):
        if not isinstance(array, np.ndarray) or element(value) is value:
            raise
        array[index] = element(value)
    except OverflowError:
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu":
            raise
        array[index] = np.asarray(value).astype(array.dtype)


def function(owner, name):
    """``owner.name``, for the functions of ``math`` and NumPy's whole numbers."""
    found = getattr(owner, name)
    if owner is math:
        return _converter(found)
    if name in _WHOLE and isinstance(found, type) and issubclass(found, np.integer):
        return numpy_changes.wrapped(found)
    return found


_CONVERTERS = {kind.__name__: _converter(kind) for kind in (complex, float, int)}
_FUNCTIONS = {
    "assign": assign,
    "function": function,
    "modulo": modulo,
    **_CONVERTERS,
}
_MATH = frozenset(name for name in dir(math) if callable(getattr(math, name)))


class _Rewriter(ast.NodeTransformer):
    """Sends the forms above through the functions above."""

    def __init__(self, bound):
        self._kinds = _CONVERTERS.keys() - bound

    def visit_Call(self, node):
        self.generic_visit(node)
        called = node.func
        if isinstance(called, ast.Name) and called.id in self._kinds:
            called.id = _hidden(called.id)
        elif isinstance(called, ast.Attribute) and (
            called.attr in _WHOLE
            or (called.attr in _MATH and getattr(called.value, "id", "") == "math")
        ):
            name = ast.Constant(called.attr)
            node.func = _call("function", called, called.value, name)
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if not isinstance(node.op, ast.Mod):
            return node
        return _call("modulo", node, node.left, node.right)

    def visit_Assign(self, node):
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Subscript):
            return node
        index = _as_value(target.slice)
        call = _call("assign", node, node.value, target.value, index)
        return ast.copy_location(ast.Expr(call), node)


def _as_value(index):
    """The tree of a subscript's index, as the argument of a call."""
    if isinstance(index, ast.Slice):
        parts = (index.lower, index.upper, index.step)
        values = [part or ast.Constant(None) for part in parts]
        name = ast.Name(_hidden("slice"), ast.Load())
        return ast.Call(func=name, args=values, keywords=[])
    if isinstance(index, ast.Tuple):
        parts = list(map(_as_value, index.elts))
        return ast.Tuple(elts=parts, ctx=ast.Load())
    return index


def _call(name, node, *arguments):
    called = ast.Name(_hidden(name), ast.Load())
    call = ast.Call(func=called, args=list(arguments), keywords=[])
    return ast.copy_location(call, node)


def rewrite(tree, bound):
    """The tree of a user's module for the NumPy that is here.

    Args:
      tree: the module's; changed in place.
      bound: names that the module binds.
    """
    return _Rewriter(bound).visit(tree) if numpy_changes.TWO else tree


def install():
    """Puts the functions where rewritten code finds them."""
    for name, target in {**_FUNCTIONS, "slice": slice}.items():
        setattr(builtins, _hidden(name), target)
