"""A whole model run as it is, and the user's graph, on the same input."""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from bnlstm_compat import BNLSTM
from bnlstm_compat.statistics.find import layers_in
from migrate.errors import MigrateError
from migrate.graph.cut import cut
from migrate.graph.inventory import names_in_source
from migrate.graph.session import UserGraph
from migrate.graph.sizes import shape_of
from migrate.graph.updates import updated
from migrate.models.assignments import CellAssignment
from migrate.output.read_whole import Whole

_RANDOM = re.compile(
    "(Stateless)?(Random|Multinomial|TruncatedNormal|ParameterizedTruncated).*"
)


@dataclass(frozen=True)
class Run:
    """``outputs`` by name; in training also ``gradients`` by variable (None if there
    are none), ``statistics``: all variables that are not trained, after the pass."""

    outputs: Mapping[str, np.ndarray]
    gradients: Mapping[str, np.ndarray] | None = None
    statistics: Mapping[str, np.ndarray] | None = None


class GraphRuns:
    """Runs of the user's graph.

    Args:
      graph: a ``UserGraph``. whole: the model as a source. outputs: names of tensors.
      trained: names, in the source, of the variables that gradients are of.
      fixed: values of placeholders, in inference and in training.
    """

    def __init__(self, graph: UserGraph, whole: Whole, outputs, trained, fixed):
        self._graph, self._outputs, self._fixed = graph, outputs, fixed
        names = names_in_source(graph.graph, whole.entries)
        self._in_source = names
        held = set(whole.held())
        self._by = tuple(n for n, stored in names.items() if stored in trained)
        self._held = {name for name, stored in names.items() if stored in held}
        self._updates = tuple(
            node
            for node in graph.graph.collections.get("update_ops", ())
            if updated(graph.graph, node) & self._held
        )

    def draws(self, feeds, training) -> bool:
        """Whether two runs differ, for the graph draws random numbers."""
        given = {**feeds, **self._fixed[training]}
        part = cut(self._graph.graph, given, self._outputs).graph_def
        if not any(_RANDOM.fullmatch(node.op) for node in part.node):
            return False
        one, other = (self._graph.run_whole(given, self._outputs)[0] for _ in range(2))
        return any(
            not np.allclose(one[name], other[name], rtol=1e-4, atol=1e-6)
            for name in self._outputs
            if one[name].dtype.kind == "f"
        )

    def run(self, feeds, training, cotangents=None, altered=None) -> Run:
        """The results for arrays by placeholder.

        Args:
          cotangents: from outputs to the gradients that reach them; None: no gradients
            are asked for. altered: see ``UserGraph.run_whole``.
        """
        if altered is not None:
            feeds = {name: altered(array) for name, array in feeds.items()}
        found, moved = self._graph.run_whole(
            {**feeds, **self._fixed[training]},
            self._outputs,
            self._updates if training else False,
            of=cotangents,
            by=self._by if cotangents else (),
            altered=altered,
        )
        outputs = {name: found[name] for name in self._outputs}
        if not training:
            return Run(outputs)
        gradients = None
        if cotangents:
            gradients = {self._in_source[n]: found.get(n) for n in self._by}
        moved = {self._in_source[name]: array for name, array in moved.items()}
        return Run(outputs, gradients, moved)


class ModelRuns:
    """Runs of a model, after which its weights are as they were."""

    def __init__(self, whole: Whole):
        self._whole, self._model = whole, whole.model

    def run(self, feeds, training, cotangents=None) -> Run:
        """The results, see ``GraphRuns.run``.

        Raises:
          MigrateError: the model has no gradient, and says why.
        """
        feeds = {name: tf.constant(feeds[name]) for name in self._model.input}
        if not training:
            outputs = tf.function(self._model)(feeds, training=False)
            return Run(_arrays(outputs))
        moving = self._model.non_trainable_variables
        before = [variable.numpy() for variable in moving]
        try:
            return self._train(feeds, cotangents)
        finally:
            for variable, array in zip(moving, before, strict=True):
                variable.assign(array)

    def _train(self, feeds, cotangents):
        with tf.GradientTape() as tape:
            outputs = self._model(feeds, training=True)
            total = [
                tf.reduce_sum(outputs[name] * array)
                for name, array in (cotangents or {}).items()
            ]
        gradients = None
        if total:
            weights = self._model.trainable_weights
            found = tape.gradient(total, weights)
            gradients = self._by_variable(
                {
                    id(weight): np.asarray(tf.convert_to_tensor(gradient))
                    for weight, gradient in zip(weights, found, strict=True)
                    if gradient is not None
                }
            )
        return Run(_arrays(outputs), gradients, self._whole.held())

    def _by_variable(self, of_weights):
        found = {}
        for assignment in self._whole.assignments:
            for name, gradient in _gradients(
                assignment, of_weights, self._whole.source
            ).items():
                found[name] = found.get(name, 0) + gradient
        return found


def _gradients(assignment, of_weights, source):
    """The gradients of variables, from those of the weights that they are in."""
    if not isinstance(assignment, CellAssignment):
        weight = assignment.weight
        gradient = of_weights.get(id(weight))
        return {} if gradient is None else {assignment.name: gradient}
    names = assignment.cell.variables.values()
    zeros = {name: np.zeros(source.entries[name].shape) for name in names}
    without = assignment.pairs(assignment.read_slots(zeros))
    found = {}
    for name, zero in zeros.items():
        # A weight is a sum of variables, each with its elements in other places: the
        # numbers of a variable's elements, put in its place, say where they went.
        numbers = np.arange(1.0, zero.size + 1).reshape(zero.shape)
        with_ = assignment.pairs(assignment.read_slots({**zeros, name: numbers}))
        total, known = np.zeros(zero.size + 1), False
        for (weight, placed), (_, constant) in zip(with_, without, strict=True):
            gradient = of_weights.get(id(weight))
            if gradient is not None and np.any(placed != constant):
                known = True
                where = np.rint(placed - constant).astype(np.int64).reshape(-1)
                total += np.bincount(where, gradient.reshape(-1), zero.size + 1)
        if known:
            found[name] = total[1:].reshape(zero.shape)
    return found


def _arrays(outputs):
    return {name: tensor.numpy() for name, tensor in outputs.items()}


@contextlib.contextmanager
def uncompiled(model):
    """Within, the model's layers are not compiled: they run a few times only."""
    layers = [each for each in layers_in(model) if isinstance(each, BNLSTM)]
    modes = [layer.mode for layer in layers]
    try:
        for layer in layers:
            layer.mode = "plain"
        yield
    finally:
        for layer, mode in zip(layers, modes, strict=True):
            layer.mode = mode


def require_inputs(model, graph) -> None:
    """The model takes what placeholders of the graph take.

    Raises:
      MigrateError: it does not.
    """
    taken = model.input if isinstance(model.input, dict) else {}
    wrong = [
        f"{name} {list(tensor.shape)}"
        for name, tensor in taken.items()
        if name not in graph.placeholders or not _fits(tensor, shape_of(graph, name))
    ]
    if wrong or not taken:
        listed = ", ".join(
            f"{name} {list(shape_of(graph, name) or [])}" for name in graph.placeholders
        )
        raise MigrateError(
            f"expected a model that migrate.model made of {graph.label}, whose "
            f"placeholders are {listed}. Received: a model that takes "
            f"{', '.join(wrong) or 'inputs without names'}"
        )


def _fits(tensor, shape):
    same = shape is None or len(shape) == len(tensor.shape)
    return same and all(
        one == other or None in (one, other)
        for one, other in zip(tensor.shape, shape or (), strict=False)
    )
