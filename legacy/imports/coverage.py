"""How many of each old release's public names user code gets.

The lists of names are in ``api/``. There are figures for all names outside
``tf.contrib``, for each contrib family below, and for the other families together.

The list of 0.12.1 also holds what its modules had imported, because that release did
not hide it. So a name of 0.12.1 counts only if it lies directly in a module that the
release documented (``PUBLIC_0121``, or a contrib family).
"""

import json

from legacy.imports import history, modules, setup

FAMILIES = (
    "rnn",
    "layers",
    "legacy_seq2seq",
    "seq2seq",
    "crf",
    "framework",
    "lookup",
    "training",
)
PUBLIC_0121 = (
    "tf",
    "tf.nn",
    "tf.nn.rnn_cell",
    "tf.nn.seq2seq",
    "tf.train",
    "tf.summary",
)
_CONTRIB = "tf.contrib."


def family(name):
    """The contrib family of a dotted name, or None."""
    return name.split(".")[2] if name.startswith(_CONTRIB) else None


def counted(release, name):
    """Whether ``name`` of that release's list is public, by the rule above."""
    if release != "0.12.1":
        return True
    parent = name.rpartition(".")[0]
    if family(name):
        return name.count(".") == 3
    return parent in PUBLIC_0121


def resolves(name):
    """Whether user code gets something for ``name``."""
    value = modules.module("tensorflow")
    try:
        for part in name.split(".")[1:]:
            value = getattr(value, part)
    except (AttributeError, ImportError):
        return False
    return True


def measure(release):
    """Figures of one release.

    Returns:
      group -> {"total", "resolved", "missing"}; groups are ``core``, which is all but
      contrib, and ``contrib.FAMILY`` for the families above, and ``contrib.*`` for the
      other families together.
    """
    groups = {}
    for name in history.names(release):
        if not counted(release, name):
            continue
        group = "core"
        if family(name):
            known = family(name) in FAMILIES
            group = "contrib." + (family(name) if known else "*")
        figures = groups.setdefault(group, {"total": 0, "resolved": 0, "missing": []})
        figures["total"] += 1
        if resolves(name):
            figures["resolved"] += 1
        else:
            figures["missing"].append(name)
    return groups


def main(as_json=False):
    """Prints the figures and the missing names; returns 0."""
    setup.install()
    figures = {release: measure(release) for release in history.RELEASES}
    if as_json:
        print(json.dumps(figures, indent=1))
        return 0
    for release, groups in figures.items():
        print(f"TensorFlow {release}")
        for group in sorted(groups, key=lambda name: (name != "core", name)):
            total, resolved = groups[group]["total"], groups[group]["resolved"]
            share = 100 * resolved / total
            print(f"  {group:24} {resolved:5} of {total:5}  {share:6.2f} %")
    print("Missing")
    for release, groups in figures.items():
        for group in groups.values():
            for name in group["missing"]:
                print(f"  {release:7} {name}")
    return 0
