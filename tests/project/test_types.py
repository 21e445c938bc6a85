"""Types of what people call: there, and checked."""

import dataclasses
import importlib
import inspect
import os
import subprocess
import sys

import pytest

import bnlstm_compat
import migrate
from helpers.places import ROOT

PUBLIC = [(p, name) for p in (bnlstm_compat, migrate) for name in p.__all__]
OTHERS = [
    ("bnlstm_compat.reference", "run"),
    ("bnlstm_compat.spec", "Weight"),
    ("bnlstm_compat.statistics.findings", "Diagnosis"),
    ("bnlstm_compat.statistics.findings", "Finding"),
    ("migrate.verbs.convert", "Converted"),
    ("migrate.verbs.diagnose", "Diagnoses"),
    ("migrate.verbs.inspect", "Inspection"),
    ("migrate.verbs.revert", "Reverted"),
]


def untyped(function):
    """The parameters of a function that have no type, and "return"."""
    signature = inspect.signature(function)
    found = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.annotation is parameter.empty and name not in ("self", "cls")
    ]
    if signature.return_annotation is signature.empty:
        found.append("return")
    return found


def functions(one):
    """A function, or the public methods that a class has written itself, by name."""
    if not inspect.isclass(one):
        return {"": one}
    found = {}
    for name, member in vars(one).items():
        if name.startswith("_") and name != "__init__":
            continue
        if name == "__init__" and dataclasses.is_dataclass(one):
            continue  # made of the fields, which have types or are none
        member = getattr(member, "__func__", member)
        if isinstance(member, property):
            member = member.fget
        if inspect.isfunction(member) and member.__module__ == one.__module__:
            found[name] = member
    return found


def named(one):
    return getattr(one, "__name__", one)


@pytest.mark.parametrize(("package", "name"), [*PUBLIC, *OTHERS], ids=named)
def test_public_functions_have_types(package, name):
    module = importlib.import_module(package) if isinstance(package, str) else package
    one = inspect.unwrap(getattr(module, name))
    found = {n: untyped(function) for n, function in functions(one).items()}
    assert not {n: missing for n, missing in found.items() if missing}


def test_a_missing_type_is_seen():
    def some(a, b: int, *, c=None):
        pass

    class One:
        def method(self, a: int):
            pass

    assert untyped(some) == ["a", "c", "return"]
    assert untyped(functions(One)["method"]) == ["return"]


@pytest.mark.parametrize("package", ["bnlstm_compat", "migrate"])
def test_the_types_are_installed(package):
    import configparser

    assert (ROOT / package / "py.typed").is_file()
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    assert "py.typed" in settings["options.package_data"][package]


def test_mypy():
    """Configured in setup.cfg; nothing is written into the checkout."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", f"--cache-dir={os.devnull}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
