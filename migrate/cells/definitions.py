"""Reading a definition of a layout of one's own (``custom``), and what is wrong in it.

docs/reference/layouts.md shows the TOML file that holds one.
"""

import difflib
import math
import os
import sys
from collections import Counter
from collections.abc import Mapping

from bnlstm_compat import spec
from migrate.cells import custom
from migrate.cells.at_steps import STEP, at_each_step, count, spelt_out, step_of
from migrate.cells.normalised import OFFSETS, WEIGHTS
from migrate.cells.search import PAGE
from migrate.errors import MigrateError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_KINDS = {
    "name": (str, "a text"),
    "family": (str, "a text"),
    "gates": (str, "a text, a letter for each gate"),
    "per_step": (bool, "true or false"),
    "reset_after": (bool, "true or false"),
    "variables": (Mapping, "a table"),
    "settings": (Mapping, "a table"),
    "ignore": (list, "a list of texts"),
}
_LSTM_ROLES = ("kernel", "recurrent_kernel", "bias", "recurrent_bias")


def read(given) -> tuple[str, dict]:
    """What to call a definition in a message, and its data, unchecked.

    Args:
      given: the path of a TOML file, or the data itself.

    Raises:
      MigrateError: the file cannot be read, or is not TOML.
    """
    if isinstance(given, Mapping):
        return "the layout given", {"name": "own", **given}
    path = os.fspath(given)
    try:
        with open(path, "rb") as stream:
            data = tomllib.load(stream)
    except OSError as error:
        raise MigrateError(
            f"cannot read the layout file {path}: {error.strerror}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MigrateError(f"{path} is not TOML: {error}; see {PAGE}") from error
    return path, {"name": os.path.basename(path).removesuffix(".toml"), **data}


def problems(data: Mapping) -> list[str]:
    """What is wrong in a definition: a sentence each, with the key first."""
    found = [
        f"{key}: unknown key{_near(key, _KINDS)}" for key in data if key not in _KINDS
    ]
    wrong_kinds = [
        f"{key}: expected {words}. Received: {data[key]!r}"
        for key, (kind, words) in _KINDS.items()
        if key in data and not isinstance(data[key], kind)
    ]
    found += wrong_kinds
    family = data.get("family")
    if family not in custom.FAMILIES:
        received = "" if family is None else f". Received: {family!r}"
        found.append(f"family: expected {', '.join(custom.FAMILIES)}{received}")
    if "variables" not in data:
        found.append("variables: missing; it says which variable is what")
    if wrong_kinds or family not in custom.FAMILIES or "variables" not in data:
        return found
    found += _names(data["variables"], family)
    if all(isinstance(role, str) for role in data["variables"].values()):
        found += _roles(data, family)
    found += _settings(data.get("settings", {}), family)
    found += [
        f"ignore: expected texts. Received: {pattern!r}"
        for pattern in data.get("ignore", [])
        if not isinstance(pattern, str)
    ]
    return found


def absent(data: Mapping, suffixes) -> list[str]:
    """The names of a definition that a scope does not have: a sentence each.

    ``suffixes``: the ends of the names that there are.
    """
    found = []
    for name in data["variables"]:
        if not at_each_step(name):
            if name not in suffixes:
                found.append(f"variables.{name}: there is no such variable")
                found[-1] += _near(name, suffixes)
            continue
        steps = count(suffixes, name)
        gaps = [own for own in spelt_out(name, steps) if own not in suffixes]
        if not steps:
            found.append(f"variables.{name}: there is no variable of any step")
            found[-1] += _near(name, suffixes)
        elif gaps:
            last = max(step_of(own, [name]) or 0 for own in suffixes)
            found.append(f"variables.{name}: no {gaps[0]}, of steps 0 to {last}")
    return found


def _near(name, known):
    close = difflib.get_close_matches(str(name), list(known), 1, 0.5)
    return f" (did you mean {close[0]}?)" if close else ""


def _names(variables, family):
    found = []
    for name, role in variables.items():
        key = f"variables.{name}"
        if not isinstance(role, str):
            found.append(f"{key}: expected the name of a role. Received: {role!r}")
        if not name or name != name.strip("/") or name.count(STEP) > 1:
            found.append(f"{key}: expected a name inside of the cell's scope")
        elif at_each_step(name) and (
            family != custom.NORMALISED or role in ("kernel", "recurrent_kernel")
        ):
            found.append(f"{key}: {STEP} is for batch normalisation, and for a bias")
    return found


def _roles(data, family):
    """Of the roles: unknown, missing, or there twice; and what goes with them."""
    given = Counter(data["variables"].values())
    required, known, letters = _expected(given, family)
    found = [
        f"variables.{name}: unknown role {role!r}{_near(role, known)}"
        for name, role in data["variables"].items()
        if role not in known
    ]
    for role, times in given.items():
        names = [n for n, r in data["variables"].items() if r == role]
        if times > 1:
            found.append(f"variables: the role {role} is given to {', '.join(names)}")
    missing = [role for role in required if role not in given]
    if missing:
        found.append(f"variables: no variable has the role {', '.join(missing)}")
    gates = data.get("gates")
    if gates is None:
        found.append(f"gates: missing; expected the letters {letters} in their order")
    elif sorted(gates) != sorted(letters):
        found.append(
            f"gates: expected each of the letters {', '.join(letters)} once. "
            f"Received: {gates!r}"
        )
    return found + _options(data, family, given)


def _expected(given, family):
    """Required roles, all roles, and the letters of the gates."""
    if family == custom.NORMALISED:
        required = ("kernel", "recurrent_kernel", *spec.STATISTICS)
        return required, (*WEIGHTS, *OFFSETS), "fioj"
    if family == custom.PLAIN_LSTM:
        return ("kernel",), _LSTM_ROLES, "fioj"
    everything = {r for kind in custom.GRU_KINDS for r in (*kind[0], *kind[1])}
    # The kind of which most roles are there.
    required, optional, letters = max(
        custom.GRU_KINDS,
        key=lambda kind: sum(role in given for role in (*kind[0], *kind[1])),
    )
    known = (*required, *optional)
    return required, known if set(given) & set(known) else everything, letters


def _options(data, family, given):
    found = []
    if "per_step" in data and family != custom.NORMALISED:
        found.append(f"per_step: is for {custom.NORMALISED} only")
    if data.get("reset_after") and "recurrent_kernel" not in given:
        found.append("reset_after: needs the roles kernel and recurrent_kernel")
    unrolled = [n for n in data["variables"] if at_each_step(n)]
    if unrolled and data.get("per_step", True) is False:
        found.append(f"per_step: false contradicts variables.{unrolled[0]}")
    statistics = [n for n, r in data["variables"].items() if r in spec.STATISTICS]
    at_steps = [at_each_step(name) for name in statistics]
    if any(at_steps) and not all(at_steps):
        found.append(f"variables: expected {STEP} in all statistics, or in none")
    return found


def _settings(settings, family):
    known = custom.DEFAULTS[family]
    found = []
    for name, value in settings.items():
        key = f"settings.{name}"
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if name not in known:
            found.append(f"{key}: unknown setting{_near(name, known)}")
        elif isinstance(known[name], str):
            if not isinstance(value, str):
                found.append(f"{key}: expected a name. Received: {value!r}")
        elif not number or not math.isfinite(value):
            found.append(f"{key}: expected a number. Received: {value!r}")
        elif name in ("epsilon", "decay") and value < 0:
            found.append(f"{key}: expected a number from 0. Received: {value!r}")
        elif name == "decay" and value >= 1:
            found.append(f"{key}: expected a number below 1. Received: {value!r}")
    return found
