"""The comparison of a whole model with the user's graph, which is the reference.

On random input and on the user's data, in inference and in training: the outputs; the
gradients of every trained weight, of a random sum of the outputs; and all variables
that are not trained after the training pass, UPDATE_OPS among it. Before that, the
weights must have the source's bits.

How far the numbers may be apart is measured on the graph alone: it runs again, a few
times, with each variable and each input off by up to one unit in the last place. How
far its own results move then, with what rounds in between, is the level (``verdict``).
"""

import numpy as np

from migrate.bits import same_bits
from migrate.errors import MigrateError
from migrate.graph.find import find
from migrate.graph.inventory import names_in_source
from migrate.graph.nodes import output
from migrate.graph.purposes import fixed_values
from migrate.graph.session import UserGraph
from migrate.graph.thawed import trained_variables
from migrate.output.read_whole import Whole
from migrate.proof.random_data import RandomData
from migrate.proof.whole.runs import GraphRuns, ModelRuns, require_inputs, uncompiled
from migrate.proof.whole.verdict import WholeProof

#: Runs of the graph with variables and inputs that are rounded at random.
DRAWS = 3


def prove_whole(whole: Whole, *, data, training, feeds, rng, progress) -> WholeProof:
    """A ``WholeProof``.

    Args:
      whole: the model, as a source; its source has a graph. data: the user's, as the
        graph takes them, or None. training, feeds: as for ``migrate.model``. rng: of
        the random data. progress: called with ``(done, total, what)``.

    Raises:
      MigrateError: model and source do not belong together, or no input fits.
    """
    with (
        UserGraph(whole.graph, whole.source) as graph,
        uncompiled(whole.model),
    ):
        return _Proving(whole, graph, training, feeds).prove(data, rng, progress)


class _Proving:
    def __init__(self, whole, graph, training, feeds):
        self._whole, self._graph = whole, graph
        require_inputs(whole.model, graph.graph)
        self._found = find(graph.graph)
        self._fixed, _ = fixed_values(graph.graph, self._found, training, feeds)
        self._model = ModelRuns(whole)
        given = whole.model.output
        names = list(given) if isinstance(given, dict) else []
        outputs = [name for name in names if output(name)[0] in graph.graph]
        self._proof = WholeProof(
            whole.label,
            graph.graph.label,
            tuple(outputs),
            len(whole.held()),
        )
        self._trained = self._find_trained()
        self._runs = GraphRuns(graph, whole, outputs, self._trained, self._fixed)
        self._say_what_is_foreign(names)

    def _find_trained(self):
        """The variables that are trained in the model; says what is not so in the
        graph."""
        of_model = {
            name
            for assignment in self._whole.assignments
            for weight, names in assignment.sources()
            if weight.trainable
            for name in names
        }
        graph = self._graph.graph
        if graph.frozen:
            return of_model
        stored = names_in_source(graph, self._whole.entries)
        of_graph = {stored.get(name, name) for name in trained_variables(graph)} & set(
            self._whole.held()
        )
        for names, text in (
            (of_graph - of_model, "trained in the graph, and not in the model"),
            (of_model - of_graph, "trained in the model, and not in the graph"),
        ):
            if names:
                self._proof.contradictions.append(f"{_listed(sorted(names))}: {text}")
        return of_model & of_graph

    def _say_what_is_foreign(self, names):
        wrong = [name for name in names if name not in self._proof.outputs]
        if wrong or not names:
            self._proof.contradictions.append(
                f"the model gives {_listed(wrong) or 'outputs without names'}, which "
                f"{self._graph.graph.label} does not have"
            )
        if self._whole.foreign:
            paths = [weight.path for weight in self._whole.foreign]
            self._proof.contradictions.append(
                f"the model has weights that {self._whole.label} does not have: "
                f"{_listed(paths)}"
            )

    def prove(self, data, rng, progress):
        """See ``prove_whole``."""
        proof, whole = self._proof, self._whole
        proof.differing += [
            name
            for name, array in whole.held().items()
            if not same_bits(array, whole.source[name])
        ]
        cases = list(self._cases(data, rng))
        for number, (what, feeds) in enumerate(cases):
            progress(number, len(cases), what)
            for training in (False, True):
                self._compare(what, feeds, training, rng)
        proof.skipped[:] = dict.fromkeys(proof.skipped)
        return proof

    def _cases(self, data, rng):
        """Pairs of what it is and arrays by placeholder."""
        inputs = list(self._whole.model.input)
        rows = [cell.settings.get("max_bn_steps") for cell in self._found.cells]
        longest = max((setting.value for setting in rows if setting), default=0)
        drawing = RandomData(
            self._graph, self._found, longest, inputs, self._fixed[False]
        )
        try:
            drawn = [("random input", drawing.draw(rng, True))]
            if drawing.has_lengths:
                drawn.append(("random lengths", drawing.draw(rng, False)))
            self._runs.run(drawn[0][1], False)
        except MigrateError as error:
            if data is None:
                raise MigrateError(
                    f"no random input fits {self._graph.graph.label}, give data "
                    f"(--data FILE.npz): {error}"
                ) from error
            self._proof.skipped.append(f"random input: {error}")
            self._proof.drawn, drawn = False, []
        yield from drawn
        if data is not None:
            missing = [name for name in inputs if name not in data]
            if missing:
                raise MigrateError(
                    f"the data lack {_listed(missing)}, which the model takes"
                )
            self._proof.data = True
            yield "your data", data

    def _compare(self, what, feeds, training, rng):
        mode = "training" if training else "inference"
        if self._runs.draws(feeds, training):
            self._proof.skipped.append(
                f"{mode}: the graph draws random numbers then; a value that drops "
                "nothing (--feed keep=1) lets it be compared"
            )
            return
        cotangents = self._cotangents(feeds, rng) if training else None
        try:
            expected = self._runs.run(feeds, training, cotangents)
            actual = self._model.run(feeds, training, cotangents)
        except MigrateError as error:
            if not cotangents:
                raise
            self._proof.skipped.append(f"gradients: {error}")
            cotangents = None
            expected = self._runs.run(feeds, training)
            actual = self._model.run(feeds, training)
        rounded = [
            self._runs.run(feeds, training, cotangents, _rounding(number))
            for number in range(DRAWS)
        ]
        for name, array in expected.outputs.items():
            others = [run.outputs[name] for run in rounded]
            measure = self._proof.measure(mode, name)
            measure.add(mode, array, actual.outputs[name], others)
        if training:
            self._compare_statistics(expected, actual, rounded)
        if cotangents:
            self._compare_gradients(expected, actual, rounded)

    def _cotangents(self, feeds, rng):
        """A random gradient for each output that is a number; None if none is, or if
        nothing of the graph is trained."""
        if self._graph.graph.frozen:
            self._proof.skipped.append("gradients: a frozen graph does not train")
            return None
        found = self._runs.run(feeds, False).outputs
        return {
            name: rng.standard_normal(array.shape).astype(array.dtype)
            for name, array in found.items()
            if array.dtype.kind == "f"
        } or None

    def _compare_statistics(self, expected, actual, rounded):
        if self._graph.graph.frozen:
            return
        for name, array in actual.statistics.items():
            if name in self._trained or array.dtype.kind != "f":
                continue
            start = self._whole.source[name]
            others = [run.statistics.get(name, start) for run in rounded]
            measure = self._proof.measure("statistics", name)
            measure.add(
                "statistics", expected.statistics.get(name, start), array, others
            )

    def _compare_gradients(self, expected, actual, rounded):
        def of(run, name):
            found = run.gradients.get(name)
            shape = self._whole.entries[name].shape
            dtype = self._whole.entries[name].dtype
            return np.zeros(shape, dtype) if found is None else found

        for name in sorted(self._trained):
            others = [of(run, name) for run in rounded]
            measure = self._proof.measure("gradients", name)
            measure.add("gradients", of(expected, name), of(actual, name), others)


def _rounding(seed):
    """A function that rounds an array at random, by up to one unit in the last place;
    what is no float stays."""
    rng = np.random.default_rng(seed)

    def rounded(array):
        array = np.asarray(array)
        if array.dtype.kind != "f":
            return array
        unit = np.finfo(array.dtype).eps * rng.uniform(-1, 1, array.shape)
        return (array * (1 + unit)).astype(array.dtype)

    return rounded


def _listed(names, most=5):
    return ", ".join(names[:most]) + (", ..." if names[most:] else "")
