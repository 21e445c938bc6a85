"""Names inside TensorFlow and Keras 2: those that ``legacy`` uses exist, and why."""

import ast
import contextlib
import json
import subprocess
import sys

import pytest

from helpers.legacy_process import environment
from helpers.places import ROOT

LEGACY = ROOT / "legacy"
INSIDE = ("tensorflow.python", "tf_keras.src")
# Look-ups in a process of their own: the tables change modules of TensorFlow.
LOOK_UP = """
import json, sys
from legacy import contrib, private
from legacy.imports import registry

def lost(uses):
    found = {}
    for target, use in uses.items():
        try:
            registry.load(target)
        except (AttributeError, ImportError) as error:
            found[target] = f"{use} ({error})"
    return found

contrib.setup()
homes = {path: contrib.names_of(home) for path, home in registry.mounts().items()}
served = {
    target: f"given to scripts as {path}.{name}"
    for tables in (homes, registry.tables())
    for path, names in tables.items()
    for name, target in names.items()
    if isinstance(target, str)
    # Other modules are such as scripts see them.
    and (":" in target or target.startswith("tensorflow.python."))
}
uses = {"used": private.USES, "served": served, **json.load(sys.stdin)}
print(json.dumps({kind: [len(each), lost(each)] for kind, each in uses.items()}))
"""


def trees():
    for path in sorted(LEGACY.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def replaced():
    """Target -> what it is for, of the functions that ``legacy.ops`` replaces."""
    found = {}
    for path, tree in trees():
        if path.parts[len(LEGACY.parts)] != "ops":
            continue
        constants = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and path.name != "replace.py":
                code = compile(ast.Module([node], []), str(path), "exec")
                # Unless it is made of something that is imported.
                with contextlib.suppress(NameError):
                    exec(code, {}, constants)
        for node in ast.walk(tree):
            for each in getattr(node, "decorator_list", ()):
                name = getattr(getattr(each, "func", None), "id", None)
                if name in ("around", "stands_for"):
                    for argument in each.args:
                        code = compile(ast.Expression(argument), str(path), "eval")
                        found[eval(code, constants)] = f"replaced by {node.name}"
    return found


@pytest.fixture(scope="module")
def looked_up():
    uses = {
        "replaced": replaced(),
        "made up": {"tensorflow.python.ops.math_ops:no_such_name": "a test"},
    }
    done = subprocess.run(
        [sys.executable, "-c", LOOK_UP],
        input=json.dumps(uses),
        capture_output=True,
        text=True,
        env=environment(TF_USE_LEGACY_KERAS="1"),
        cwd=LEGACY.parent,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("kind", "least"), [("used", 70), ("served", 900), ("replaced", 25)]
)
def test_this_tensorflow_has_every_name(looked_up, kind, least):
    count, lost = looked_up[kind]
    assert count >= least
    assert not lost


def test_a_lost_name_says_what_it_is_for(looked_up):
    _, lost = looked_up["made up"]
    (message,) = lost.values()
    assert message.startswith("a test (")
    assert "no_such_name" in message


def used(tree):
    """The names inside TensorFlow that a file imports: ``"module:name"``."""
    homes = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith(INSIDE)
        for alias in node.names
    }
    attributes = {
        (node.value.id, node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    for alias, (module, name) in homes.items():
        names = {attribute for owner, attribute in attributes if owner == alias}
        # A function or a class, or a module of which something is used.
        yield from [f"{module}.{name}:{each}" for each in names] or [f"{module}:{name}"]


def test_every_name_that_is_imported_is_listed():
    from legacy.private import USES

    listed, imported = set(USES), set()
    for path, tree in trees():
        found = set(used(tree))
        assert found <= {
            # Of a method, the class is imported; of a patched module, the module.
            part
            for name in listed
            for part in (name, name.rpartition(".")[0], _module(name))
        }, path
        imported |= found
    # Nothing is listed that nobody uses any more. What is an attribute of an object,
    # such as a graph's operation, is not seen in an import.
    modules = {name.partition(":")[0] for name in imported}
    modules |= {name.replace(":", ".") for name in imported}
    for name in listed - imported:
        module, _, attribute = name.partition(":")
        assert "._" in attribute or module in modules, name


def _module(name):
    """``a.b:c`` as the import of the module b from a: ``a:b``."""
    module = name.partition(":")[0]
    return ":".join(module.rpartition(".")[::2])


def test_what_is_imported_is_seen():
    tree = ast.parse(
        "from tensorflow.python.ops import rnn\n"
        "from tensorflow.python.ops.rnn import f as g\n"
        "import tensorflow.compat.v1 as tf\n"
        "tf.abs(rnn.h(1))\n"
    )
    assert set(used(tree)) == {
        "tensorflow.python.ops.rnn:h",
        "tensorflow.python.ops.rnn:f",
    }
