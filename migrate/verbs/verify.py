"""The proof that a conversion equals its source."""

import os
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

import keras
import numpy as np

from migrate.bits import same_bits
from migrate.cells.inventory import take_inventory
from migrate.cells.layouts import layout_of
from migrate.cells.settings import ASSUMED
from migrate.cells.unexplained import unexplained
from migrate.errors import MigrateError
from migrate.graph.feeds import fitting
from migrate.graph.inventory import graph_inventory
from migrate.graph.open import open_source
from migrate.graph.session import UserGraph
from migrate.output.conversion import Conversion
from migrate.output.read_whole import ModelFile, Whole, is_whole, read_whole
from migrate.proof.cases import random_cases
from migrate.proof.compare import prove_rnn, settings_against_graph
from migrate.proof.references.equations import Equations
from migrate.proof.references.legacy_cell import LegacyCell
from migrate.proof.references.user_graph import UserGraphReference
from migrate.proof.subject import Subject
from migrate.proof.verdict import CellResult, Proof
from migrate.proof.whole.compare import prove_whole
from migrate.proof.whole.verdict import WholeProof
from migrate.sources.arguments import Feeds, GraphFile, Path, Progress, SourceLike
from migrate.sources.base import Source

SEED = 0


def verify(
    source: SourceLike,
    out: Path | keras.Model,
    *,
    graph: GraphFile = None,
    data: Mapping[str, Any] | None = None,
    seed: int = SEED,
    training: str | None = None,
    feeds: Feeds | None = None,
    progress: Progress | None = None,
) -> Proof | WholeProof:
    """Compares a conversion, or a whole model, with its source.

    The reference is the graph that the source has. A conversion without a graph is
    compared with what its cells compute if their settings are as the report says.

    Args:
      source, graph: as in ``inspect``. out: the folder that ``convert`` made of it; or
        a whole model, as ``migrate.model`` gives it, or its ``.keras`` file.
      data: besides random input, what the model's own placeholders take: a mapping from
        their names to arrays. The whole graph runs on it, and each RNN is compared on
        the values that reach it there. The training switch is not needed.
      seed: of the random inputs, standard normal [8, M + 1, D].
      training, feeds: of a whole model, as for ``migrate.model``: what the graph is
        given. The model's own choices are not asked.
      progress: called with ``(done, total, what)``.

    Returns:
      A ``Proof``; of a whole model a ``WholeProof``.

    Raises:
      MigrateError: either cannot be used, or they do not belong together.

    Source: arXiv 1603.09025, equations 6-8, for what is compared; ``migrate.proof``.
    """
    named, source = source, open_source(source, graph)
    if is_whole(out):
        call = _call(named, out, graph, data, seed, training=training, feeds=feeds)
        return _verify_whole(source, out, data, seed, training, feeds, progress, call)
    if training is not None or feeds:
        raise MigrateError(
            "a training switch and values of placeholders go with a whole model, a "
            f".keras file. Received: {out}"
        )
    call, conversion = _call(named, out, graph, data, seed), Conversion(out)
    _require_variables(source, conversion)
    shown = None
    if source.graph is not None:
        shown = graph_inventory(source.graph, source.entries)
    notes = _require_rest(source, conversion, shown)
    data = _fitting(source, data)
    subject = Subject(source, conversion, notes, seed, data, call)
    rng = np.random.default_rng(seed)
    results = []
    for done, (scope, rnn) in enumerate(conversion.rnns.items()):
        if progress is not None:
            progress(done, len(conversion.rnns), scope)
        if shown is None:
            reference = _without_graph(source, rnn, conversion)
            cases = random_cases(rnn, rng, reference.border)
            results += prove_rnn(source, rnn, conversion, reference, cases)
        else:
            results += _by_graph(source, rnn, conversion, shown, data, rng)
    return Proof(
        results,
        _differing_variables(source, conversion),
        _reference(source, results),
        _assumed(conversion) if source.graph is None else (),
        None if source.graph is None else source.graph.label,
        data is not None,
        subject,
    )


def _verify_whole(source, out, data, seed, training, feeds, progress, call):
    if source.graph is None:
        raise MigrateError(
            f"{source.label} has no graph, which a whole model is compared with: "
            "expected the .meta file beside the checkpoint, or --graph FILE"
        )
    file = None if isinstance(out, keras.Model) else os.fspath(out)
    model, data = read_whole(out), _fitting(source, data)
    subject = Subject(source, ModelFile(file), (), seed, data, call, "model")
    proof = prove_whole(
        Whole(model, source),
        data=data,
        training=training,
        feeds=feeds,
        rng=np.random.default_rng(seed),
        progress=progress or (lambda *_: None),
    )
    return replace(proof, subject=subject)


def _call(source, out, graph, data, seed, **more):
    """The call of ``verify``, for people who repeat it."""
    path = source.label if isinstance(source, Source) else os.fspath(source)
    made = "model" if isinstance(out, keras.Model) else repr(os.fspath(out))
    given = [repr(path), made]
    if graph is not None:
        given.append(f"graph={graph if graph is False else str(graph)!r}")
    if data:
        arrays = ", ".join(f"{name!r}: ..." for name in data)
        given.append(f"data={{{arrays}}}")
    if seed != SEED:
        given.append(f"seed={seed}")
    given += [f"{name}={value!r}" for name, value in more.items() if value]
    return f"migrate.verify({', '.join(given)})"


def _fitting(source, data):
    """The user's data as the graph takes them."""
    if data is None:
        return None
    if source.graph is None:
        raise MigrateError(
            f"--data (data in Python) goes through the graph, and {source.label} has "
            "none; name its file by --graph (graph in Python)"
        )
    return fitting(source.graph, data)


def _require_variables(source, conversion):
    """The conversion's cells have variables of the source, of the same shapes."""
    wrong = [
        name
        for rnn in conversion.rnns.values()
        for cell in rnn.cells
        for name in cell.variables.values()
        if name not in source.entries
        or source.entries[name][:2] != conversion.entries[name][:2]
    ]
    if wrong:
        raise MigrateError(
            f"{conversion.out} was made from another checkpoint: {source.label} has no "
            f"{', '.join(wrong[:5])} of that shape"
        )


def _require_rest(source, conversion, shown):
    """What the conversion left as variables is no cell that it should have.

    Returns:
      Sentences on what no layer can express.
    """
    if shown is not None:
        problems, notes = shown.problems, shown.notes
    else:
        cells = _in_cells(conversion)
        scopes = tuple(
            f"{cell.scope}/"
            for rnn in conversion.rnns.values()
            for cell in rnn.cells
            if cell.scope
        )
        rest = {
            name: entry
            for name, entry in source.entries.items()
            if name not in cells and not name.startswith(scopes)
        }
        found = take_inventory(rest)
        problems = [*found.problems, *_unexplained(source, conversion)]
        notes = found.notes
    if problems:
        texts = "; ".join(problem.text for problem in problems)
        raise MigrateError(f"{source.label}: {texts}")
    return tuple(note.text for note in notes)


def _unexplained(source, conversion):
    """Without a graph, what stands in a cell's scope must be of its layout."""
    cells = [cell for rnn in conversion.rnns.values() for cell in rnn.cells]
    found = [unexplained(cell, cells, source.entries) for cell in cells]
    return [problem for problem in found if problem is not None]


def _in_cells(conversion):
    return {
        name
        for rnn in conversion.rnns.values()
        for cell in rnn.cells
        for name in cell.variables.values()
    }


def _without_graph(source, rnn, conversion):
    """The reference if the settings are as the report says."""
    settings = conversion.settings(rnn.scope).resolve(rnn.cells[0])
    in_legacy = (
        layout_of(rnn.cells[0]).in_legacy
        and not settings["forget_bias"]
        and settings["recurrent_activation"] == "sigmoid"
    )
    return (LegacyCell if in_legacy else Equations)(source, rnn, settings)


def _by_graph(source, rnn, conversion, shown, data, rng):
    """The results of an RNN by the user's graph."""
    network = _network_of(rnn, shown)
    file = conversion.files[rnn.scope]
    if network is None:
        reasons = [note.text for note in (*shown.notes, *shown.problems)]
        why = f"the graph {source.graph.label} computes no such RNN"
        if reasons:
            why += f": {'; '.join(reasons)}"
        return [
            CellResult(cell.scope, file, None, cell.dtype, contradictions=[why])
            for cell in rnn.cells
        ]
    with UserGraph(source.graph, source) as graph:
        reference = UserGraphReference(graph, network)
        cases = random_cases(rnn, rng, reference.border)
        if data is not None:
            cases = chain(cases, (reference.on(data, t) for t in (False, True)))
        results = prove_rnn(source, rnn, conversion, reference, cases)
    settings = conversion.settings(rnn.scope)
    for result, cell, other in zip(results, rnn.cells, network.rnn.cells, strict=True):
        result.contradictions += settings_against_graph(cell, other, settings)
    return results


def _network_of(rnn, shown):
    """What an RNN is in the graph: the network of the same variables, in the
    conversion's order of cells; None if there is none."""
    wanted = [set(cell.variables.values()) for cell in rnn.cells]
    for network in shown.networks:
        cells = network.rnn.cells
        if [set(c.variables.values()) for c in cells] == wanted and (
            network.rnn.kind == rnn.kind
        ):
            # The conversion's names of variables are those that results are under.
            return replace(network, rnn=replace(network.rnn, cells=_joined(rnn, cells)))
    return None


def _joined(rnn, cells):
    return tuple(
        replace(cell, settings=shown.settings)
        for cell, shown in zip(rnn.cells, cells, strict=True)
    )


def _differing_variables(source, conversion):
    """Names of variables beside the cells that the output does not hold to the bit."""
    in_cells = _in_cells(conversion)
    return [
        name
        for name in source.entries
        if name not in in_cells
        and (
            name not in conversion.entries
            or not same_bits(source[name], conversion.kept(name))
        )
    ]


def _reference(source, results):
    """What the conversion was compared with, as a noun."""
    if source.graph is not None:
        return f"your graph {source.graph.label}"
    what = {
        "legacy": "the per-step cell",
        "equations": "the cell, by its equations in float64,",
    }
    kinds = {result.reference for result in results}
    return " or ".join(what[kind] for kind in what if kind in kinds)


def _assumed(conversion):
    """The settings that nobody gave and no graph shows, as phrases."""
    values = {}
    for rnn in conversion.rnns.values():
        for cell in rnn.cells:
            for name, known in conversion.settings(rnn.scope).known(cell).items():
                if known.origin == ASSUMED:
                    value = known.value
                    text = value if isinstance(value, str) else f"{value:g}"
                    values.setdefault(name.replace("_", " "), {})[text] = None
    return tuple(f"{name} {' or '.join(texts)}" for name, texts in values.items())
