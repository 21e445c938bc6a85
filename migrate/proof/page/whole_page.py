"""The page of the proof of a whole model."""

import datetime
import importlib.metadata
import os
import platform

from migrate.output.atomic import write_file
from migrate.proof.page.elements import document, items, number, table, tag
from migrate.proof.page.sections import definitions

_PACKAGES = ("bnlstm-compat", "tensorflow", "keras", "numpy")


def write_whole_page(path, proof, tolerance, command) -> None:
    """Writes the page, complete or not at all.

    Args:
      proof: a ``WholeProof``. tolerance: as in its ``sentence``. command: what repeats
        it, or None.

    Raises:
      MigrateError: it cannot be written.
    """
    word, *rest = proof.sentence(tolerance).partition(":")
    good = proof.equal(tolerance)
    body = tag(
        "body",
        tag(
            "header",
            tag("h1", "Proof of a whole model"),
            tag(
                "p",
                tag("strong", "✓ " if good else "✗ ", word),
                tag("span", *rest),
                class_=f"verdict {'good' if good else 'bad'}",
                id="verdict",
            ),
            definitions(_about(proof, command)),
        ),
        tag("main", *_problems(proof, tolerance), *_measures(proof, tolerance)),
    )
    page = document(f"Proof of a whole model: {word}", body)
    write_file(os.fspath(path), page.encode())


def _about(proof, command):
    now = datetime.datetime.now(datetime.timezone.utc)
    versions = [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES]
    pairs = [
        ("Checkpoint", tag("code", proof.source)),
        ("Reference", proof.reference),
        ("Date", now.strftime("%Y-%m-%d %H:%M UTC")),
        ("Versions", ", ".join([*versions, f"Python {platform.python_version()}"])),
    ]
    return pairs if command is None else [*pairs, ("Command", tag("code", command))]


def _problems(proof, tolerance):
    found = [f"the bits of {name} differ" for name in proof.differing]
    found += [f"{name} ({kind}) differs" for kind, name in proof.beyond(tolerance)]
    found += proof.contradictions
    if found:
        yield tag("h2", "What differs")
        yield items(found)
    if proof.skipped:
        yield tag("h2", "What was not compared")
        yield items(proof.skipped)


def _measures(proof, tolerance):
    rows = [
        (
            kind,
            tag("code", name),
            number(measure.difference),
            number(measure.level),
            f"{measure.excess:.2f}",
            "equal" if measure.equal(tolerance) else "DIFFERENT",
        )
        for kind, found in proof.measures.items()
        for name, measure in found.items()
    ]
    titles = ("kind", "of", ">difference", ">level", ">share of what is allowed", "")
    yield tag("h2", "What was compared")
    yield tag(
        "p",
        "Outputs in inference and in training; gradients of a random sum of the "
        "outputs; variables that are not trained, after one training pass. All "
        "differences are relative to the largest value. The level is how far the "
        "graph's own results move if each variable and each input is off by up to one "
        "unit in the last place. Of all ",
        str(proof.weights),
        " variables that the model holds, the bits were compared.",
    )
    yield table(titles, rows, "Differences")
