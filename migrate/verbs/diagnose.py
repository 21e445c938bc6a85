"""What is wrong with the population statistics in a source, and what to do.

``bnlstm_compat.diagnose`` judges the tables; here are added what is known of the
layouts and what the source's graph shows. What neither tells, a person is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bnlstm_compat import BNLSTMWeights
from bnlstm_compat import diagnose as diagnose_weights
from bnlstm_compat.statistics.findings import Diagnosis
from migrate.cells.base import Cell
from migrate.cells.faults import SHARED_BY_ALL
from migrate.cells.layouts import layout_of
from migrate.cells.settings import Settings
from migrate.cells.values import cell_weights
from migrate.errors import MigrateError
from migrate.graph.inventory import graph_inventory
from migrate.graph.shown import FED, Shown, shown_by_variables
from migrate.models.build import activation_named
from migrate.sources.arguments import GraphFile, Layouts, SourceLike
from migrate.verbs.inspect import open_with_cells

FORMAT = 1


@dataclass(frozen=True)
class Case:
    """A cell, its weights, what was found, the settings that were taken for it, why
    inputs were not used, if they were not, and what the graph shows of it, if any."""

    cell: Cell
    weights: BNLSTMWeights
    diagnosis: Diagnosis
    settings: dict
    unused: str | None = None
    shown: Shown | None = None


@dataclass(frozen=True, repr=False)
class Diagnoses:
    """What ``diagnose`` found: a ``Case`` for each batch-normalised cell; what neither
    the checkpoint nor its graph tells, with the argument that tells it; and the label
    of that graph, or None."""

    label: str
    cases: tuple[Case, ...]
    questions: tuple[str, ...]
    graph: str | None = None

    @property
    def healthy(self) -> bool:
        """Whether no fault was found."""
        return not any(case.diagnosis.findings for case in self.cases)

    def asdict(self) -> dict:
        """The same as plain data for JSON; docs/reference/reports.md has the schema."""
        return {
            "format": FORMAT,
            "checkpoint": self.label,
            "graph": self.graph,
            "cells": [
                {
                    **case.diagnosis.asdict(),
                    "layout": case.cell.layout,
                    "settings": case.settings,
                    "data_not_used": case.unused,
                    "graph_shows": case.shown and case.shown.asdict(),
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
    source: SourceLike,
    *,
    graph: GraphFile = None,
    layouts: Layouts | None = None,
    settings: Settings | None = None,
    steps: int | None = None,
    lengths: tuple[int, int] | bool | None = None,
    data: Mapping[str, Any] | None = None,
) -> Diagnoses:
    """Diagnoses every batch-normalised cell of a source.

    Args:
      source, graph, layouts: as in ``inspect``.
      settings: ``migrate.Settings``, for epsilon, decay and activation.
      steps: T, how many steps the sequences have, or None.
      lengths: (shortest, longest) of sequences that were padded, True, or None.
      data: mapping with inputs ``x`` [B,T,D] and perhaps ``lengths`` [B], or None.

    What the graph shows of steps, lengths and updates need not be given.

    Raises:
      MigrateError: the source cannot be read; no batch-normalised cell; data that do
        not fit; steps or lengths that the graph contradicts.

    Source: arXiv 1603.09025, section 3, for what the statistics are meant to be.
    """
    found = open_with_cells(source, layouts, graph=graph, complete=False)
    settings = settings or Settings()
    x, data_lengths = _inputs(data)
    if data_lengths is not None:
        lengths = data_lengths
    shown = {}
    if found.graph is not None:
        networks = graph_inventory(found.graph, found.source.entries).networks
        shown = shown_by_variables(found.graph, networks)
        _require_steps(found.graph, shown.values(), steps)
        _require_lengths(found.graph, shown.values(), lengths)
    cases = []
    for rnn in found.inventory.rnns:
        for cell in rnn.cells:
            if cell.max_bn_steps is None:
                continue
            weights = cell_weights(found.source, cell, settings)
            by_graph = shown.get(frozenset(cell.variables.values()))
            inputs, unused = _inputs_of(rnn, cell, x, data_lengths, by_graph)
            given = steps, lengths, inputs
            case = _case(cell, weights, settings, given, by_graph)
            cases.append(replace(case, unused=unused))
    if not cases:
        raise MigrateError(
            f"{found.source.label} has no batch-normalised cell, and so no population "
            "statistics"
        )
    return Diagnoses(
        found.source.label,
        tuple(cases),
        tuple(_questions(cases, steps, lengths, data)),
        None if found.graph is None else found.graph.label,
    )


def _require_steps(graph, shown, steps):
    """The number of steps that was given is that of a cell, or of one for which the
    graph does not say."""
    known = [one.steps for one in shown]
    if steps is None or None in known or not known:
        return
    if steps not in [one.value for one in known]:
        raise MigrateError(
            f"{steps} steps were given, and the graph {graph.label} runs "
            f"{known[0].value} (node {known[0].node}); leave --steps out"
        )


def _require_lengths(graph, shown, lengths):
    """Lengths are given only if some loop takes them."""
    known = [one.lengths for one in shown]
    if lengths is not None and known and all(one.value is None for one in known):
        raise MigrateError(
            f"lengths were given, and the graph {graph.label} takes none: it runs "
            f"every sequence to its end (node {known[0].node}); leave them out"
        )


def _with_shown(steps, lengths, shown):
    """Steps and lengths of one cell: those that the graph shows, else those given."""
    if shown is None:
        return steps, lengths, (), None
    if shown.steps is not None:
        steps = shown.steps.value
    if shown.lengths.value != FED:
        lengths = shown.lengths.value
    constant = () if shown.constant is None else shown.constant.value
    return steps, lengths, constant, shown.moves and shown.moves.value


def _case(cell, weights, settings, given, shown):
    steps, lengths, x = given
    steps, lengths, constant, moves = _with_shown(steps, lengths, shown)
    chosen = settings.resolve(cell)
    layout = layout_of(cell)
    known = layout.faults(weights, moves)
    (diagnosis,) = diagnose_weights(
        weights,
        steps=steps,
        lengths=lengths,
        padding=layout.padding(cell),
        x=x,
        constant=constant,
        momentum=chosen["decay"],
        epsilon=chosen["epsilon"],
        activation=_plain(activation_named(chosen["activation"])),
    )
    findings = diagnosis.findings
    if SHARED_BY_ALL in [fault.fault for fault in known]:
        # That says more than that steps share a row.
        findings = tuple(f for f in findings if f.fault != "raced")
    diagnosis = replace(diagnosis, name=cell.scope, findings=(*known, *findings))
    return Case(cell, weights, diagnosis, chosen, shown=shown)


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


def _inputs_of(rnn, cell, x, lengths, shown):
    """The inputs as this cell gets them, or None and the reason."""
    if x is None:
        return None, None
    if cell.input_dim != x.shape[2]:
        return None, f"takes {cell.input_dim} features, x has {x.shape[2]}"
    steps = shown and shown.steps
    if steps and steps.value != x.shape[1]:
        return None, f"runs {steps.value} steps (node {steps.node}), x has {x.shape[1]}"
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
    """What neither the checkpoint nor its graph tells and was not given, with the flag
    that tells it."""
    questions = []
    unknown = [case for case in cases if case.shown is None or not case.shown.steps]
    rows = sorted({case.cell.max_bn_steps for case in unknown})
    if data is None and steps is None and unknown:
        questions.append(
            "--steps T: how many steps the sequences have. More than "
            f"{' or '.join(map(str, rows))} share the last row; if they are fewer, "
            "rows never updated are harmless"
        )
    unknown = [
        case for case in cases if case.shown is None or case.shown.lengths.value == FED
    ]
    if lengths is None and unknown:
        fed = {case.shown.lengths.node for case in unknown if case.shown}
        by_graph = f" (the graph is fed lengths: {', '.join(sorted(fed))})"
        questions.append(
            f"--lengths SHORTEST:LONGEST: whether sequences differ in length"
            f"{by_graph if fed else ''}. Then "
            "padding counted, and the first sequence of each batch chose the row"
        )
    if data is None:
        questions.append(
            "--data FILE.npz (x [B,T,D], perhaps lengths [B]): inputs. With them the "
            "gap between population and batch statistics is measured, and constant "
            "inputs are told from other causes of zero variance"
        )
    return questions
