"""The names of TensorFlow and NumPy that a script uses, read from its source.

Reads the script and the local modules that it imports; follows names bound by imports
(``import tensorflow as tf``, ``from tensorflow.contrib import rnn``) and by plain
assignment (``RNNCell = tf.nn.rnn_cell.RNNCell``).
"""

import ast
import os

from legacy.era import lost_methods, one_element, python2

ROOTS = ("tensorflow", "numpy")

_DIMENSION_FIRST = {"tensorflow.concat", "tensorflow.split"}

# Handlers of these, or of anything, expect a name to be missing.
_CATCHING = frozenset(
    "AttributeError BaseException Exception ImportError ModuleNotFoundError".split()
)

# What `era` reads the names of methods and functions by.
_READ_BY = {lost_methods.METHOD, one_element.FUNCTION, python2.METHOD}

_ANY_ORDER = {"tensorflow.nn.weighted_cross_entropy_with_logits"}


class Uses(ast.NodeVisitor):
    """Collects (dotted name, line) of one file, and the modules that it imports."""

    def __init__(self):
        self.bound = {}
        # Names that the script itself puts into TensorFlow's modules.
        self.given = set()
        self.uses = []
        # Calls in a form that only releases up to 0.12 took.
        self.old_forms = []
        self.imports = []
        # Uses under a ``try`` that expects them to fail, as (dotted name, line), and
        # names that the script looks for with ``hasattr``.
        self.caught = set()
        self.asked_for = set()

    def guarded(self, name, line):
        """Whether the script is prepared for ``name`` not to be there."""
        asked = tuple(each + "." for each in self.asked_for)
        return (name, line) in self.caught or (name + ".").startswith(asked)

    def visit_Try(self, node):
        before = len(self.uses)
        for statement in node.body:
            self.visit(statement)
        if any(map(catches, node.handlers)):
            self.caught.update(self.uses[before:])
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(part)

    def _visit_function(self, node):
        """Hides, in the function, names of the module that its parameters have."""
        arguments = node.args
        outside = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
        for part in (*outside, *getattr(node, "decorator_list", ())):
            self.visit(part)
        parameters = {each.arg for each in ast.walk(arguments) if type(each) is ast.arg}
        hidden = {name: self.bound.pop(name) for name in parameters & self.bound.keys()}
        body = node.body if isinstance(node.body, list) else [node.body]
        for part in body:
            self.visit(part)
        self.bound.update(hidden)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function

    def visit_Import(self, node):
        for alias in node.names:
            head = alias.name.partition(".")[0]
            if head not in ROOTS:
                self.imports.append((0, alias.name))
                continue
            self.uses.append((alias.name, node.lineno))
            if alias.asname:
                self.bound[alias.asname] = alias.name
            else:
                self.bound[head] = head

    def visit_ImportFrom(self, node):
        module = node.module or ""
        if node.level or module.partition(".")[0] not in ROOTS:
            self.imports.append((node.level, module))
            self.imports += [
                (node.level, f"{module}.{alias.name}".strip("."))
                for alias in node.names
            ]
            return
        for alias in node.names:
            name = module if alias.name == "*" else f"{module}.{alias.name}"
            self.uses.append((name, node.lineno))
            if alias.name != "*":
                self.bound[alias.asname or alias.name] = name

    def visit_Assign(self, node):
        self.generic_visit(node)
        name = self.dotted(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                if name:
                    self.bound[target.id] = name
                else:
                    self.bound.pop(target.id, None)

    def visit_Attribute(self, node):
        name = self.dotted(node)
        if name is None:
            self.generic_visit(node)
        elif isinstance(node.ctx, ast.Store):
            self.given.add(name)
        else:
            self.uses.append((name, node.lineno))

    def visit_Call(self, node):
        translated = self.dotted(node)
        if translated:
            self.uses.append((translated, node.lineno))
            return
        self.generic_visit(node)
        name = self.dotted(node.func) or ""
        first = node.args[0] if node.args else None
        if getattr(node.func, "id", "") == "hasattr" and len(node.args) == 2:
            owner, wanted = self.dotted(first), getattr(node.args[1], "value", None)
            if owner and isinstance(wanted, str):
                self.asked_for.add(f"{owner}.{wanted}")
        number = isinstance(first, ast.Constant) and type(first.value) is int
        if (name in _DIMENSION_FIRST and number) or (
            name.endswith("_cross_entropy_with_logits")
            and name not in _ANY_ORDER
            and node.args
        ):
            self.old_forms.append((name, node.lineno))

    def dotted(self, node):
        """The full name of ``node``, if it is a chain of names from an import."""
        if isinstance(node, ast.Name):
            return self.bound.get(node.id)
        if isinstance(node, ast.Attribute):
            start = self.dotted(node.value)
            return f"{start}.{node.attr}" if start else None
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _READ_BY:
            # `era.source` has translated the method of this name.
            start = self.dotted(node.args[0])
            return f"{start}.{node.args[1].value}" if start else None
        return None


def catches(handler):
    """Whether an ``except`` clause takes the error of a missing name."""
    if handler.type is None:
        return True
    kinds = getattr(handler.type, "elts", [handler.type])
    return any(getattr(kind, "id", "") in _CATCHING for kind in kinds)


def _local(folder, level, name):
    """The file of an imported local module, or None."""
    for _ in range(level - 1):
        folder = os.path.dirname(folder)
    base = os.path.join(folder, *name.split(".")) if name else folder
    for path in (base + ".py", os.path.join(base, "__init__.py")):
        if os.path.isfile(path):
            return path
    return None


def _not_source(path, error):
    """``error`` as a SyntaxError that names the file."""
    if getattr(error, "filename", None) and isinstance(error, SyntaxError):
        return error
    # Not text at all (Python 3.10 raises ValueError), not readable, or nested too deep.
    reason = getattr(error, "strerror", None) or str(error)
    return SyntaxError(f"not a Python file: {reason}", (path, None, None, None))


def _files(script, skip_broken=False):
    """Yields (file, tree, its :class:`Uses`) of ``script`` and its local modules."""
    from legacy.era import source

    root = os.path.dirname(os.path.abspath(script))
    pending, seen = [os.path.abspath(script)], set()
    while pending:
        path = pending.pop(0)
        if path in seen:
            continue
        seen.add(path)
        uses = Uses()
        try:
            tree = source.parse(path)
            uses.visit(tree)
        except (SyntaxError, ValueError, OSError, RecursionError) as error:
            if skip_broken:
                continue
            raise _not_source(path, error) from None
        yield path, tree, uses
        for level, name in uses.imports:
            folders = [os.path.dirname(path)] if level else [root]
            # Python 2 looked beside the importing file first.
            folders += [] if level else [os.path.dirname(path)]
            for folder in folders:
                local = _local(folder, level, name)
                if local:
                    pending.append(local)
                    break


def trees(script):
    """Yields (file, tree) of ``script`` and its local modules, the script first.

    A file that is no Python is left out: it may stand beside a script that never
    imports it.
    """
    for path, tree, _ in _files(script, skip_broken=True):
        yield path, tree


def collect(script):
    """Names used by ``script`` and its local modules.

    Returns:
      A list of ``(file, line, dotted name, whether guarded)``, in the order of files
      and lines.

    Raises:
      SyntaxError: a file is neither Python 3 nor Python 2.
    """
    found = []
    for path, _, uses in _files(script):
        given = tuple(name + "." for name in uses.given)
        found += sorted(
            (path, line, name, uses.guarded(name, line))
            for name, line in set(uses.uses)
            if not (name + ".").startswith(given)
        )
    return found
