"""Reads, translates (if Python 2) and compiles old source files; never writes them.

A file is Python 2 when Python 3 cannot parse it, or when it relies on what only
Python 2 had: its built-in names (``xrange``, ``unicode``, ...), its modules
(``cPickle``, ...), its ``print`` statement, or imports of a package's neighbours by
their short names. If one file of a program is no Python 3, all of them are Python 2:
``whole_program``. A use that is prepared for both, under a ``try`` or a test of the
version, is no sign. Names that have become keywords (``keywords``) are none either.

``translate`` translates it. Methods that types have lost (``lost_methods``) and, for
NumPy 2, arrays of one element (``one_element``) are seen to in every file's tree.
"""

import ast
import contextlib
import importlib.util
import io
import os
import re
import sys

from legacy.era import keywords, lost_methods, one_element, patterns, translate

PYTHON_2_BUILTINS = frozenset(
    "basestring cmp execfile long raw_input reduce unichr unicode xrange".split()
)
PYTHON_2_MODULES = frozenset(
    "BaseHTTPServer ConfigParser Cookie HTMLParser Queue SocketServer StringIO "
    "Tkinter __builtin__ cPickle cStringIO commands copy_reg httplib md5 sets thread "
    "urllib2 urlparse".split()
)
# Names that these modules have lost with Python 3.
PYTHON_2_ATTRIBUTES = {
    "itertools": frozenset("ifilter ifilterfalse imap izip izip_longest".split()),
    "os": frozenset({"getcwdu"}),
    "string": frozenset("join joinfields letters maketrans".split()),
    "sys": frozenset({"maxint"}),
    "urllib": frozenset(
        "quote quote_plus unquote unquote_plus urlencode urlopen urlretrieve".split()
    ),
}
# Names in the test of an ``if`` that tell Python 2 from Python 3.
_VERSION_TESTS = frozenset("PY2 PY3 python_version version version_info".split())
# Functions, and methods of dictionaries, that gave lists.
_LAZY = frozenset("filter map zip".split())
_VIEWS = frozenset("items keys values".split())
# Star imports of these bring Python 2's names along.
_BRIDGES = frozenset("builtins future past six".split())


def compile_file(path, announce, in_package=False):
    """Compiles a user's source file.

    Args:
      path: name of the file, which is only read.
      announce: a function of one line of text; told of files that are seen to be
        Python 2.
      in_package: whether the file is a module of a package, where Python 2 imported
        neighbours by their short names.

    Returns:
      A code object whose line numbers are the file's.

    Raises:
      SyntaxError: Python 3's own error, if the file is neither Python 3 nor Python 2.
    """
    tree, shows = _tree(path, in_package)
    if shows:
        announce(f"{path} is Python 2: translated in memory, the file is not changed")
    return compile(tree, path, "exec", dont_inherit=True)


def parse(path):
    """Parses a user's source file as ``compile_file`` does, without compiling it.

    The tree is kept, and not to be changed.
    """
    changed = os.stat(path).st_mtime_ns
    if _parsed.get(path, (None,))[0] != changed:
        _parsed[path] = changed, _tree(path, in_package=False)[0]
    return _parsed[path][1]


def cell_tree(text, path, parse, python_2):
    """The tree of a notebook's cell, as ``compile_file`` compiles a file.

    Args:
      text: the cell.
      path: its made-up file name.
      parse: the notebook's own parser, a function of text and path.
      python_2: whether the notebook is known to be Python 2.

    Returns:
      The tree, and whether the cell shows that it is Python 2.
    """
    return _tree_of(text, path, parse, os.getcwd(), python_2=python_2)


def whole_program(files, known=False):
    """Translates all of a program's files from now on if one of ``files`` is Python 2.

    For sure, that is: it is ``known``, or Python 3 cannot parse the file. Returns
    whether it is so.
    """
    global _all_python_2
    _all_python_2 = known or not all(map(_is_python_3, files))
    return _all_python_2


# Whether the program is known to be Python 2.
_all_python_2 = False


def _is_python_3(path):
    """Whether Python 3 can parse the file, in which names may have become keywords."""
    text = _read(path)
    for form in (lambda: text, lambda: keywords.as_names(text)):
        with contextlib.suppress(SyntaxError):
            ast.parse(form(), path)
            return True
    return False


def _tree(path, in_package):
    """Gives the final syntax tree, and whether the file shows that it is Python 2."""
    text, folder = _read(path), os.path.dirname(path)
    return _tree_of(text, path, ast.parse, folder, in_package, _all_python_2)


def _tree_of(text, path, parse, folder, in_package=False, python_2=False):
    tree, problem = None, None
    try:
        tree = parse(text, path)
    except SyntaxError as error:
        problem = error
        text = keywords.as_names(text)
        with contextlib.suppress(SyntaxError):
            tree = parse(text, path)
    shows = tree is None or _is_python_2(tree, folder, in_package)
    if shows or python_2:
        try:
            tree = translate.translate(text, path, in_package)
        except SyntaxError as error:
            if tree is None:
                raise problem or error from None
    signs = _Signs()
    signs.visit(tree)
    tree = one_element.rewrite(_LostMethods().visit(tree), signs.bound)
    return ast.fix_missing_locations(tree), shows


# File -> when it was changed, and its tree.
_parsed = {}
# What was read from pipes, which are read once.
_piped = {}


def _read(path):
    data = _piped.get(path)
    if data is None:
        with open(path, "rb") as file:
            data = file.read()
        if not os.path.isfile(path):
            _piped[path] = data
    try:
        return importlib.util.decode_source(data)
    except (SyntaxError, UnicodeDecodeError):
        # Python 2 took any bytes; latin-1 keeps them all.
        newlines = io.IncrementalNewlineDecoder(None, translate=True)
        return newlines.decode(data.decode("latin1"))


class _Signs(ast.NodeVisitor):
    """Collects the names that a module uses and binds, and what it imports."""

    def __init__(self):
        self.used, self.bound, self.imported = set(), set(), set()
        # Names of modules, as (module, name).
        self.attributes, self.asked = set(), set()
        # Whether a statement goes on after `print`, as only Python 2's could.
        self.prints = False
        # Functions, and methods, of which a list was expected, as Python 2 gave.
        self.listed = set()

    def visit_Expr(self, node):
        self.prints = self.prints or _is_print_statement(node.value)
        self.generic_visit(node)

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name):
            self.attributes.add((node.value.id, node.attr))
        self.generic_visit(node)

    def visit_Subscript(self, node):
        self._expect_list(node.value)
        self.generic_visit(node)

    def visit_BinOp(self, node):
        if isinstance(node.op, ast.Add):
            for value, other in (
                (node.left, node.right),
                (node.right, node.left),
            ):
                if isinstance(other, ast.List | ast.ListComp | ast.Call):
                    self._expect_list(value, _LAZY | {"range"})
        self.generic_visit(node)

    def visit_Call(self, node):
        if getattr(node.func, "id", "") == "len" and node.args:
            self._expect_list(node.args[0], methods=())
        if getattr(node.func, "attr", "") in ("append", "sort"):
            self._expect_list(node.func.value)
        self.generic_visit(node)

    def _expect_list(self, value, functions=_LAZY, methods=_VIEWS):
        function = getattr(value, "func", None)
        if getattr(function, "attr", "") in methods and not value.args:
            self.listed.add("." + function.attr)
        elif getattr(function, "id", "") in functions:
            self.listed.add(function.id)

    def visit_Name(self, node):
        (self.used if isinstance(node.ctx, ast.Load) else self.bound).add(node.id)

    def visit_arg(self, node):
        self.bound.add(node.arg)
        self.generic_visit(node)

    def _visit_definition(self, node):
        self.bound.add(node.name)
        self.generic_visit(node)

    visit_FunctionDef = visit_ClassDef = _visit_definition

    def visit_Import(self, node):
        for alias in node.names:
            self.imported.add(alias.name)
            self.bound.add(alias.asname or alias.name.partition(".")[0])

    def visit_ImportFrom(self, node):
        self.imported.add("." * node.level + (node.module or ""))
        self.bound |= {alias.asname or alias.name for alias in node.names}
        if node.module in PYTHON_2_ATTRIBUTES:
            self.imported.add(node.module)
            self.attributes |= {(node.module, alias.name) for alias in node.names}
        root = (node.module or "").partition(".")[0]
        if root in _BRIDGES and any(alias.name == "*" for alias in node.names):
            self.bound |= PYTHON_2_BUILTINS

    def visit_Try(self, node):
        """What may fail is no sign; its names may be bound by the handlers."""
        guarded = _Signs()
        for statement in node.body:
            guarded.visit(statement)
        self.bound |= guarded.bound | guarded.used
        # A name that is asked for here may be used elsewhere, too.
        self.asked |= guarded.attributes
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(part)

    def visit_If(self, node):
        names = {getattr(n, "attr", getattr(n, "id", "")) for n in ast.walk(node.test)}
        if not names & _VERSION_TESTS:
            self.generic_visit(node)


def _is_print_statement(expression):
    """Whether it is ``print ("%d") % 1``, ``print >>file, "a"`` and the like.

    Python 3 can parse these, and fails or prints less. Python 2 printed all of it.
    """
    first = expression
    while True:
        if isinstance(first, ast.Tuple) and first.elts:
            first = first.elts[0]
        elif isinstance(first, ast.BinOp | ast.Compare):
            first = first.left
        elif isinstance(first, ast.Call) and isinstance(first.func, ast.Attribute):
            first = first.func.value
        elif isinstance(first, ast.Attribute | ast.Subscript):
            first = first.value
        else:
            break
    name = first.func if isinstance(first, ast.Call) else first
    return first is not expression and getattr(name, "id", "") == "print"


def _is_python_2(tree, folder, in_package):
    """True if a tree that Python 3 can parse relies on Python 2; see the top."""
    signs = _Signs()
    signs.visit(tree)

    def beside(name):
        path = os.path.join(folder, name)
        return os.path.isdir(path) or os.path.exists(path + ".py")

    def only_beside(name):
        known = name in sys.modules or importlib.util.find_spec(name)
        return beside(name) and not known

    lost = {
        (module, name)
        for module in PYTHON_2_ATTRIBUTES.keys() & signs.imported
        for name in PYTHON_2_ATTRIBUTES[module]
    }
    roots = {name.partition(".")[0] for name in signs.imported} - {""}
    return (
        bool(PYTHON_2_BUILTINS & signs.used - signs.bound)
        or (signs.prints and "print_function" not in signs.bound)
        or bool(lost & signs.attributes - signs.asked)
        or not all(map(beside, PYTHON_2_MODULES & signs.imported))
        or (in_package and any(map(only_beside, roots)))
        or _expects_lists(signs)
    )


def _expects_lists(signs):
    """Whether Python 3 would refuse what is done with a view or an iterator.

    A range can be indexed as well. In pandas, tables and rows have keys with places.
    """
    functions = signs.listed - signs.bound - {".keys"}
    if not any(name.partition(".")[0] == "pandas" for name in signs.imported):
        functions |= signs.listed & {".keys"}
    return bool(functions)


class _LostMethods(ast.NodeTransformer):
    """Sends calls of lost methods through ``lost_methods.method``."""

    def visit_Call(self, node):
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Attribute):
            if function.attr == "split" and getattr(function.value, "id", "") == "re":
                name = ast.Name(patterns.SPLIT, ast.Load())
                node.args.insert(0, function.value)
                node.func = ast.copy_location(name, function)
            elif function.attr in lost_methods.METHODS:
                name = ast.Constant(function.attr)
                node.func = ast.copy_location(
                    translate.call(lost_methods.METHOD, function.value, name), function
                )
        elif isinstance(function, ast.Name) and function.id == "open":
            # Mode "U", universal newlines, is the default since Python 3.0 and an
            # error since 3.11.
            for argument in (*node.args[1:2], *(k.value for k in node.keywords)):
                value = getattr(argument, "value", None)
                if isinstance(value, str) and re.fullmatch("[rbt+]*U[rbt+]*", value):
                    argument.value = value.replace("U", "") or "r"
        return node
