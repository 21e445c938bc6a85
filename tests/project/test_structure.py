"""Arrows between the packages, start-up cost of imports, and lint."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.fresh import fresh

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("bnlstm_compat", "legacy", "migrate")
# What a module of each package may import of the project, and of the heavy libraries.
ALLOWED = {
    "bnlstm_compat": {"bnlstm_compat"},
    "legacy": {"legacy"},
    "migrate": {"bnlstm_compat", "legacy", "migrate"},
}
# The rooms of a package, low to high; a file imports none above its own. A room is a
# folder or a file, or one file of a folder.
ROOMS = {
    "bnlstm_compat": (
        ("spec", "memory", "keras_private"),
        ("weights", "arguments", "exports"),
        ("reference", "backend"),
        ("compute",),
        ("cell", "reverse"),
        ("layer",),
        ("statistics",),
        ("__init__",),
    ),
    "legacy": (
        ("release", "terminal", "imports.ownership"),
        ("cell", "era", "old_graphs", "ops", "private", "recalibration"),
        ("contrib", "estimator", "names"),
        ("imports",),
        ("script",),
        ("runner",),
        ("__init__", "__main__"),
    ),
    "migrate": (
        ("errors", "bits", "start"),
        ("sources",),
        ("cells",),
        ("graph",),
        ("models",),
        ("output",),
        ("proof",),
        ("verbs",),
        ("demo",),
        ("cli",),
        ("__init__", "__main__", "registration"),
    ),
}
LEVEL = {
    package: {room: level for level, rooms in enumerate(all_) for room in rooms}
    for package, all_ in ROOMS.items()
}
MOST_LINES = {"bnlstm_compat": 450, "legacy": 450, "migrate": 350}
LIGHT = {
    "bnlstm_compat/spec.py": set(),
    "bnlstm_compat/weights.py": {"numpy"},
    "bnlstm_compat/reference.py": {"numpy"},
    "bnlstm_compat/compute/schedule.py": {"keras", "numpy"},
    "bnlstm_compat/compute/step.py": {"keras"},
    "legacy/cell.py": {"numpy", "tensorflow"},
    "migrate/cli/main.py": set(),
    "migrate/models/rules.py": set(),
    "migrate/cells/inventory.py": set(),
}
HEAVY = {"h5py", "keras", "numpy", "rich", "safetensors", "tensorflow", "tf_keras"}


def _imports(path, top_level_only=False):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_data_flows_one_way(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        if path.parts[-3:-1] == (
            "demo",
            "checkpoint",
        ):  # a script of its own, for TF 1.15.5
            continue
        wrong = _imports(path) & set(PACKAGES) - ALLOWED[package]
        assert not wrong, f"{path} imports {wrong}"


def _imported(path):
    """Dotted names of all that a file imports, inside functions, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room(package, name):
    """The room of ``package`` that a dotted name below it lies in."""
    first, second = (*name.split("."), "")[:2]
    both = f"{first}.{second}"
    return both if both in LEVEL[package] else first


def _rooms(package, path):
    """The rooms of ``package`` that a file imports from."""
    start, names = package + ".", set(_imported(path))
    # Of ``a.b`` and ``a.b.c``, which one import can give, only the second.
    deepest = {
        name for name in names if not any(each.startswith(name + ".") for each in names)
    }
    return {
        _room(package, name.removeprefix(start))
        for name in deepest
        if name.startswith(start)
    }


def _files(package):
    """All modules of a package, with their rooms; not the demonstration's scripts."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT / package).with_suffix("").parts
        if parts[:2] not in (("demo", "checkpoint"), ("demo", "script")):
            yield path, _room(package, ".".join(parts))


@pytest.mark.parametrize("package", ROOMS)
def test_the_rooms_are_in_order(package):
    files, level = list(_files(package)), LEVEL[package]
    assert {room for _, room in files} == set(level)
    for path, room in files:
        above = {each for each in _rooms(package, path) if level[each] > level[room]}
        assert not above, f"{path} imports from {above}"


def test_known_cells_do_not_know_each_other():
    """So that one can be added, or taken away, alone."""
    for path in sorted((ROOT / "migrate/cells/known").glob("[!_]*.py")):
        others = {n for n in _imported(path) if n.startswith("migrate.cells.known")}
        assert not others, path


def test_computation_knows_no_layers():
    """Of Keras, ``compute`` has operations, and activations to recognise them."""
    for path in sorted((ROOT / "bnlstm_compat/compute").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "keras":
                assert [alias.name for alias in node.names] == ["ops"], path
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert node.value.id != "keras" or node.attr == "activations", path


def test_an_arrow_up_is_seen(tmp_path):
    (tmp_path / "a.py").write_text("def f():\n    from migrate.cli import show\n")
    (tmp_path / "b.py").write_text(
        "from migrate import proof\nimport migrate.verbs.diff"
    )
    (tmp_path / "c.py").write_text(
        "from legacy.imports import ownership\nfrom legacy import release"
    )
    assert _rooms("migrate", tmp_path / "a.py") == {"cli"}
    assert _rooms("migrate", tmp_path / "b.py") == {"proof", "verbs"}
    assert _rooms("legacy", tmp_path / "c.py") == {"imports.ownership", "release"}
    assert _rooms("bnlstm_compat", tmp_path / "b.py") == set()


def test_no_import_goes_in_a_circle():
    """Between modules; a package's ``__init__`` hands on the names of its modules."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name != "__init__.py"
    }
    graph = {
        name: {other for other in _imported(path) if other in modules}
        for name, path in modules.items()
    }
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert set(order) == set(modules)
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


@pytest.mark.parametrize("package", MOST_LINES)
def test_no_file_is_long(package):
    for path in sorted((ROOT / package).rglob("*.py")):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= MOST_LINES[package], f"{path} has {lines} lines"


@pytest.mark.parametrize("file", LIGHT)
def test_light_modules_import_little_themselves(file):
    """What each file asks for; importing the package bnlstm_compat registers the
    layers with Keras, and so brings TensorFlow."""

    assert _imports(ROOT / file, top_level_only=True) & HEAVY == LIGHT[file]


def test_only_the_command_line_prints_or_exits():
    for path in sorted((ROOT / "migrate").rglob("*.py")):
        inside = path.relative_to(ROOT / "migrate").parts
        if (
            inside[0] in ("cli", "__main__.py")
            or "script" in inside
            or "checkpoint" in inside
        ):
            continue
        names = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not names & {"print", "exit"}, path


def test_help_imports_no_tensorflow():
    code = (
        "import sys; from migrate.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}))"
    )
    assert fresh(code).splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]])
def test_ruff(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--no-cache", "."],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
