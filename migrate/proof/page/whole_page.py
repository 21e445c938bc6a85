"""The page of the proof of a whole model."""

import os

from migrate.output.atomic import write_file
from migrate.proof.page.elements import document, items, number, table, tag
from migrate.proof.page.facts import now, surroundings
from migrate.proof.page.sections import definitions, files


def write_whole_page(path, proof, tolerance, command) -> None:
    """Writes the page, complete or not at all.

    Args:
      proof: a ``WholeProof``. tolerance: as in its ``sentence``. command: what repeats
        it, or None.

    Raises:
      MigrateError: it cannot be written, or a file has changed since it was compared.
    """
    word, *rest = proof.sentence(tolerance, to_others=True).partition(":")
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
            definitions(_about(proof)),
        ),
        tag(
            "main",
            *_problems(proof, tolerance),
            *_measures(proof, tolerance),
            files(
                proof.subject.files(), (), surroundings(), command or proof.subject.call
            ),
        ),
    )
    page = document(f"Proof of a whole model: {word}", body)
    write_file(os.fspath(path), page.encode())


def _about(proof):
    model = proof.subject.conversion.path
    return [
        ("Checkpoint", tag("code", proof.source)),
        ("Model", "in memory" if model is None else tag("code", model)),
        ("Reference", f"the graph {proof.graph}"),
        ("Date", now()),
    ]


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
