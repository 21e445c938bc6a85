"""``python -m legacy --check``: what a script uses, without running it.

Reports each dotted name that reaches TensorFlow or NumPy:

native    today's tensorflow.compat.v1 (or NumPy) has it as it is
emulated  a table of this package gives or adapts it
missing   nobody has it
guarded   nobody has it, but the script asks first (``hasattr``), or catches the error
by value  it is there, and under NumPy 2 gives something else for some values
"""

import json
import os

from legacy.script.uses import collect, trees


def classify(name):
    """``(status, name)``: the status of a dotted name, and the part that decides it.

    Attributes of classes and functions are not judged; the name ends with the class.
    """
    from legacy.imports import modules, registry

    path, *rest = name.split(".")
    value = modules.module(path)
    status = "native"
    for position, part in enumerate(rest):
        if not isinstance(value, type(os)):
            return status, modules.shown(path, ".".join(rest[:position]))
        here = value.__name__
        try:
            value = getattr(value, part)
        except (AttributeError, ImportError):
            try:
                value = modules.module(f"{here}.{part}")
            except LookupError:
                shown = ".".join(rest[: position + 1])
                return "missing", modules.shown(path, shown)
        if registry.emulated(here, part):
            status = "emulated"
    return status, modules.shown(name)


def report(script):
    """All uses in ``script``: dicts of file, line, name, status and any advice."""
    from legacy.imports import errors, setup

    setup.install()
    judged = {}
    rows = []
    for file, line, name, guarded in collect(script):
        if name not in judged:
            judged[name] = classify(name)
        status, shown = judged[name]
        if guarded and status == "missing":
            status = "guarded"
        row = {"file": file, "line": line, "name": shown, "status": status}
        if status == "missing":
            row["advice"] = errors.describe(shown)
        if row not in rows:
            rows.append(row)
    return rows + _by_value(script)


def _by_value(script):
    """Rows of what later NumPy does otherwise, as far as the source shows it."""
    from legacy.era import numpy_changes, numpy_forms

    return [
        {"file": file, "line": line, "name": form, "status": status}
        for file, tree in trees(script)
        for line, status, form, _ in numpy_forms.forms(tree)
        if numpy_changes.TWO or status != numpy_forms.KEPT
    ]


def main(script, as_json=False):
    """Prints the report; returns 1 if a name is missing, else 0."""
    rows = report(script)
    missing = [row for row in rows if row["status"] == "missing"]
    if as_json:
        print(json.dumps(rows, indent=1))
        return 1 if missing else 0
    for row in rows:
        where = f"{os.path.relpath(row['file'])}:{row['line']}"
        print(f"{row['status']:9}{where:32} {row.get('advice', row['name'])}")
    counts = {
        status: len({row["name"] for row in rows if row["status"] == status})
        for status in ("native", "emulated", "missing")
    }
    for status in ("guarded", "by value"):
        names = {row["name"] for row in rows if row["status"] == status}
        if names:
            counts[status] = len(names)
    print(", ".join(f"{count} {status}" for status, count in counts.items()))
    print("Judged: names, and forms of calls. Not judged: values and methods.")
    return 1 if missing else 0
