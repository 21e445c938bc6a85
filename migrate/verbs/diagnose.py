"""What is wrong with the population statistics in a source, and what to do.

``bnlstm_compat.diagnose`` judges the tables; here are added what is known of the
layouts, and what a checkpoint cannot tell, so that a person is asked for it.
"""

from dataclasses import dataclass, replace

import numpy as np

from bnlstm_compat import BNLSTMWeights
from bnlstm_compat import diagnose as diagnose_weights
from bnlstm_compat.diagnosis import Diagnosis
from migrate.cells.base import Cell
from migrate.cells.layouts import layout_of
from migrate.cells.settings import Settings
from migrate.cells.values import cell_weights
from migrate.errors import MigrateError
from migrate.models.build import activation_named
from migrate.verbs.inspect import open_with_cells

FORMAT = 1


@dataclass(frozen=True)
class Case:
    """A cell, its weights, what was found, the settings that were taken for it, and why
    inputs were not used, if they were not."""

    cell: Cell
    weights: BNLSTMWeights
    diagnosis: Diagnosis
    settings: dict
    unused: str | None = None


@dataclass(frozen=True, repr=False)
class Diagnoses:
    """What ``diagnose`` found: a ``Case`` for each batch-normalised cell, and what a
    checkpoint does not tell, with the argument that tells it."""

    label: str
    cases: tuple[Case, ...]
    questions: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """Whether no fault was found."""
        return not any(case.diagnosis.findings for case in self.cases)

    def asdict(self) -> dict:
        """The same as plain data for JSON; docs/reports.md has the schema."""
        return {
            "format": FORMAT,
            "checkpoint": self.label,
            "cells": [
                {
                    **case.diagnosis.asdict(),
                    "layout": case.cell.layout,
                    "settings": case.settings,
                    "data_not_used": case.unused,
                }
                for case in self.cases
            ],
            "not_told_by_a_checkpoint": list(self.questions),
        }

    def __repr__(self):
        lines = [self.label]
        for case in self.cases:
            faults = [finding.fault for finding in case.diagnosis.findings]
            lines.append(f"  {case.cell}: {', '.join(faults) or 'no fault found'}")
        return "\n".join(lines)


def diagnose(
    source,
    *,
    graph=None,
    layouts=None,
    settings=None,
    steps=None,
    lengths=None,
    data=None,
) -> Diagnoses:
    """Diagnoses every batch-normalised cell of a source.

    Args:
      source, graph, layouts: as in ``inspect``.
      settings: ``migrate.Settings``, for epsilon, decay and activation.
      steps: T, how many steps the sequences have, or None.
      lengths: (shortest, longest) of sequences that were padded, True, or None.
      data: mapping with inputs ``x`` [B,T,D] and perhaps ``lengths`` [B], or None.

    Raises:
      MigrateError: the source cannot be read; no batch-normalised cell; data that do
        not fit.

    Source: arXiv 1603.09025, section 3, for what the statistics are meant to be.
    """
    found = open_with_cells(source, layouts, graph=graph, complete=False)
    settings = settings or Settings()
    x, data_lengths = _inputs(data)
    if data_lengths is not None:
        lengths = data_lengths
    cases = []
    for rnn in found.inventory.rnns:
        for cell in rnn.cells:
            if cell.max_bn_steps is None:
                continue
            weights = cell_weights(found.source, cell, settings)
            inputs, unused = _inputs_of(rnn, cell, x, data_lengths)
            cases.append(_case(cell, weights, settings, steps, lengths, inputs, unused))
    if not cases:
        raise MigrateError(
            f"{found.source.label} has no batch-normalised cell, and so no population "
            "statistics"
        )
    return Diagnoses(
        found.source.label,
        tuple(cases),
        tuple(_questions(cases, steps, lengths, data)),
    )


def _case(cell, weights, settings, steps, lengths, x, unused):
    chosen = settings.resolve(cell)
    layout = layout_of(cell)
    known = layout.faults(weights)
    (diagnosis,) = diagnose_weights(
        weights,
        steps=steps,
        lengths=lengths,
        padding=layout.padding(cell),
        x=x,
        momentum=chosen["decay"],
        epsilon=chosen["epsilon"],
        activation=_plain(activation_named(chosen["activation"])),
    )
    findings = diagnosis.findings
    if known:  # says more than that steps share a row
        findings = tuple(f for f in findings if f.fault != "raced")
    diagnosis = replace(diagnosis, name=cell.scope, findings=(*known, *findings))
    return Case(cell, weights, diagnosis, chosen, unused)


def _plain(activation):
    return lambda z: np.asarray(activation(z))


def _inputs(data):
    if data is None:
        return None, None
    if "x" not in data:
        raise MigrateError(
            "expected an array x [batch, steps, features] in the data. Received: "
            f"{', '.join(data) or 'nothing'}"
        )
    x = np.asarray(data["x"])
    if x.ndim != 3 or 0 in x.shape or x.dtype.kind not in "fiu":
        raise MigrateError(
            "expected x of shape [batch, steps, features], of numbers. Received: "
            f"x.shape={x.shape}, x.dtype={x.dtype}"
        )
    lengths = None
    if "lengths" in data:
        lengths = np.asarray(data["lengths"])
        fits = lengths.shape == x.shape[:1] and lengths.dtype.kind in "iu"
        if not fits or lengths.min() < 0 or lengths.max() > x.shape[1]:
            raise MigrateError(
                f"expected lengths of shape [{x.shape[0]}], whole numbers up to "
                f"{x.shape[1]}. Received: lengths.shape={lengths.shape}, "
                f"lengths.dtype={lengths.dtype}"
            )
    return x, lengths


def _inputs_of(rnn, cell, x, lengths):
    """The inputs as this cell gets them, or None and the reason."""
    if x is None:
        return None, None
    if cell.input_dim != x.shape[2]:
        return None, f"takes {cell.input_dim} features, x has {x.shape[2]}"
    first = [chain[0] for chain in rnn.chains]
    if cell not in first:
        return None, "takes the outputs of the layer below"
    if first.index(cell) == 0:
        return x, None
    if lengths is None:
        return x[:, ::-1], None
    time = np.arange(x.shape[1])
    order = np.where(time < lengths[:, None], lengths[:, None] - 1 - time, time)
    return np.take_along_axis(x, order[:, :, None], axis=1), None


def _questions(cases, steps, lengths, data) -> list[str]:
    """What a checkpoint cannot tell and was not given, with the flag that tells it."""
    questions = []
    rows = sorted({case.cell.max_bn_steps for case in cases})
    if data is None and steps is None:
        questions.append(
            "--steps T: how many steps the sequences have. More than "
            f"{' or '.join(map(str, rows))} share the last row; if they are fewer, "
            "rows never updated are harmless"
        )
    if lengths is None and (data is None or "lengths" not in data):
        questions.append(
            "--lengths SHORTEST:LONGEST: whether sequences differ in length. Then "
            "padding counted, and the first sequence of each batch chose the row"
        )
    if data is None:
        questions.append(
            "--data FILE.npz (x [B,T,D], perhaps lengths [B]): inputs. With them the "
            "gap between population and batch statistics is measured, and constant "
            "inputs are told from other causes of zero variance"
        )
    return questions
