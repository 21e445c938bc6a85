"""Filling Keras models of one's own from a v1 checkpoint."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from migrate.cells import networks
from migrate.cells.inventory import (
    AVERAGED,
    CHOICES,
    RAW,
    require_cells,
    required_averages,
)
from migrate.cells.settings import Settings
from migrate.errors import (
    LoadError,
    MigrateError,
    MigrateWarning,
    did_you_mean,
    problems_text,
)
from migrate.graph.inventory import inventory
from migrate.graph.open import open_source
from migrate.models import plan as plans
from migrate.models import rules as mapping_rules
from migrate.models.agreement import assumptions, disagreements
from migrate.models.assignments import CellAssignment
from migrate.models.cells import find_cells
from migrate.sources.arguments import GraphFile, Layouts, Path, SourceLike
from migrate.sources.averaged import Averaged


def load(
    model: Any,
    ckpt: SourceLike,
    scope: str | None = None,
    *,
    map: Mapping[str, Any] | Path | None = None,
    graph: GraphFile = None,
    strict: bool = True,
    allow_missing: Sequence[str] = (),
    averages: str = RAW,
    layouts: Layouts | None = None,
    settings: Settings | None = None,
) -> Any:
    """Fills a model with the variables of a checkpoint, or a layer with its cells.

    Args:
      model: with a ``map``, any built Keras model or layer. Without: a ``BNLSTM`` or
        ``BNLSTMCell``, or, for TensorFlow 1's own cells, a ``keras.layers.LSTM`` or
        ``GRU``; a ``keras.layers.Bidirectional`` of such; a stack: a
        ``keras.Sequential``, a list of layers, or a ``keras.layers.RNN`` of several
        cells; or ``dict(forward=stack, backward=stack)``; built if it is not yet.
      ckpt, graph: as ``source`` and ``graph`` in ``migrate.inspect``.
      scope: without a map, the RNN's scope in the checkpoint, with or without the
        cell's own name; may be left out where only one RNN fits.
      map: rules from v1 names to paths in the model, a dict or the path of a TOML or
        YAML file; see ``migrate.models.rules`` for patterns, ``migrate.models.paths``
        for paths. ``{"**": "**"}`` goes by names alone.
      strict: with a map, weights that nothing fills are an error, and variables that no
        rule places; else a warning lists them, the weights stay as they are, and only
        what does not fit is an error. Optimizer slots and counters need no rule.
      allow_missing: with a map, patterns, as in it, of weights of the model that may
        keep their initial value, such as ``["head/*"]``.
      averages: where variables have moving averages: "raw" takes the variables,
        "averaged" the averages.
      layouts: as in ``migrate.inspect``.
      settings: ``migrate.Settings``: what a checkpoint does not hold. What neither you
        nor the graph says is assumed, and a warning names it.

    Returns:
      ``model``.

    Raises:
      MigrateError: the scope is missing, unknown or ambiguous (those that exist are
        listed), shapes or dtypes differ, the map or the checkpoint cannot be used;
        ``LoadError`` with all that a map leaves missing, unexpected or mismatched.
        Nothing has been assigned then.

    Source: of the cell, arXiv 1603.09025; of the layouts, ``migrate.cells``.
    """
    _require_arguments(scope, map, allow_missing, averages)
    rules = None if map is None else mapping_rules.read(map)
    allowed = mapping_rules.patterns(allow_missing)
    source = variables = open_source(ckpt, graph, lenient=True)
    found = inventory(source, layouts, ignored=mapping_rules.left_out(rules))
    if averages == AVERAGED:
        variables = Averaged(source, required_averages(found.slots, source.entries))
    if rules is None:
        plan = _plan_of_cells(model, scope, found, source)
    else:
        plan = plans.plan(model, source.entries, found, rules, allowed)
    settings = settings or Settings()
    filled = [
        (assignment, assignment.read(variables, settings))
        for assignment in plan.assignments
    ]
    mismatched, assumed = [*plan.mismatched], {}
    for assignment, arrays in filled:
        mismatched += assignment.incompatibilities(arrays)
        if isinstance(assignment, CellAssignment):
            target, cell = assignment.target, assignment.cell
            mismatched += disagreements(target, cell, settings)
            assumed |= dict.fromkeys(assumptions(target, cell, settings))
    if mismatched or (strict and (plan.missing or plan.unexpected)):
        raise LoadError(
            source.label,
            missing=plan.missing,
            unexpected=plan.unexpected,
            mismatched=mismatched,
        )
    if not getattr(model, "built", True):  # by a scope
        model.build((None, None, plan.assignments[0].cell.input_dim))
    for assignment, arrays in filled:
        assignment.assign(arrays)
    if plan.missing or plan.unexpected:
        warnings.warn(
            f"{source.label}:\n{problems_text(plan.missing, plan.unexpected)}",
            stacklevel=2,
        )
    if assumed:
        warnings.warn(
            f"{source.label}: assumed, for a checkpoint does not say: "
            f"{', '.join(assumed)}; give its graph, or settings=migrate.Settings(...) "
            "with what the script used",
            MigrateWarning,
            stacklevel=2,
        )
    return model


def _require_arguments(scope, map, allow_missing, averages):
    if map is not None and scope is not None:
        raise MigrateError("expected a scope or a map, not both")
    if map is None and allow_missing:
        raise MigrateError(
            "expected a map to go with allow_missing: a layer is filled whole"
        )
    if averages not in CHOICES:
        raise MigrateError(
            f"expected averages to be {' or '.join(CHOICES)}. Received: {averages!r}"
        )


def _plan_of_cells(layer, scope, inventory, source):
    """The plan for a recurrent layer, or several, without a map."""
    targets, kinds = find_cells(layer)
    # What is wrong elsewhere in the checkpoint does not matter to this layer.
    require_cells(
        inventory, source.label, complete=False, graph=source.graph is not None
    )
    texts = [p.text for p in inventory.problems if _concerns(p.scope, scope)]
    if texts:
        raise MigrateError(f"{source.label}: {'; '.join(texts)}")
    cells = _choose(inventory, kinds, len(targets), scope)
    assignments = [
        CellAssignment("the layer", target, cell)
        for target, cell in zip(targets, cells, strict=True)
    ]
    return plans.Plan(tuple(assignments))


def _concerns(problem_scope, scope):
    """Whether a problem is about the RNN of a scope that was asked for."""
    wanted = (scope or "").strip("/")
    return wanted != "" and f"{problem_scope}/".startswith(f"{wanted}/")


def _choose(inventory, kinds, count, scope):
    """The cells in the checkpoint for ``count`` targets of one of ``kinds``."""
    # (shown name, names that are understood, cells)
    options = [
        (rnn.scope, {rnn.scope}, rnn.cells)
        for rnn in inventory.rnns
        if rnn.kind in kinds and rnn.kind != networks.SINGLE and len(rnn.cells) == count
    ]
    if networks.SINGLE in kinds:
        for rnn in inventory.rnns:
            for cell in rnn.cells:
                names = {cell.scope, networks.rnn_scope(cell)}
                names |= {rnn.scope} if rnn.kind == networks.SINGLE else set()
                options.append((cell.scope, names, (cell,)))
    what = f"{'/'.join(sorted(kinds))} RNN of {count} cell{'s' if count > 1 else ''}"
    if not options:
        listed = ", ".join(f"{rnn.scope!r} ({rnn.kind})" for rnn in inventory.rnns)
        raise MigrateError(f"the checkpoint has no {what}; its RNNs are: {listed}")
    wanted = None if scope is None else scope.strip("/")
    matches = [option for option in options if wanted in (None, *option[1])]
    if len(matches) == 1:
        return matches[0][2]
    listed = ", ".join(repr(name) for name, _, _ in matches or options)
    if matches and scope is not None:
        asked = f"{scope!r} could be several"
    elif scope is None:
        asked = "no scope was given"
    else:
        asked = f"there is no {scope!r}"
    near = ""
    if not matches:
        near = did_you_mean(wanted, [name for _, names, _ in options for name in names])
    raise MigrateError(f"expected the scope of one {what}, {asked}: {listed}{near}")
