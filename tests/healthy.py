"""Counts the false alarms of ``verify`` over models that nothing is wrong with.

    python tests/healthy.py MODELS [--graph-only] [--part I/N] [--setting NAME]
                            [--record FILE]

MODELS holds folders of checkpoints beside their graphs, as ``tests/train_healthy.py``
and ``make.py`` of the recorded graphs train them. Each is converted and verified by its
graph; and without the graph, from the settings that its ``truth.json`` has, if it has
one and its names are enough. A model that is not called equal is a false alarm: it is
named, and the exit code is 1.

``--graph-only`` leaves the second out. ``--record`` notes every difference in a file,
and what stands there already is not done again: a run that was stopped goes on.
``--part 1/3`` takes every third model. ``--setting`` is a name of ``settings.py``: the
same under its environment variables, as on another processor.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import settings

#: From a setting of a draw to what ``migrate.Settings`` calls it.
_GIVEN = ("epsilon", "decay", "activation", "forget_bias")


def folders(models):
    """The folders that hold a checkpoint with its graph, in an order of no meaning, so
    that each part has models of all recipes."""
    found = sorted({path.parent for path in Path(models).rglob("*.meta")})
    random.Random(0).shuffle(found)
    return found


def truth_of(folder):
    """What ``train_healthy.py`` says of a model; None of another's."""
    path = folder / "truth.json"
    return json.loads(path.read_text()) if path.exists() else None


def proofs(folder, graph_only):
    """Pairs of a reference ("graph" or "names") and the ``Proof`` of a conversion."""
    import migrate

    with tempfile.TemporaryDirectory() as place:
        out = os.path.join(place, "graph")
        migrate.convert(folder, out)
        yield "graph", migrate.verify(folder, out)
        truth = None if graph_only else truth_of(folder)
        if truth is None or truth["gates"] != "fioj":
            return
        given = {name: truth[name] for name in _GIVEN}
        if truth["cell"] == "lstm":
            given = {"forget_bias": 1.0}
        elif truth["cell"] == "gru":
            given = {}
        elif truth["shared"]:  # the layout that its names make has another order
            return
        out = os.path.join(place, "names")
        migrate.convert(folder, out, graph=False, settings=migrate.Settings(**given))
        yield "names", migrate.verify(folder, out, graph=False)


def lines_of(folder, models, graph_only):
    """A line of the record for each cell of each proof of a model."""
    for by, proof in proofs(folder, graph_only):
        for cell in proof.cells:
            yield {
                "model": str(folder.relative_to(models)),
                "by": by,
                "cell": cell.scope,
                "equal": proof.equal(),
                "excess": cell.excess,
                "why": [*cell.differing, *cell.contradictions, *proof.variables],
                "distance": cell.distance,
                "level": cell.level,
                "layer": cell.layer,
            }


def summary(lines):
    """What is said of a record: counts, and the largest excess by reference."""
    text = []
    for by in sorted({line["by"] for line in lines}):
        own = [line for line in lines if line["by"] == by]
        models = {line["model"] for line in own}
        alarms = sorted({line["model"] for line in own if not line["equal"]})
        excess = sorted(line["excess"] for line in own)
        text.append(
            f"by {by}: {len(models)} models, {len(own)} cells, {len(alarms)} false "
            f"alarms; excess: median {excess[len(excess) // 2]:.3f}, 99 % "
            f"{excess[int(0.99 * (len(excess) - 1))]:.3f}, largest {excess[-1]:.3f}"
        )
        text += [f"  {model} is called different" for model in alarms]
    return text


def measure(models, part, graph_only, record):
    """Verifies the models of a part; returns the exit code."""
    number, of = part
    lines = []
    if record is not None:
        record.seek(0)
        lines = [json.loads(line) for line in record]
    done = {line["model"] for line in lines}
    for folder in folders(models)[number - 1 :: of]:
        if str(folder.relative_to(models)) in done:
            continue
        found = list(lines_of(folder, models, graph_only))
        lines += found
        if record is not None:
            record.writelines(json.dumps(line) + "\n" for line in found)
            record.flush()
    print(*summary(lines), sep="\n")
    return int(not lines or not all(line["equal"] for line in lines))


def _part(text):
    number, _, of = text.partition("/")
    return int(number), int(of)


def main(argv=None):
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models")
    parser.add_argument("--part", type=_part, default=(1, 1), metavar="I/N")
    parser.add_argument("--graph-only", action="store_true")
    parser.add_argument("--setting", choices=settings.SETTINGS, default="none")
    parser.add_argument("--record", type=argparse.FileType("a+"), metavar="FILE")
    given = parser.parse_args(argv)
    variables = settings.SETTINGS[given.setting]
    if any(os.environ.get(name) != value for name, value in variables.items()):
        # Libraries read them as they are loaded.
        command = [sys.executable, __file__, *(sys.argv[1:] if argv is None else argv)]
        return subprocess.run(command, env=os.environ | variables).returncode
    return measure(given.models, given.part, given.graph_only, given.record)


if __name__ == "__main__":
    sys.exit(main())
