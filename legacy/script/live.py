"""The code of a script that can run: its files without dead code.

Dead code is found by its text: branches of a constant test (``if False``, ``if DEBUG``
with ``DEBUG = False`` at the top, ``if __name__ == "__main__"`` in an imported file),
what follows a ``return``, and functions, methods and classes whose name live code never
mentions. Branches of a test for TensorFlow's version, or for a name in it, are left out
as well.
"""

import ast

from legacy.script import uses

_ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_ASKING = {"__version__", "VERSION", "hasattr", "LooseVersion", "StrictVersion"}
# Called by name from outside the script.
_ENTRIES = {"main"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_UNKNOWN = object()


class _Prune(ast.NodeTransformer):
    """Cuts the branches that cannot run, or that ask first."""

    def __init__(self, constants):
        self._constants = constants

    def _truth(self, test):
        """The value of a test if its text tells, else ``_UNKNOWN``."""
        if isinstance(test, ast.Constant):
            return test.value
        if isinstance(test, ast.Name):
            return self._constants.get(test.id, _UNKNOWN)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            value = self._truth(test.operand)
            return value if value is _UNKNOWN else not value
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            sides = [self._truth(each) for each in (test.left, *test.comparators)]
            if isinstance(test.ops[0], ast.Eq) and _UNKNOWN not in sides:
                return sides[0] == sides[1]
        if isinstance(test, ast.BoolOp):
            decisive = isinstance(test.op, ast.Or)
            values = [self._truth(each) for each in test.values]
            known = [bool(value) for value in values if value is not _UNKNOWN]
            if decisive in known:
                return decisive
            if len(known) == len(values):
                return not decisive
        return _UNKNOWN

    def _block(self, statements):
        """The statements that run, up to the first that leaves the block."""
        kept = []
        for statement in statements:
            found = self.visit(statement)
            kept += found if isinstance(found, list) else [found] if found else []
            if isinstance(statement, _ENDS):
                break
        return kept

    def generic_visit(self, node):
        for name, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                setattr(node, name, self._block(value))
            elif isinstance(value, list):
                value[:] = [
                    self.visit(each) if isinstance(each, ast.AST) else each
                    for each in value
                ]
            elif isinstance(value, ast.AST):
                setattr(node, name, self.visit(value))
        return node

    def visit_If(self, node):
        if _asks(node.test):
            return []
        value = self._truth(node.test)
        if value is _UNKNOWN:
            return self.generic_visit(node)
        return self._block(node.body if value else node.orelse)

    def visit_IfExp(self, node):
        if _asks(node.test):
            return ast.copy_location(ast.Constant(None), node)
        value = self._truth(node.test)
        if value is _UNKNOWN:
            return self.generic_visit(node)
        return self.visit(node.body if value else node.orelse)

    def visit_While(self, node):
        value = self._truth(node.test)
        if value is not _UNKNOWN and not value:
            return self._block(node.orelse)
        return self.generic_visit(node)


def _asks(test):
    """Whether a test asks which TensorFlow this is."""
    return bool(_ASKING & set(_mentioned(test)))


def _mentioned(node):
    """Every identifier, attribute and word that ``node`` mentions, as strings."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr
        elif isinstance(each, ast.alias):
            yield each.name
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def _constants(tree, is_main):
    """Names that the top of a file gives one constant, and nobody anything else."""
    given, values = {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            given[node.id] = given.get(node.id, 0) + 1
        elif isinstance(node, ast.arg):
            given[node.arg] = 2
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if given.get(getattr(target, "id", None)) == 1:
                    values[target.id] = node.value.value
    return {**values, "__name__": "__main__" if is_main else "(imported)"}


def _split(node):
    """(the parts of ``node`` that run with it, definitions directly within it)."""
    running, definitions, pending = [], [], [node]
    while pending:
        for child in ast.iter_child_nodes(pending.pop()):
            if isinstance(child, _DEFINITIONS):
                definitions.append(child)
                # What runs where it is defined: decorators, bases, defaults.
                outside = [*child.decorator_list, *getattr(child, "bases", ())]
                if hasattr(child, "args"):
                    outside += [*child.args.defaults, *child.args.kw_defaults]
                running += filter(None, outside)
            else:
                running.append(child)
                pending.append(child)
    return running, definitions


class _Living:
    """Finds the definitions that live code mentions, over all files of a script."""

    def __init__(self):
        self.mentioned = set(_ENTRIES)
        self._waiting, self._alive, self._own_classes = [], set(), set()

    def __call__(self, node):
        """Whether a definition is live (anything else, a lambda, always is)."""
        return not isinstance(node, _DEFINITIONS) or id(node) in self._alive

    def add(self, node, always=False):
        """Counts what runs in ``node`` as live; its definitions wait for a mention.

        ``always``: its definitions need no mention, because TensorFlow calls them.
        """
        running, definitions = _split(node)
        for each in running:
            self.mentioned.update(_words(each))
        for each in definitions:
            if isinstance(each, ast.ClassDef):
                self._own_classes.add(each.name)
            self._waiting.append((each, always))

    def settle(self):
        """Makes live what live code mentions, until nothing more is mentioned."""
        changed = True
        while changed:
            changed = False
            waiting, self._waiting = self._waiting, []
            for node, always in waiting:
                if not (always or self._wanted(node)):
                    self._waiting.append((node, always))
                    continue
                changed = True
                self._alive.add(id(node))
                self.add(node, always=self._extends_others(node))

    def _wanted(self, node):
        dunder = node.name.startswith("__") and node.name.endswith("__")
        decorators = [set(_mentioned(each)) for each in node.decorator_list]
        plain = {"staticmethod", "classmethod", "property", "setter"}
        registered = any(not words & plain for words in decorators)
        test = any("TestCase" in _mentioned(base) for base in _bases(node))
        return dunder or registered or test or node.name in self.mentioned

    def _extends_others(self, node):
        """Whether a class extends one that is not the script's: it calls methods."""
        bases = {
            getattr(each, "attr", getattr(each, "id", "")) for each in _bases(node)
        }
        return bool(bases - self._own_classes - {"object", ""})


def _bases(node):
    return getattr(node, "bases", ())


def _words(node):
    """What this one node mentions, without its children."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.alias):
        return [node.name]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return []


def files(script):
    """The files of ``script``: (path, its tree without dead branches, living).

    ``living(node)`` tells whether a definition of the tree can run.
    """
    living, found = _Living(), []
    for number, (path, tree) in enumerate(uses.trees(script)):
        pruned = _Prune(_constants(tree, is_main=number == 0)).visit(tree)
        living.add(pruned)
        found.append((path, pruned, living))
    living.settle()
    return found
