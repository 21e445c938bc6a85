"""The comparison of one conversion with its source, RNN by RNN.

Three computations of the same random input, in inference and in training, with full
and with random lengths:

* the reference: for the per-step cell, ``legacy.BNLSTMCell`` in a TensorFlow 1
  session; for other layouts, the equations in NumPy float64;
* step by step: ``BNLSTMCell`` of the conversion, eagerly. It must give the same bits
  as the graph of ``legacy``;
* the layer: the conversion's model as people run it, in a ``tf.function``. It rounds
  differently, so it must agree within a tolerance.

Before that, all weights and all other variables must have the source's bits.

A conversion with wider tables must hold the source's, and copies of their last row. It
is run as it is in inference; in training its tables are cut back, for steps that shared
a row there have their own here.
"""

from dataclasses import replace

from migrate.bits import same_bits
from migrate.cells.inventory import require_cells, take_inventory
from migrate.cells.layouts import layout_of
from migrate.cells.values import rows_repeat, rows_taken, v1_variables
from migrate.errors import MigrateError
from migrate.models.build import skeleton
from migrate.models.cells import assign_weights, cells_of, weights_of
from migrate.proof.cases import random_cases
from migrate.proof.references.equations import Equations
from migrate.proof.references.legacy_cell import LegacyCell
from migrate.proof.runs import run_layer, run_steps
from migrate.proof.verdict import CellResult, relative_difference


def inventory_again(source, conversion):
    """The inventory of a source, with the choices of a conversion."""
    try:
        inventory = take_inventory(
            source.entries, conversion.layouts, conversion.report["averages"]
        )
    except MigrateError as error:
        raise MigrateError(
            f"{conversion.out} was made from another checkpoint: {error}"
        ) from None
    require_cells(inventory, source.label)
    return inventory


def differing_variables(source, inventory, conversion):
    """Names of variables beside the cells that the output does not hold to the bit."""
    return [
        name
        for name in (*inventory.others, *inventory.slots)
        if name not in conversion.entries
        or not same_bits(source[name], conversion.kept(name))
    ]


def prove_rnn(source, rnn, conversion, rng):
    """A ``CellResult`` for each cell of an RNN."""
    model = conversion.model(rnn.scope)
    _require_shapes(rnn, conversion, model)
    settings = conversion.settings(rnn.scope)
    resolved = settings.resolve(rnn.cells[0])
    in_legacy = layout_of(rnn.cells[0]).in_legacy and not resolved["forget_bias"]
    file = conversion.files[rnn.scope]
    results = [CellResult(cell.scope, file, in_legacy) for cell in rnn.cells]
    given = [weights_of(cell) for cell in cells_of(model)]
    _compare_weights(source, rnn, conversion, given, results)
    reference = (LegacyCell if in_legacy else Equations)(source, rnn, resolved)
    cut = list(map(rows_taken, given, rnn.cells))
    in_training = model
    if any(map(settings.widens, rnn.cells)):
        unwidened = replace(settings, max_bn_steps=None)
        in_training = skeleton(rnn, conversion.entries, unwidened)()
    paths = (run_steps, run_layer) if in_legacy else (run_layer,)
    for case in random_cases(rnn, rng):
        if not reference.covers(case):
            for result in results:
                result.skipped.append(case.name)
            continue
        expected = reference.run(case)
        ran, initial = (in_training, cut) if case.training else (model, given)
        for path in paths:
            for cell, weights in zip(cells_of(ran), initial, strict=True):
                assign_weights(cell, weights)
            actual = path(rnn, ran, case)
            for number, result in enumerate(results):
                if path is run_steps:
                    result.differing += _differing(case, expected, actual, number)
                else:
                    _measure(result, case, expected, actual, number)
    return results


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
        taken = rows_taken(weights, cell)
        variables = v1_variables(cell, taken, originals, settings)
        for name, array in variables.items():
            if not same_bits(array, source[name]):
                result.differing.append(f"{name} (weights)")


def _differing(case, expected, actual, number):
    """Names of results whose bits differ, for cell ``number``."""
    names = ("h", "c", "step")
    pairs = [("outputs", expected.outputs[number], actual.outputs[number])]
    pairs += zip(names, expected.states[number], actual.states[number], strict=True)
    pairs += [
        (key, array, actual.statistics[number][key])
        for key, array in expected.statistics[number].items()
    ]
    return [
        f"{name} ({case.name})"
        for name, a, b in pairs
        if b is not None and not same_bits(a, b)
    ]


def _measure(result, case, expected, actual, number):
    """Widens ``result`` by the layer's differences, for cell ``number``."""
    widest, mode = result.layer, "training" if case.training else "inference"
    if actual.outputs[number] is not None:
        outputs = relative_difference(actual.outputs[number], expected.outputs[number])
        widest[mode] = max(widest[mode], outputs)
    for key, array in expected.statistics[number].items():
        moved = relative_difference(actual.statistics[number][key], array)
        widest["statistics"] = max(widest["statistics"], moved)
