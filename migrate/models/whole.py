"""A whole TensorFlow 1 graph as a Keras model."""

from collections.abc import Sequence

import keras

from migrate.cells.layouts import layout_of
from migrate.errors import MigrateError, did_you_mean
from migrate.graph.cells import used_variables
from migrate.graph.chosen import Chosen
from migrate.graph.cut import outputs_of
from migrate.graph.divided import Place, divide
from migrate.graph.find import find
from migrate.graph.inventory import graph_inventory
from migrate.graph.known_layers import RECOGNISERS, KnownLayer, known_layers
from migrate.graph.known_normalisation import known_normalisations
from migrate.graph.loops import inside_loops
from migrate.graph.names import stored_names
from migrate.graph.nodes import output
from migrate.graph.open import open_source
from migrate.graph.purposes import fixed_values, usual_outputs
from migrate.graph.reads import read_once
from migrate.graph.regularisation import regularisation_terms
from migrate.graph.thawed import thawed, trained_variables
from migrate.models.assembly import Assembly, cell_layer
from migrate.models.assignments import trains_otherwise
from migrate.models.regularisation import regularizers
from migrate.sources.arguments import Feeds, GraphFile, SourceLike


def model(
    source: SourceLike,
    *,
    graph: GraphFile = None,
    outputs: Sequence[str] | None = None,
    training: str | None = None,
    feeds: Feeds | None = None,
    regularization: bool = False,
) -> keras.Model:
    """The Keras model of a whole graph: RNNs as layers, all else as it was.

    Args:
      source, graph: as in ``inspect``; there must be a graph.
      outputs: names of tensors; None: what ``graph.purposes.usual_outputs`` finds.
      training: the boolean placeholder that is the training switch, or "not " and its
        name; None: as the graph shows it.
      feeds: from placeholders to fixed values: one, or a pair for inference and
        training. Placeholders of dropout are at "nothing is dropped" if not given.
      regularization: add the graph's regularisation terms (the collection
        REGULARIZATION_LOSSES) to the model's losses.

    Returns:
      A model that takes a dict from placeholders to arrays, and gives a dict from the
      outputs' names to tensors. ``model.decided`` lists what was decided, as sentences.

    Raises:
      MigrateError: no graph; an output, a switch or a placeholder that is not there; a
        placeholder without a value; operations that TensorFlow 2 lacks.
    """
    source = open_source(source, graph)
    if source.graph is None:
        raise MigrateError(
            f"{source.label} has no graph, which a whole model is made of: expected "
            "the .meta file beside the checkpoint, or --graph FILE"
        )
    return _Making(source).model(outputs, training, feeds or {}, regularization)


class _Making:
    def __init__(self, source):
        self.source, self.graph = source, source.graph
        if self.graph.frozen:
            self.graph = thawed(self.graph, source.entries)
        self.graph = read_once(self.graph, trained_variables(self.graph))
        self.found = find(self.graph)
        self.decided = []

    def model(self, outputs, training, feeds, regularization):
        outputs = self._outputs(outputs)
        fixed = self._fixed(training, feeds)
        sides = [Chosen(self.graph, values) for values in fixed]
        places = self._places(fixed)
        places += self._known_layers(sides, places)
        terms = regularisation_terms(self.graph) if regularization else []
        if regularization and not terms:
            self.decided.append("regularisation: the graph has no terms")
        while True:
            places, options, rest = self._regularised(places, terms)
            owned = {name for place, _ in places for name in _variables(place)}
            divided = divide(
                self.graph,
                sides,
                [place for place, _ in places],
                [*outputs, *rest],
                owned,
            )
            shared = owned & _read(divided)
            if not shared:
                break
            places = self._without(places, shared)
        cells = {id(place): cells for place, cells in places}
        self._say_what_trains_otherwise(cells, divided)
        made = Assembly(self.graph, self.source, divided, cells, options, terms)
        whole = made.model(outputs, rest)
        whole.decided = tuple(self.decided)
        return whole

    def _say_what_trains_otherwise(self, cells, divided):
        needed = [cell for place in divided.places for cell in cells[id(place)]]
        for cell in {cell.scope: cell for cell in needed}.values():
            layout = layout_of(cell)
            if not (layout.trains_alike or layout.further_offsets):
                self.decided.append(
                    f"{trains_otherwise(cell)}, so that an optimizer's step moves it "
                    "otherwise than in TensorFlow 1"
                )

    def _regularised(self, places, terms):
        """The places that can have the terms of their variables; options of their
        layers by the cells' scopes; the tensors of the other terms."""
        kept, options, of_layers = [], {}, set()
        for place, cells in places:
            used = _variables(place)
            mine = [term for term in terms if term.variable in used]
            found = {cell.scope: self._options(cell, mine) for cell in cells}
            if None in found.values():
                self.decided.append(
                    f"{place.rnn.scope} stays a loop: its layer has no option for the "
                    f"regularisation of {mine[0].variable}"
                )
                continue
            kept.append((place, cells))
            options |= found
            of_layers |= {term.tensor for term in mine}
        return kept, options, [t.tensor for t in terms if t.tensor not in of_layers]

    def _options(self, cell, terms):
        names = stored_names(self.graph, self.source.entries)
        own = {}
        for term in terms:
            name = names.get(term.variable, term.variable)
            if name in cell.variables.values():
                own.setdefault(name, []).append(term)
        if not own:
            return {}
        return regularizers(cell_layer(cell, self.source), cell, self.source, own)

    def _without(self, places, shared):
        """The places but for RNNs whose variables other operations use, too."""
        kept = []
        for place, cells in places:
            both = sorted(_variables(place) & shared)
            if not both:
                kept.append((place, cells))
            elif cells:
                self.decided.append(
                    f"{place.rnn.scope} stays a loop: other operations use {both[0]}"
                )
        return kept

    def _outputs(self, outputs):
        if outputs is None:
            outputs = usual_outputs(self.graph, self.found)
            self.decided.append(f"outputs: {', '.join(map(_short, outputs))}")
        if isinstance(outputs, str):
            outputs = [outputs]
        outputs = list(dict.fromkeys(map(_short, outputs)))
        if not any(outputs):
            raise MigrateError(
                f"expected outputs to be names of tensors of {self.graph.label}. "
                "Received: none"
            )
        for name in outputs:
            self._require_tensor(name)
        return outputs

    def _require_tensor(self, name):
        node, number = output(name)
        label = self.graph.label
        if node not in self.graph:
            raise MigrateError(
                f"the graph {label} has no tensor {name}"
                f"{did_you_mean(name, self.graph)}"
            )
        if number >= outputs_of(self.graph, node):
            raise MigrateError(
                f"{name} is no tensor of {label}: {node} is the operation "
                f"{self.graph.op(node)}, with {outputs_of(self.graph, node)} outputs"
            )
        if node in inside_loops(self.graph):
            raise MigrateError(
                f"{name} of {label} is inside a loop and has a value in each step: "
                "name a tensor behind the loop"
            )

    def _fixed(self, training, feeds):
        """Values of placeholders in inference and in training."""
        both, decided = fixed_values(self.graph, self.found, training, feeds)
        self.decided += decided
        return both

    def _places(self, fixed):
        """The RNNs that layers replace, each with its cells."""
        shown = graph_inventory(self.graph, self.source.entries)
        places = []
        for network in shown.networks:
            first = 0
            for chain in network.chains:
                cells = network.rnn.cells[first : first + len(chain.cells)]
                first += len(chain.cells)
                own = [chain, *(c for c in network.copies if _same(c, chain))]
                places += [
                    (self._place(rnn), cells)
                    for rnn in own
                    if not self._drops(rnn, fixed)
                ]
        return places

    def _known_layers(self, sides, places):
        """The other layers, but for those that are part of an RNN."""
        found = known_layers(self.graph, RECOGNISERS)
        found += known_normalisations(self.graph, sides)
        owned = {name for place, _ in places for name in _variables(place)}
        return [(layer, []) for layer in found if not layer.variables & owned]

    def _drops(self, rnn, fixed):
        """Whether dropout between the cells drops anything, which layers do not."""
        for wrapper in rnn.wrappers:
            if wrapper.off is None or any(
                self._value(wrapper.off[0], values) != wrapper.off[1]
                for values in fixed
            ):
                self.decided.append(
                    f"{rnn.scope} stays a loop: it has {wrapper.what} between its cells"
                )
                return True
        return False

    def _value(self, name, values):
        """The value of a tensor that dropout takes; None if it is not known."""
        node = output(name)[0]
        if self.graph.op(node) == "PlaceholderWithDefault" and node not in values:
            node = self.graph.inputs(node)[0][0]
        if node in values:
            return float(values[node])
        if self.graph.op(node) == "Const":
            return float(self.graph.constant(node))
        return None

    def _place(self, rnn):
        starts = tuple(t for t in rnn.initial_states if not self._zero(output(t)[0]))
        return Place(rnn, starts)

    def _zero(self, name):
        graph = self.graph
        while graph.op(name) == "Identity":
            name = graph.inputs(name)[0][0]
        if graph.op(name) == "Fill":
            name = graph.inputs(name)[1][0]
        return graph.op(name) == "Const" and not graph.constant(name).any()


def _variables(place):
    """The variables of an RNN's cells, or of a layer."""
    if isinstance(place, KnownLayer):
        return place.variables
    return {name for cell in place.rnn.cells for name in used_variables(cell)}


def _read(divided):
    """The variables that the operations of the parts use."""
    return {
        name
        for pair in divided.parts
        for side in pair
        for name in (*side.graph.values, *side.graph.handles)
    }


def _short(tensor):
    return tensor.removesuffix(":0")


def _same(rnn, other):
    return [c.variables for c in rnn.cells] == [c.variables for c in other.cells]
