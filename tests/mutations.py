"""Damages conversions, and counts those that ``verify`` does not call different.

    python tests/mutations.py [--every N] [--only MODEL ...] [--list]

Each RNN of the recorded models that converts is damaged in many ways, most of them in
two forms:

* "file": OUT's files alone are damaged, as by a hand or a disk; the report stays.
* "both": files and report agree, as if ``convert`` had assumed the wrong thing: another
  setting, other gates, another table. Bits cannot tell these, only the user's graph.

The damage is done to Keras's weights or options. A damage that leaves every bit as it
was, or that only shows where this graph cannot go (lengths that it does not take, steps
that it does not have), is none: ``Damage.idle`` says so by a rule. The undamaged
conversion must be called equal. The exit code is 1 if a damage is missed.
"""

import argparse
import contextlib
import itertools
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import numpy as np

import migrate
from helpers import recorded_graphs as graph_recordings
from helpers.damages import Damage, Subject, damages
from migrate.cells.settings import USUAL
from migrate.graph.inventory import graph_inventory, inventory
from migrate.graph.open import open_source
from migrate.graph.session import UserGraph
from migrate.output.write import write
from migrate.proof import verdict
from migrate.proof.references.user_graph import UserGraphReference


def subjects(model, place):
    """A ``Subject`` for each RNN of a recorded model; none if it does not convert."""
    source = open_source(graph_recordings.folder(model))
    found = inventory(source)
    shown = graph_inventory(source.graph, source.entries)
    networks = {network.rnn.scope: network for network in shown.networks}
    for number, rnn in enumerate(found.rnns):
        others = [n for n in source if n not in found.slots]
        inside = {n for cell in rnn.cells for n in cell.variables.values()}
        one = replace(
            found,
            rnns=(rnn,),
            cells=rnn.cells,
            others=tuple(n for n in others if n not in inside),
        )
        out = str(Path(place) / f"{model.replace('/', '-')}-{number}")
        write(out, source, one, USUAL)
        graph = UserGraph(source.graph, source)
        border = UserGraphReference(graph, networks[rnn.scope]).border
        yield Subject(model, source, one, border, out)


@dataclass(frozen=True)
class Outcome:
    """Of a damage: whether it is called different, and the largest excess; infinite
    where there was nothing to compare."""

    damage: Damage
    different: bool
    excess: float
    why: str


@contextlib.contextmanager
def graph_once():
    """The user's graph computes each case of a subject once, and is searched once."""
    run, searched = UserGraphReference.run, {}
    results = {}

    def once(self, case):
        key = tuple(c.scope for c in self._network.rnn.cells), case.name
        if key not in results:
            results[key] = run(self, case)
        return results[key]

    def search(graph, entries):
        if "shown" not in searched:
            searched["shown"] = graph_inventory(graph, entries)
        return searched["shown"]

    with (
        mock.patch.object(UserGraphReference, "run", once),
        mock.patch("migrate.verbs.verify.graph_inventory", search),
    ):
        yield


def outcome(subject, damage, place) -> Outcome:
    """What ``verify`` says of a damage."""
    out = str(Path(place) / "damaged")
    shutil.rmtree(out, ignore_errors=True)
    with damage.around():
        damage.make(subject, out)
        try:
            proof = migrate.verify(subject.source, out)
        except migrate.MigrateError as error:  # a file that Keras does not open
            return Outcome(damage, True, float("inf"), str(error))
    why = [s for c in proof.cells for s in (*c.differing, *c.contradictions)]
    return Outcome(
        damage,
        not proof.equal(),
        max(cell.excess for cell in proof.cells),
        "; ".join([*why, *proof.variables]),
    )


def run(models, every=1, report=print):
    """Damages the models. ``every``: takes each N-th damage of an RNN; the same ones in
    every run, others for each RNN.

    Returns:
      outcomes, by "model: scope".
    """
    found = {}
    with tempfile.TemporaryDirectory() as place:
        for model in models:
            try:
                each = list(subjects(model, place))
            except migrate.MigrateError as error:
                report(f"{model}: {error}")
                continue
            for number, subject in enumerate(each, len(found)):
                name = f"{model}: {subject.rnn.scope}"
                healthy = migrate.verify(subject.source, subject.out)
                if not healthy.equal():
                    raise SystemExit(f"{name} is called different, undamaged")
                chosen = itertools.islice(damages(subject), number % every, None, every)
                with graph_once():
                    found[name] = [outcome(subject, each, place) for each in chosen]
                report(_line(name, found[name]))
                for sentence in missed({name: found[name]}):
                    report(sentence)
    return found


def missed(found):
    """Sentences on damages that were not called different."""
    return [
        f"{name}: {one.damage.name} ({one.damage.form}) is called equal, excess "
        f"{one.excess:.2f}"
        for name, outcomes in found.items()
        for one in outcomes
        if not one.different
    ]


def _line(name, outcomes):
    both = [one for one in outcomes if one.damage.form == "both"]
    numbers = sum(one.excess > 1 or not np.isfinite(one.excess) for one in both)
    return (
        f"{name}: {sum(o.different for o in outcomes)} of {len(outcomes)} called "
        f"different; of {len(both)} that the report agrees with, {numbers} by numbers"
    )


def main(argv=None):
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--only", action="append", choices=graph_recordings.MODELS)
    parser.add_argument("--show", action="store_true", help="what numbers miss")
    given = parser.parse_args(argv)
    begin = time.monotonic()
    found = run(given.only or graph_recordings.MODELS, given.every)
    outcomes = [one for each in found.values() for one in each]
    both = [one for one in outcomes if one.damage.form == "both"]
    wrong = missed(found)
    if given.show:
        for name, each in found.items():
            for one in each:
                if one.damage.form == "both" and one.excess <= 1:
                    print(f"  {name}: {one.damage.name}: {one.excess:.3f}, {one.why}")
    print(
        f"{len(outcomes)} damages of {len(found)} RNNs, {len(both)} of them in files "
        f"and report alike; {len(wrong)} missed; smallest excess of those by numbers "
        f"{min((o.excess for o in both if o.excess > 1), default=0):.1f}; TIMES "
        f"{verdict.TIMES}; {time.monotonic() - begin:.0f} s"
    )
    return int(bool(wrong) or not outcomes)


if __name__ == "__main__":
    sys.exit(main())
