"""A whole TensorFlow 1 graph as a Keras model."""

import keras
import numpy as np

from migrate.bits import numpy_dtype
from migrate.cells.settings import Settings
from migrate.cells.values import cell_weights
from migrate.errors import MigrateError, did_you_mean
from migrate.graph.cells import used_variables
from migrate.graph.chosen import Chosen
from migrate.graph.divided import Place, divide
from migrate.graph.find import find
from migrate.graph.functional import functional
from migrate.graph.inventory import graph_inventory
from migrate.graph.lists import WithoutGradientError
from migrate.graph.nodes import output
from migrate.graph.open import open_source
from migrate.graph.purposes import dropout_feeds, training_switches, usual_outputs
from migrate.graph.sizes import shape_of
from migrate.graph.thawed import thawed, trained_variables
from migrate.graph.values import values_of
from migrate.models.build import layer_of
from migrate.models.cells import assign_weights
from migrate.models.chain import connect
from migrate.models.graph_part import GraphPart, importable, packed


def model(
    source, *, graph=None, outputs=None, training=None, feeds=None
) -> keras.Model:
    """The Keras model of a whole graph: RNNs as layers, all else as it was.

    Args:
      source, graph: as in ``inspect``; there must be a graph.
      outputs: names of tensors; None: what ``graph.purposes.usual_outputs`` finds.
      training: the boolean placeholder that is the training switch, or "not " and its
        name; None: as the graph shows it.
      feeds: from placeholders to fixed values: one, or a pair for inference and
        training. Placeholders of dropout are at "nothing is dropped" if not given.

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
    return _Making(source).model(outputs, training, feeds or {})


class _Making:
    def __init__(self, source):
        self.source, self.graph = source, source.graph
        if self.graph.frozen:
            self.graph = thawed(self.graph, source.entries)
        self.found = find(self.graph)
        self.decided, self.values = [], []

    def model(self, outputs, training, feeds):
        outputs = self._outputs(outputs)
        fixed = self._fixed(training, feeds)
        sides = [Chosen(self.graph, values) for values in fixed]
        places = self._places(fixed)
        while True:
            owned = {
                name
                for place, _ in places
                for cell in place.rnn.cells
                for name in used_variables(cell)
            }
            divided = divide(
                self.graph, sides, [place for place, _ in places], outputs, owned
            )
            shared = owned & _read(divided)
            if not shared:
                return self._assemble(divided, places, outputs)
            places = self._without(places, shared)

    def _without(self, places, shared):
        """The places but for RNNs whose variables other operations use, too."""
        kept = []
        for place, cells in places:
            both = [n for c in place.rnn.cells for n in used_variables(c) & shared]
            if both:
                self.decided.append(
                    f"{place.rnn.scope} stays a loop: other operations use {both[0]}"
                )
            else:
                kept.append((place, cells))
        return kept

    def _outputs(self, outputs):
        if outputs is None:
            outputs = usual_outputs(self.graph, self.found)
            self.decided.append(f"outputs: {', '.join(map(_short, outputs))}")
        outputs = [_short(name) for name in outputs]
        for name in outputs:
            if output(name)[0] not in self.graph:
                raise MigrateError(
                    f"the graph {self.graph.label} has no tensor {name}"
                    f"{did_you_mean(name, self.graph)}"
                )
        return outputs

    def _fixed(self, training, feeds):
        """Values of placeholders in inference and in training."""
        both = {}, {}
        for switch in training_switches(self.graph, self.found, training):
            both[0][switch.name] = np.array(not switch.training)
            both[1][switch.name] = np.array(switch.training)
            self.decided.append(f"training switch: {switch.name}")
        for name, value in dropout_feeds(self.graph, self.found).items():
            if name not in feeds and self.graph.op(name) != "PlaceholderWithDefault":
                feeds = {**feeds, name: value}
                self.decided.append(f"{name}: {value:g}, nothing is dropped")
        for name, value in feeds.items():
            if name not in self.graph.placeholders:
                raise MigrateError(
                    f"the graph {self.graph.label} has no placeholder {name}"
                    f"{did_you_mean(name, self.graph.placeholders)}"
                )
            pair = value if isinstance(value, tuple) else (value, value)
            dtype = numpy_dtype(self.graph.placeholders[name])
            for values, one in zip(both, pair, strict=True):
                values[name] = np.asarray(one, dtype)
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

    def _assemble(self, divided, places, outputs):
        tensors = {name: self._input(name) for name in divided.inputs}
        inputs, made = dict(tensors), {}
        cells = {id(place): cells for place, cells in places}
        for level, (pair, takes, gives) in enumerate(
            zip(divided.parts, divided.takes, divided.gives, strict=True)
        ):
            self._run_part(level, pair, takes, gives, tensors)
            for place in divided.places:
                if place.level == level:
                    layers = self._layers(cells[id(place)], made)
                    tensors |= connect(place, layers, tensors)
        whole = keras.Model(inputs, {name: tensors[name] for name in outputs})
        self._fill()
        whole.decided = tuple(self.decided)
        return whole

    def _input(self, name):
        shape = shape_of(self.graph, name)
        if shape is None:
            raise MigrateError(
                f"the placeholder {name} of {self.graph.label} has no shape, so it can "
                f"be no input of a Keras model: give it a value (--feed {name}=VALUE)"
            )
        return keras.Input(
            batch_shape=shape,
            dtype=self.graph.placeholders[name],
            name=name.replace("/", "_"),
        )

    def _run_part(self, level, pair, takes, gives, tensors):
        new = [name for name in gives if name not in tensors]
        if not new:
            return
        graphs, used, written = [], {}, set()
        for side in pair:
            used |= dict.fromkeys(side.graph.values)
            written |= set(side.graph.handles)
            graph_def, names, why = self._importable(
                side, [*(side.fetched[name] for name in new), *side.also]
            )
            graphs.append(
                {
                    "graph": packed(graph_def),
                    "given": {name: side.given.get(name) for name in takes},
                    "values": side.graph.values,
                    "handles": side.graph.handles,
                    "gives": [_tensor(names[side.fetched[name]]) for name in new],
                    "also": [names[name] for name in side.also],
                    "stays": why,
                }
            )
        trained = trained_variables(self.graph)
        values = values_of(self.graph, list(used), self.source)
        variables = [
            {
                "name": name,
                "shape": list(array.shape),
                "dtype": array.dtype.name,
                "trainable": name in trained,
            }
            for name, array in values.items()
        ]
        layer = GraphPart(graphs, variables, name=f"graph_{level}")
        self.values.append((layer, values))
        found = layer({name: tensors[name] for name in takes})
        tensors |= dict(zip(new, found, strict=True))

    def _importable(self, side, wanted):
        """A side's GraphDef, where ``wanted`` are in it, and why it has no gradient."""
        graph_def = importable(side.graph.graph_def, self.graph.label)
        try:
            return *functional(graph_def, wanted, self.graph.label), None
        except WithoutGradientError as error:
            names = {name: name for name in wanted}
            return graph_def, names, [_loop(graph_def), str(error)]

    def _layers(self, cells, made):
        key = tuple(cell.scope for cell in cells)
        if key not in made:
            made[key] = []
            for cell in cells:
                weights = cell_weights(self.source, cell, Settings())
                layer = layer_of(
                    cell,
                    weights,
                    Settings().resolve(cell),
                    zero_output_for_mask=True,
                    return_state=True,
                    name=cell.scope.replace("/", "_"),
                )
                layer.build((None, None, weights.input_dim))  # names its weights
                assign_weights(layer.cell, weights)
                made[key].append(layer)
        return made[key]

    def _fill(self):
        for layer, values in self.values:
            for weight, array in zip(layer.old, values.values(), strict=True):
                weight.assign(array)


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


def _tensor(name):
    return name if ":" in name else f"{name}:0"


def _loop(graph_def):
    """The name of a loop in a GraphDef; None if it has none."""
    return next(
        (
            node.attr["frame_name"].s.decode().rstrip("/")
            for node in graph_def.node
            if node.op == "Enter"
        ),
        None,
    )


def _same(rnn, other):
    return [c.variables for c in rnn.cells] == [c.variables for c in other.cells]
