"""The file of the page."""

import os

from migrate.errors import MigrateError
from migrate.output.atomic import workplace, write_file
from migrate.proof.page import method, sections
from migrate.proof.page.cell_section import cell_section
from migrate.proof.page.elements import Markup, document, tag
from migrate.proof.page.facts import Facts
from migrate.proof.page.heat_maps import fitting_limits

_ENDS = (".html", ".htm")


def require_page(path) -> None:
    """Says before the work begins if ``path`` cannot become a page.

    Raises:
      MigrateError: its name is not that of a page, or it cannot be written.
    """
    path = os.fspath(path)
    if not path.lower().endswith(_ENDS):
        raise MigrateError(
            f"expected a name that ends in .html for the report. Received: {path}"
        )
    if os.path.isdir(path):
        raise MigrateError(f"cannot write {path}: it is a folder")
    with workplace(path):
        pass


def write_page(path, facts: Facts) -> None:
    """Writes the page of a proof, complete or not at all.

    Raises:
      MigrateError: it cannot be written.
    """
    write_file(path, page(facts).encode())


def page(facts: Facts) -> Markup:
    """The page as HTML."""
    tables = sum(len(cell.statistics) for cell in facts.cells)
    limits = fitting_limits(tables)
    word = facts.verdict.partition(":")[0]
    body = tag(
        "body",
        sections.heading(facts),
        tag(
            "main",
            sections.problems(facts),
            sections.contents(facts),
            method.compared(facts),
            sections.results(facts),
            method.settings(facts),
            *(cell_section(cell, facts, limits) for cell in facts.cells),
            sections.files(
                facts.files, facts.made_by, facts.surroundings, facts.command
            ),
        ),
    )
    return document(f"Proof of a conversion: {word}: {facts.checkpoint}", body)
