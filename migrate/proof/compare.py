"""The comparison of one conversion with its source, RNN by RNN.

Computations of the same input, random or the user's data, in inference and in training,
with full and with random lengths:

* the reference: the user's own graph, if the source has one; else, for the per-step
  cell, ``legacy.BNLSTMCell`` in a TensorFlow 1 session; else the equations in NumPy
  float64;
* the layer: the conversion's model as people run it, in a ``tf.function``; and its
  layers one by one, which show their states;
* the layers in float64: how far rounding alone is (``verdict``);
* step by step, if the reference is the cell in ``legacy``: ``BNLSTMCell`` of the
  conversion, eagerly. It must give that graph's bits.

Before that, all weights and all other variables must have the source's bits, and the
layers the options that the report says.

A conversion with wider tables must hold the source's, and copies of their last row. It
is run as it is in inference; in training its tables are cut back, for steps that shared
a row there have their own here.
"""

from dataclasses import replace

import numpy as np

from migrate.bits import same_bits
from migrate.cells.at_steps import step_of
from migrate.cells.layouts import layout_of
from migrate.cells.settings import GRAPH
from migrate.cells.values import rows_repeat, rows_taken, v1_variables
from migrate.errors import MigrateError
from migrate.models.build import skeleton
from migrate.models.cells import assign_weights, cells_of, weights_of
from migrate.proof.exact import ExactLayers
from migrate.proof.options import differing_options
from migrate.proof.runs import run_chains, run_layer, run_steps, uncompiled
from migrate.proof.verdict import CellResult


def prove_rnn(source, rnn, conversion, reference, cases):
    """A ``CellResult`` for each cell of an RNN.

    Args:
      source: with the values. rnn: of the conversion. conversion: to prove.
      reference: see ``proof.references``. cases: to compare on.
    """
    model = uncompiled(conversion.model(rnn.scope))
    _require_shapes(rnn, conversion, model)
    settings = conversion.settings(rnn.scope)
    file = conversion.files[rnn.scope]
    results = [
        CellResult(cell.scope, file, reference.kind, cell.dtype) for cell in rnn.cells
    ]
    given = [weights_of(cell) for cell in cells_of(model)]
    _compare_weights(source, rnn, conversion, given, results)
    as_reported = skeleton(rnn, conversion.entries, settings)()
    for result, options in zip(
        results, differing_options(model, as_reported), strict=True
    ):
        result.contradictions += options
    cut = list(map(rows_taken, given, rnn.cells))
    in_training, unwidened = model, replace(settings, max_bn_steps=None)
    if any(map(settings.widens, rnn.cells)):
        in_training = uncompiled(skeleton(rnn, conversion.entries, unwidened)())
    exact = ExactLayers(rnn, unwidened, conversion.entries)
    for case in cases:
        if not reference.covers(case):
            for result in results:
                result.skipped.append(case.name)
            continue
        expected = case.expected or reference.run(case)
        ran, weights = (in_training, cut) if case.training else (model, given)
        if reference.kind == "legacy":
            _assign(ran, weights)
            actual = run_steps(rnn, ran, case)
            for number, result in enumerate(results):
                result.differing += _differing(case, expected, actual, number)
        _assign(ran, weights)
        by_layers = run_chains(rnn, ran, case)
        layer = by_layers
        if not case.training and case.states is None:
            layer = run_layer(rnn, ran, case)
        doubled = exact.run(case, cut)
        for number, (result, cell) in enumerate(zip(results, rnn.cells, strict=True)):
            result.compared.append((case.name, case.x.shape))
            _measure(result, case, number, expected, layer, by_layers, doubled)
            if case.training:
                _measure_statistics(result, cell, number, expected, layer, doubled)
    return results


def _assign(model, weights):
    for cell, given in zip(cells_of(model), weights, strict=True):
        assign_weights(cell, given)


def _require_shapes(rnn, conversion, model):
    cells = cells_of(model)
    sizes = [
        (cell.units, getattr(cell, "max_bn_steps", None), cell.kernel.shape[0])
        for cell in cells
    ]
    rows = conversion.settings(rnn.scope).rows
    expected = [(cell.units, rows(cell), cell.input_dim) for cell in rnn.cells]
    if sizes != expected:
        raise MigrateError(
            f"{conversion.files[rnn.scope]} was made from another checkpoint: its "
            "cells have (H, M, D) "
            f"{sizes}, those under {rnn.scope} make {expected}"
        )


def _compare_weights(source, rnn, conversion, given, results):
    """Notes each weight whose bits are not the source's."""
    settings = conversion.settings(rnn.scope)
    for result, cell, weights in zip(results, rnn.cells, given, strict=True):
        if not rows_repeat(weights, cell):
            result.differing.append(
                f"rows {cell.max_bn_steps}-{settings.rows(cell) - 1}, which were "
                "copies of the last (weights)"
            )
        originals = conversion.merged(cell, settings)
        result.differing += [
            f"{name} (kept beside the weights)"
            for name, array in originals.items()
            if not same_bits(array, source[name])
        ]
        taken = rows_taken(weights, cell)
        variables = v1_variables(cell, taken, originals, settings)
        for name, array in variables.items():
            if not same_bits(array, source[name]):
                result.differing.append(f"{name} (weights)")


def settings_against_graph(cell, shown, settings) -> list[str]:
    """Sentences on settings of a converted cell that its graph contradicts.

    Args:
      cell: of the conversion. shown: the same cell as the graph shows it.
      settings: of the conversion.
    """
    return [
        f"{name} is {value}, and node {shown.settings[name].node} of the graph says "
        f"{shown.settings[name].value}"
        for name, value in settings.resolve(cell).items()
        if name in shown.settings
        and shown.settings[name].origin == GRAPH
        and shown.settings[name].value != value
    ]


def _differing(case, expected, actual, number):
    """Names of results whose bits differ, for cell ``number``."""
    pairs = [("outputs", expected.outputs[number], actual.outputs[number])]
    pairs += [
        (kind, state, actual.states[number][kind])
        for kind, state in expected.states[number].items()
    ]
    pairs += [
        (key, array, actual.statistics[number][key])
        for key, array in expected.statistics[number].items()
    ]
    return [
        f"{name} ({case.name}, step by step)"
        for name, a, b in pairs
        if b is not None and not same_bits(a, b)
    ]


def _measure(result, case, number, expected, layer, chains, exact):
    """Notes the differences of one case, for cell ``number``."""
    mode = "training" if case.training else "inference"
    for actual in (layer, chains):
        if expected.outputs[number] is None or actual.outputs[number] is None:
            continue
        result.add(
            mode,
            expected.outputs[number],
            actual.outputs[number],
            exact.result.outputs[number],
            [rounded.outputs[number] for rounded in exact.rounded],
            axis=1,
        )
    for kind, state in chains.states[number].items():
        if kind in expected.states[number]:
            result.add(
                "states",
                expected.states[number][kind],
                state,
                exact.result.states[number][kind],
                [rounded.states[number][kind] for rounded in exact.rounded],
            )


def _measure_statistics(result, cell, number, expected, layer, exact):
    """Notes the differences of statistics after a training pass, row by row."""
    roles = getattr(layout_of(cell), "roles", {})
    for key, array in expected.statistics[number].items():
        arrays = (
            array,
            layer.statistics[number][key],
            exact.result.statistics[number][key],
            *(rounded.statistics[number][key] for rounded in exact.rounded),
        )
        # [rows, .]: a table, the one row of a cell, or the variable of a step.
        reference, ours, doubled, *rounded = (
            np.reshape(z, (-1, np.shape(z)[-1])) for z in arrays
        )
        row = step_of(key, roles) or 0
        result.add("statistics", reference, ours, doubled, rounded, axis=0, first=row)
