"""Translates Python 2 into the syntax tree of Python 3.

fissix, the kept-up fork of lib2to3, translates the text; what the same words meant in
Python 2 (``python2``) is put into the tree afterwards.
"""

import ast
import builtins
import contextlib
import copy
import difflib
import functools
import re

from legacy.era import python2

# Makes imports of neighbours relative: right in packages only.
_FIX_IMPORT = "fissix.fixes.fix_import"
# What ``python2`` and ``python_names`` do as Python 2 did it.
_OURS = frozenset(
    f"fissix.fixes.fix_{name}"
    for name in "filter itertools itertools_imports map types zip".split()
)

# The built-in name under which translated code reaches ``code``.
CODE = "__legacy_python2_code__"


@functools.cache
def _tool(in_package, print_function):
    """fissix with its usual fixers and ours; built once, about 0.3 s."""
    from fissix import refactor

    left_out = _OURS if in_package else {*_OURS, _FIX_IMPORT}
    fixers = refactor.get_fixers_from_package("fissix.fixes")
    fixers = [name for name in fixers if name not in left_out]
    return refactor.RefactoringTool(
        [*fixers, "legacy.era.fix_modules"], {"print_function": print_function}
    )


def translate(text, path, in_package):
    """Gives the tree of a Python 2 text, with the text's own line numbers.

    Raises:
      SyntaxError: the text is no Python 2.
    """
    # Python 2 took a tab for eight columns; Python 3 refuses a mixture.
    even = re.sub(r"^[ \t]+", lambda m: m[0].expandtabs(8), text, flags=re.MULTILINE)
    even = even.rstrip() + "\n"
    problem = None
    for print_function in (_imports("print_function", text), True):
        try:
            new = str(_tool(in_package, print_function).refactor_string(even, path))
            break
        except Exception as error:  # fissix's parsing errors have no common base
            problem = problem or error
    else:
        raise SyntaxError(f"neither Python 3 nor Python 2: {problem}")
    tree = ast.parse(new, path)
    lines = _line_map(even.splitlines(), new.splitlines())
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            node.lineno = lines[node.lineno - 1]
            node.end_lineno = lines[node.end_lineno - 1]
    tree = _Operators(not _imports("division", text)).visit(tree)
    _Names(statements=not print_function).visit(tree)
    return tree


def _imports(feature, text):
    found = re.search(rf"^from __future__ import .*\b{feature}\b", text, re.MULTILINE)
    return found is not None


def _line_map(old, new):
    """For each line of ``new``, the number of the line of ``old`` it came from."""
    if len(old) == len(new):
        return list(range(1, len(new) + 1))
    numbers = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for _, start, stop, new_start, new_stop in matcher.get_opcodes():
        for offset in range(new_stop - new_start):
            # A line that was put in counts as the one before it.
            numbers.append(max(min(start + offset + 1, stop), 1))
    return numbers


def call(function, *arguments):
    """The tree of a call of the name ``function``."""
    name = ast.Name(function, ast.Load())
    return ast.Call(func=name, args=list(arguments), keywords=[])


def code(text):
    """What ``exec`` and ``eval`` of Python 2 sources take: text is Python 2 as well."""
    if not isinstance(text, str):
        return text
    try:
        compile(text, "<string>", "exec", dont_inherit=True)
    except SyntaxError as error:
        try:
            tree = translate(text, "<string>", in_package=False)
        except SyntaxError:
            raise error from None
        return compile(ast.fix_missing_locations(tree), "<string>", "exec")
    return text


def compiled(text, path, mode, *flags, **named):
    """``compile``, of Python 2 text as well."""
    if isinstance(text, str) and mode == "exec":
        text = code(text)
        if not isinstance(text, str):
            return text
    return compile(text, path, mode, *flags, **named)


class _Operators(ast.NodeTransformer):
    """Python 2's ``/`` and ``%``, methods, and text that was written as bytes."""

    def __init__(self, division):
        self._division = division

    def visit_Constant(self, node):
        """A text whose letters are the bytes of UTF-8, such as ``"caf\\xc3\\xa9"``."""
        if isinstance(node.value, str) and not node.value.isascii():
            with contextlib.suppress(UnicodeError):
                node.value = node.value.encode("latin1").decode("utf-8")
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Div) and self._division:
            function = python2.DIVIDE
        elif isinstance(node.op, ast.Mod):
            function = python2.MODULO
        else:
            return node
        return ast.copy_location(call(function, node.left, node.right), node)

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        if not (isinstance(node.op, ast.Div) and self._division):
            return node
        value = copy.deepcopy(node.target)
        value.ctx = ast.Load()
        divided = call(python2.DIVIDE_IN_PLACE, value, node.value)
        return ast.copy_location(ast.Assign(targets=[node.target], value=divided), node)

    def visit_Call(self, node):
        self.generic_visit(node)
        function = node.func
        if not isinstance(function, ast.Attribute):
            return node
        first = getattr(node.args[0], "value", None) if node.args else None
        if function.attr in ("encode", "decode") and first in python2.CODECS:
            extra = [ast.Constant(first)]
        elif function.attr in python2.METHODS:
            extra = []
        else:
            return node
        name = ast.Constant(function.attr)
        found = call(python2.METHOD, function.value, name, *extra)
        node.func = ast.copy_location(found, function)
        return node


class _Bound(ast.NodeVisitor):
    """The names that a function, class or module binds in its own scope."""

    def __init__(self, body):
        self.names, self.outer = set(), set()
        for part in body:
            self.visit(part)

    def visit_Name(self, node):
        if not isinstance(node.ctx, ast.Load):
            self.names.add(node.id)

    def visit_arg(self, node):
        self.names.add(node.arg)

    def visit_Global(self, node):
        self.outer.update(node.names)

    def visit_alias(self, node):
        self.names.add(node.asname or node.name.partition(".")[0])

    def visit_ExceptHandler(self, node):
        self.names.add(node.name)
        self.generic_visit(node)

    def _visit_inner(self, node):
        self.names.add(getattr(node, "name", None))

    visit_FunctionDef = visit_ClassDef = visit_Lambda = _visit_inner
    # A comprehension's variables are its own.
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_inner


class _Names(ast.NodeVisitor):
    """Sends built-in names that Python 2 understood differently to ``python2``."""

    def __init__(self, statements):
        self._statements = statements
        self._names = {*python2.BUILTINS, "compile"}

    def _inside(self, binding, parts, keep=False):
        """Visits ``parts``, in a scope that binds what the nodes ``binding`` bind."""
        bound = _Bound(binding)
        before, self._names = self._names, self._names - bound.names
        self._names |= before & bound.outer
        for part in parts:
            self.visit(part)
        if not keep:
            self._names = before

    def visit_Module(self, node):
        self._inside(node.body, node.body)

    def _visit_function(self, node):
        arguments = node.args
        outside = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
        for part in (*outside, *getattr(node, "decorator_list", ())):
            self.visit(part)
        body = node.body if isinstance(node.body, list) else [node.body]
        bare = ast.arguments(
            posonlyargs=arguments.posonlyargs,
            args=arguments.args,
            vararg=arguments.vararg,
            kwonlyargs=arguments.kwonlyargs,
            kw_defaults=[],
            kwarg=arguments.kwarg,
            defaults=[],
        )
        self._inside([bare, *body], body)

    visit_FunctionDef = visit_Lambda = _visit_function

    def visit_ClassDef(self, node):
        """Its methods do not see what it binds."""
        for part in (*node.bases, *node.keywords, *node.decorator_list):
            self.visit(part)
        functions = [part for part in node.body if isinstance(part, ast.FunctionDef)]
        for function in functions:
            self.visit(function)
        rest = [part for part in node.body if part not in functions]
        self._inside(node.body, rest)

    def visit_Call(self, node):
        name = getattr(node.func, "id", None)
        if name == "print" and self._statements and name in self._names:
            node.func.id = python2.hidden(python2.PRINT_STATEMENT)
        elif name == "exec" and node.args:
            node.args[0] = call(CODE, node.args[0])
        elif name in python2.CALLED & self._names:
            node.func.id = python2.hidden(name)
        self.generic_visit(node)

    def visit_Name(self, node):
        if node.id in self._names - python2.CALLED and isinstance(node.ctx, ast.Load):
            node.id = python2.hidden(node.id)


def install():
    """Makes what translated code calls a built-in name."""
    python2.install()
    setattr(builtins, CODE, code)
    setattr(builtins, python2.hidden("compile"), compiled)
