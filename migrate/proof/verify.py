"""The proof: the graph cell on the checkpoint against the layers of a conversion.

Three computations of the same random input, in inference and in training, with full
and with random lengths:

* graph: ``legacy.BNLSTMCell`` in a TensorFlow 1 session, its variables restored from
  the checkpoint by TensorFlow's own Saver;
* step path: ``BNLSTMCell`` of the conversion, step by step, eagerly. It must give the
  same bits as the graph;
* layer: the conversion's model as people run it, in a ``tf.function``. It rounds
  differently, so it must agree within a tolerance.

For layouts without a graph cell in ``legacy`` the equations in NumPy float64, from
their own v1 variables (``equations``), stand in the place of the graph, and the layer
alone is compared.

Before that, all weights and all other variables must have the checkpoint's bits.

A conversion with wider tables must hold the checkpoint's, and copies of their last row.
It is run as it is in inference; in training its tables are cut back, for steps that
shared a row there have their own here.
"""

import warnings
from dataclasses import dataclass, field, replace

import keras
import numpy as np
import tensorflow as tf

from bnlstm_compat import BNLSTM
from bnlstm_compat.cells import layers_in
from legacy import cell as legacy
from migrate.bits import same_bits
from migrate.cells import equations, layout_of
from migrate.cells import inventory as surveys
from migrate.cells.averages import survey_for
from migrate.cells.per_step import PerStep
from migrate.errors import MigrateError
from migrate.models.build import (
    activation_named,
    rows_repeat,
    rows_taken,
    v1_variables,
)
from migrate.models.cells import assign_weights, cells_of, weights_of
from migrate.output.conversion import Conversion
from migrate.output.write import skeleton
from migrate.sources.checkpoint import Checkpoint

TOLERANCE = 1e-5
BATCH = 8
#: Length of the random input where the statistics' tables are shorter.
FEWEST_STEPS = 6
SEED = 0


@dataclass
class CellResult:
    """What was found for one cell.

    ``differing`` names the weights whose bits differ from the checkpoint's, and the
    step path's results whose bits differ from the graph's;
    ``layer`` holds the layer's largest difference from the graph, relative to the
    graph's largest value, in "inference" and "training" outputs and in "statistics".
    ``steps``: whether there is a graph, and so a step path to compare. ``skipped``
    names the cases that were not compared, for there the layer is meant to differ.
    """

    scope: str
    file: str
    steps: bool = True
    differing: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    layer: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(
            ("inference", "training", "statistics"), 0
        )
    )

    def equal(self, tolerance: float) -> bool:
        """Same bits in the step path, and the layer within ``tolerance``.

        In training, exact arithmetic is further from TensorFlow than its releases are
        from each other: against it, three times the tolerance (goldens/README.md).
        """
        limits = dict.fromkeys(self.layer, tolerance)
        if not self.steps:
            limits["training"] = 3 * tolerance
        return not self.differing and all(
            difference <= limits[what] for what, difference in self.layer.items()
        )


@dataclass(frozen=True)
class _Pass:
    """One case: inputs [B,T,D], lengths [B] or None, training or not."""

    name: str
    x: np.ndarray
    lengths: np.ndarray | None
    training: bool

    @property
    def mask(self):
        steps = self.x.shape[1]
        return (
            None if self.lengths is None else np.arange(steps) < self.lengths[:, None]
        )


@dataclass(frozen=True)
class _Run:
    """For each cell: outputs [B,T,H], zero past lengths; state (h, c, step); and the
    statistics after the pass, by v1 leaf."""

    outputs: list[np.ndarray]
    states: list[tuple[np.ndarray, ...]]
    statistics: list[dict[str, np.ndarray]]


@dataclass(frozen=True)
class Proof:
    """What ``verify`` found.

    ``cells``: a ``CellResult`` for each, in the report's order. ``variables``: names of
    other variables that are missing or have other bits.
    """

    cells: list[CellResult]
    variables: list[str]

    def equal(self, tolerance: float) -> bool:
        """Whether nothing differs."""
        cells = all(result.equal(tolerance) for result in self.cells)
        return cells and not self.variables


def verify(ckpt, out, *, seed=SEED, progress=None) -> Proof:
    """Compares a conversion with its checkpoint.

    Args:
      ckpt: the checkpoint. out: the folder that ``convert`` made of it.
      seed: of the random inputs, standard normal [8, M + 1, D].
      progress: called with ``(done, total, what)``.

    Returns:
      A ``Proof``.

    Raises:
      MigrateError: either cannot be used, or they do not belong together.
    """
    checkpoint, conversion = Checkpoint(ckpt), Conversion(out)
    found = _survey_again(checkpoint, conversion)
    networks = {rnn.scope: rnn for rnn in found.rnns}
    if sorted(networks) != sorted(conversion.rnns):
        raise MigrateError(
            f"{out} was made from another checkpoint: it has the RNNs "
            f"{list(conversion.rnns)}, {checkpoint.prefix} has {list(networks)}"
        )
    rng = np.random.default_rng(seed)
    results = []
    for done, (scope, rnn) in enumerate(networks.items()):
        if progress is not None:
            progress(done, len(networks), scope)
        _require_shapes(rnn, conversion, model := conversion.model(scope))
        results += _compare(checkpoint, rnn, model, conversion, rng)
    return Proof(results, _differing_variables(checkpoint, found, conversion))


def _survey_again(checkpoint, conversion):
    """The survey with the choices of the conversion."""
    try:
        found = survey_for(
            checkpoint.entries, conversion.layouts, conversion.report["averages"]
        )
    except MigrateError as error:
        raise MigrateError(
            f"{conversion.out} was made from another checkpoint: {error}"
        ) from None
    surveys.require_cells(found, checkpoint.prefix)
    return found


def _differing_variables(checkpoint, found, conversion):
    """Names of variables beside the cells that the output does not hold to the bit."""
    return [
        name
        for name in (*found.others, *found.slots)
        if name not in conversion.entries
        or not same_bits(checkpoint[name], conversion.kept(name))
    ]


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


def _compare(checkpoint, rnn, model, conversion, rng):
    graph = isinstance(layout_of(rnn.cells[0]), PerStep)
    file, settings = conversion.files[rnn.scope], conversion.settings(rnn.scope)
    results = [CellResult(cell.scope, file, graph) for cell in rnn.cells]
    first = rnn.cells[0]
    steps = max(FEWEST_STEPS, *((cell.max_bn_steps or 0) + 1 for cell in rnn.cells))
    x = rng.standard_normal((BATCH, steps, first.input_dim)).astype(first.dtype)
    lengths = rng.integers(1, steps + 1, BATCH).astype(np.int32)
    given = [weights_of(cell) for cell in cells_of(model)]
    cut = list(map(rows_taken, given, rnn.cells))
    in_training = model
    if any(map(settings.widens, rnn.cells)):
        unwidened = replace(settings, max_bn_steps=None)
        in_training = skeleton(rnn, conversion.entries, unwidened)()
    for result, cell, weights, own in zip(results, rnn.cells, given, cut, strict=True):
        if not rows_repeat(weights, cell):
            result.differing.append(
                f"rows {cell.max_bn_steps}-{settings.rows(cell) - 1}, which were "
                "copies of the last (weights)"
            )
        variables = v1_variables(cell, own, conversion.folded(cell), settings)
        for name, array in variables.items():
            if not same_bits(array, checkpoint[name]):
                result.differing.append(f"{name} (weights)")
    reference = (_Graph if graph else _Equations)(checkpoint, rnn, vars(settings))
    runs = {"inference": (model, given), "training": (in_training, cut)}
    for length_name, ends in (("full", None), ("random", lengths)):
        for mode, (ran, initial) in runs.items():
            case = _Pass(f"{mode}, {length_name} lengths", x, ends, mode == "training")
            if not reference.covers(case):
                for result in results:
                    result.skipped.append(case.name)
                continue
            expected = reference.run(case)
            for path in (_run_steps, _run_layer) if graph else (_run_layer,):
                for cell, weights in zip(cells_of(ran), initial, strict=True):
                    assign_weights(cell, weights)
                actual = path(rnn, ran, case)
                for number, result in enumerate(results):
                    if path is _run_steps:
                        result.differing += _differing(case, expected, actual, number)
                    else:
                        _measure(result, mode, expected, actual, number)
    return results


def _differing(case, expected, actual, number):
    """Names of results whose bits differ, for cell ``number``."""
    names = ("h", "c", "step")
    pairs = [("outputs", expected.outputs[number], actual.outputs[number])]
    pairs += zip(names, expected.states[number], actual.states[number], strict=True)
    pairs += [
        (leaf, array, actual.statistics[number][leaf])
        for leaf, array in expected.statistics[number].items()
    ]
    return [
        f"{name} ({case.name})"
        for name, a, b in pairs
        if b is not None and not same_bits(a, b)
    ]


def _measure(result, mode, expected, actual, number):
    """Widens ``result`` by the layer's differences, for cell ``number``."""
    widest = result.layer
    if actual.outputs[number] is not None:
        outputs = relative_difference(actual.outputs[number], expected.outputs[number])
        widest[mode] = max(widest[mode], outputs)
    for leaf, array in expected.statistics[number].items():
        moved = relative_difference(actual.statistics[number][leaf], array)
        widest["statistics"] = max(widest["statistics"], moved)


def relative_difference(a, b) -> float:
    """Largest ``|a - b|`` over largest ``|b|``; infinite where only one is finite."""
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    a, b = (np.nan_to_num(z.astype(np.float64), posinf=0, neginf=0) for z in (a, b))
    difference = np.abs(a - b).max()
    return float(difference / (np.abs(b).max() or 1.0))


class _Graph:
    """The RNN of a checkpoint as a TensorFlow 1 graph with a session of its own."""

    def __init__(self, checkpoint, rnn, settings):
        v1 = tf.compat.v1
        self._prefix, self._rnn = checkpoint.prefix, rnn
        activation = activation_named(settings["activation"])
        cell_class = type(
            "BNLSTMCell", (legacy.BNLSTMCell,), {"epsilon": settings["epsilon"]}
        )
        with tf.Graph().as_default() as self._graph:
            first = rnn.cells[0]
            self._x = v1.placeholder(first.dtype, [None, None, first.input_dim])
            self._lengths = v1.placeholder(tf.int32, [None])
            self._training = v1.placeholder(tf.bool, [])
            cells = [
                cell_class(
                    cell.units,
                    self._training,
                    cell.max_bn_steps,
                    activation=activation,
                    decay=settings["decay"],
                )
                for cell in rnn.cells
            ]
            self._outputs, self._states = _networks(rnn, cells, self._x, self._lengths)
            self._variables = [
                self._by_leaf(cell, f"cell_{number}")
                for number, cell in enumerate(rnn.cells)
            ]
            self._saver = v1.train.Saver(
                {
                    cell.variables[leaf]: variable
                    for cell, by_leaf in zip(rnn.cells, self._variables, strict=True)
                    for leaf, variable in by_leaf.items()
                }
            )
        self._session = v1.Session(graph=self._graph)

    @staticmethod
    def covers(case):
        """Whether the layer is to give what the graph gives: always."""
        del case
        return True

    @staticmethod
    def _by_leaf(cell, scope):
        variables = {v.op.name: v for v in tf.compat.v1.global_variables()}
        return {
            leaf: next(
                v for name, v in variables.items() if name.endswith(f"{scope}/{leaf}")
            )
            for leaf in layout_of(cell).leaves
        }

    def run(self, case) -> _Run:
        batch, steps, _ = case.x.shape
        lengths = np.full(batch, steps) if case.lengths is None else case.lengths
        feed = {self._x: case.x, self._lengths: lengths, self._training: case.training}
        with self._graph.as_default():
            self._saver.restore(self._session, self._prefix)
        outputs, states = self._session.run([self._outputs, self._states], feed)
        statistics = self._session.run(
            [
                {leaf: v for leaf, v in by_leaf.items() if not v.trainable}
                for by_leaf in self._variables
            ]
        )
        return _Run(outputs, [(h, c, step) for c, h, step in states], statistics)


class _Stack:
    """Cells one above the other, as MultiRNNCell, giving the outputs of all.

    The cells' scopes are numbered from ``first`` on.
    """

    def __init__(self, cells, first):
        self._cells, self._first = cells, first

    @property
    def state_size(self):
        return tuple(cell.state_size for cell in self._cells)

    @property
    def output_size(self):
        return tuple(cell.output_size for cell in self._cells)

    def zero_state(self, batch_size, dtype):
        return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)

    def __call__(self, x, state, scope=None):
        del scope
        outputs, states = [], []
        for place, (cell, before) in enumerate(zip(self._cells, state, strict=True)):
            x, after = cell(x, before, scope=f"cell_{self._first + place}")
            outputs.append(x)
            states.append(after)
        return tuple(outputs), tuple(states)


def _networks(rnn, cells, x, lengths):
    """Outputs and states of every cell, as dynamic_rnn and its relatives run them."""
    v1 = tf.compat.v1
    outputs, states, first = [], [], 0
    for number, chain in enumerate(rnn.chains):
        # bidirectional_dynamic_rnn reverses each sequence within its length.
        reverse = (
            (lambda z: tf.reverse_sequence(z, lengths, seq_axis=1, batch_axis=0))
            if number
            else tf.identity
        )
        stack = _Stack(cells[first : first + len(chain)], first)
        with v1.variable_scope(f"direction_{number}"):
            y, after = v1.nn.dynamic_rnn(
                stack, reverse(x), sequence_length=lengths, dtype=x.dtype
            )
        outputs += map(reverse, y)
        states += after
        first += len(chain)
    return outputs, states


class _Equations:
    """The RNN of a checkpoint as equations in float64."""

    def __init__(self, checkpoint, rnn, settings):
        self._checkpoint, self._rnn, self._settings = checkpoint, rnn, settings
        activation = activation_named(settings["activation"])
        self._activation = lambda z: activation(tf.constant(z)).numpy()

    def covers(self, case):
        """Whether the layer is to give what the equations give.

        Not where rows of a batch leave the moments at different steps while each step
        has a gamma of its own: see the layout "comment".
        """
        by_step = any(
            layout_of(cell).padding(cell) == "masked" for cell in self._rnn.cells
        )
        return not (by_step and case.training and case.lengths is not None)

    def run(self, case) -> _Run:
        batch, steps, _ = case.x.shape
        lengths = np.full(batch, steps) if case.lengths is None else case.lengths
        outputs, statistics = [], []
        for number, chain in enumerate(self._rnn.chains):
            cells = [self._cell(cell) for cell in chain]
            x = _reversed(case.x, lengths) if number else case.x
            for y in equations.run(cells, x, lengths, case.training):
                outputs.append(_reversed(y, lengths) if number else y)
            statistics += [
                {
                    leaf: array
                    for leaf, array in cell.variables.items()
                    if leaf.rpartition("/")[2].startswith(("pop_", "moving_"))
                }
                for cell in cells
            ]
        return _Run(outputs, [], statistics)

    def _cell(self, cell):
        arrays = {leaf: self._checkpoint[v] for leaf, v in cell.variables.items()}
        return equations.cell_for(
            layout_of(cell), arrays, self._activation, self._settings
        )


def _reversed(x, lengths):
    """[B,T,.] reversed in time within each row's length."""
    made = np.array(x)
    for row, length in enumerate(lengths):
        made[row, :length] = x[row, :length][::-1]
    return made


def _run_steps(rnn, model, case) -> _Run:
    """The conversion's cells step by step, eagerly, by Keras's own RNN loop."""
    cells = cells_of(model)
    inner = iter(cells)
    networks = [[next(inner) for _ in chain] for chain in rnn.chains]
    outputs, states = [], []
    batch, steps, _ = case.x.shape
    lengths = np.full(batch, steps) if case.lengths is None else case.lengths
    longest = lengths.max()  # where TensorFlow 1.15's loop ends
    for number, network in enumerate(networks):
        x = tf.reverse_sequence(case.x, lengths, 1, 0) if number else case.x
        mask = None if case.mask is None else case.mask[:, :longest]
        loop = keras.layers.RNN(
            network if len(network) > 1 else network[0],
            return_sequences=True,
            return_state=True,
            zero_output_for_mask=True,
            unroll=True,
            dtype=network[0].dtype_policy,
        )
        y, *last = loop(x[:, :longest], mask=mask, training=case.training)
        y = tf.pad(y, [[0, 0], [0, steps - longest], [0, 0]])
        if number:
            y = tf.reverse_sequence(y, lengths, 1, 0)
        # Only the last cell of a stack shows its outputs; the others their states.
        outputs += [None] * (len(network) - 1) + [y.numpy()]
        last = [last] if len(network) == 1 else last
        states += [tuple(z.numpy() for z in state) for state in last]
    return _Run(outputs, states, _statistics(rnn, cells))


def _run_layer(rnn, model, case) -> _Run:
    """The conversion's model, in one tf.function; of a stack, also the inner layers."""
    given = {"mask": case.mask, "training": case.training}
    for layer in layers_in(model):
        if isinstance(layer, BNLSTM):
            layer.mode = "plain"  # called once: compiling would not pay

    @tf.function
    def run(x):
        if rnn.kind != surveys.STACK:
            return [model(x, **given)]
        outputs = []
        for layer in model.layers:
            x = layer(x, **given)
            outputs.append(x)
        return outputs

    x = tf.constant(case.x)
    with warnings.catch_warnings():
        # Keras says that a model handed a mask loses it; its layers do get it.
        warnings.filterwarnings("ignore", ".*does not support masking")
        outputs = run(x)
        if rnn.kind == surveys.STACK and not case.training:
            outputs[-1] = tf.function(model)(x, **given)
    if len(rnn.chains) > 1:  # of stacks side by side, the last cells' outputs
        sizes = [chain[-1].units for chain in rnn.chains]
        ends = iter(tf.split(outputs[0], sizes, axis=-1))
        outputs = [
            next(ends) if cell is chain[-1] else None
            for chain in rnn.chains
            for cell in chain
        ]
    elif case.mask is not None:
        # The graph shows zeros past lengths; inside a stack, layers hand on more.
        valid = case.mask[:, :, None]
        inner = [tf.where(valid, y, tf.zeros_like(y)) for y in outputs[:-1]]
        outputs = [*inner, outputs[-1]]
    outputs = [None if y is None else y.numpy() for y in outputs]
    return _Run(outputs, [], _statistics(rnn, cells_of(model)))


def _statistics(rnn, cells):
    """The statistics of Keras cells, under their v1 leaves."""
    return [
        layout_of(cell).from_canonical(rows_taken(weights_of(keras_cell), cell))
        for cell, keras_cell in zip(rnn.cells, cells, strict=True)
    ]
