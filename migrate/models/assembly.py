"""A divided graph as one Keras model: its parts and layers, connected and filled."""

import functools

import keras
import tensorflow as tf

from migrate.cells.at_steps import at_each_step
from migrate.cells.layouts import layout_of
from migrate.cells.networks import common_scope
from migrate.cells.settings import Settings
from migrate.cells.values import cell_weights
from migrate.errors import MigrateError
from migrate.graph.functional import functional
from migrate.graph.importable import importable, with_shapes
from migrate.graph.known_layers import KnownLayer
from migrate.graph.lists import WithoutGradientError
from migrate.graph.sizes import shape_of
from migrate.graph.thawed import trained_variables
from migrate.graph.values import values_of
from migrate.models.build import layer_of
from migrate.models.chain import connect
from migrate.models.graph_part import GraphPart, packed
from migrate.models.known import known_layer
from migrate.models.model import WholeModel
from migrate.models.offsets import BNLSTM, cell_assignment
from migrate.models.origins import layer_name
from migrate.models.terms import AddTerms


class Assembly:
    """Makes the model.

    Args:
      graph: the whole ``Graph``. source: has the variables' values.
      divided: ``graph.divided.Divided`` of it.
      cells: from a place's id to its cells.
      regularizers: from a cell's scope to the options of its layer.
      terms: the regularisation terms of the known layers' variables.
    """

    def __init__(self, graph, source, divided, cells, regularizers, terms):
        self.graph, self.source, self.divided = graph, source, divided
        self.cells, self.regularizers, self.terms = cells, regularizers, terms
        self.names = {layer_name(c.scope) for own in cells.values() for c in own}
        self.trained = trained_variables(graph)
        self.tensors = {name: self._input(name) for name in divided.inputs}
        self.inputs, self.made, self.values = dict(self.tensors), {}, []

    def model(self, outputs, terms=()) -> keras.Model:
        """The model that gives ``outputs`` and adds the scalars ``terms`` to its
        losses."""
        divided = self.divided
        for level, part in enumerate(
            zip(divided.parts, divided.takes, divided.gives, strict=True)
        ):
            self._run_part(level, *part)
            for place in divided.places:
                if place.level == level:
                    self._place(place)
        given = {name: self.tensors[name] for name in outputs}
        for name, tensor in given.items():
            if not isinstance(tensor, keras.KerasTensor):
                raise MigrateError(
                    f"the output {name} of {self.graph.label} depends on no input of "
                    "the model: name outputs that do"
                )
        if terms:
            first = next(iter(given))
            added = AddTerms(name="regularization")
            given[first] = added(given[first], [self.tensors[name] for name in terms])
        whole = WholeModel(self.inputs, given)
        for layer, values in self.values:
            for weight, array in zip(layer.old, values.values(), strict=True):
                weight.assign(array)
        return whole

    def _input(self, name):
        shape = shape_of(self.graph, name)
        if not shape:
            what = "has no known shape" if shape is None else "is one number"
            raise MigrateError(
                f"the placeholder {name} of {self.graph.label} {what}, so it can be no "
                f"input of a Keras model: give it a value (--feed {name}=VALUE)"
            )
        return keras.Input(
            batch_shape=shape,
            dtype=self.graph.placeholders[name],
            name=layer_name(name),
        )

    def _run_part(self, level, pair, takes, gives):
        new = [name for name in gives if name not in self.tensors]
        if not new:
            return
        graphs, used = [], {}
        for side in pair:
            used |= dict.fromkeys(side.graph.values)
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
                    "shapes": [shape_of(self.graph, name) for name in new],
                    "also": [names[name] for name in side.also],
                    "stays": why,
                }
            )
        values, variables = self._variables(used)
        layer = GraphPart(graphs, list(variables.values()), name=f"graph_{level}")
        self.values.append((layer, values))
        inputs = {name: self.tensors[name] for name in takes}
        found = self._called(layer, inputs, new[0])
        self.tensors |= dict(zip(new, found, strict=True))

    def _variables(self, names):
        """The values of variables, and what a layer that holds them is told."""
        values = values_of(self.graph, list(names), self.source)
        return values, {
            name: {
                "name": name,
                "shape": list(array.shape),
                "dtype": array.dtype.name,
                "trainable": name in self.trained,
            }
            for name, array in values.items()
        }

    def _called(self, layer, inputs, what):
        try:
            return layer(inputs)
        except (ValueError, TypeError, tf.errors.OpError) as error:
            raise MigrateError(
                f"TensorFlow cannot build what gives {what} in {self.graph.label}: "
                f"{_reason(error)}"
            ) from error

    def _importable(self, side, wanted):
        """A side's GraphDef, where ``wanted`` are in it, and why it has no gradient."""
        shapes = {
            placeholder: self.graph.variables[name].shape
            for name, placeholder in side.graph.values.items()
        }
        for name, placeholder in side.given.items():
            shapes[placeholder] = tuple(self.tensors[name].shape)
        graph_def = importable(side.graph.graph_def, self.graph.label)
        graph_def = with_shapes(graph_def, shapes)
        try:
            return *functional(graph_def, wanted, self.graph.label), None
        except WithoutGradientError as error:
            names = {name: name for name in wanted}
            return graph_def, names, [_loop(graph_def), str(error)]

    def _place(self, place):
        """Puts layers where an RNN or a layer of the graph was."""
        if isinstance(place, KnownLayer):
            layer = self._known(place)
            inputs = self.tensors[place.input]
            self.tensors[place.output] = self._called(layer, inputs, place.output)
        else:
            layers = self._layers(self.cells[id(place)])
            self.tensors |= connect(place, layers, self.tensors)

    def _known(self, place):
        if place.key not in self.made:
            values, variables = self._variables(place.weights.values())
            described = {w: variables[name] for w, name in place.weights.items()}
            scope = common_scope(name.rpartition("/")[0] for name in variables)
            name = layer_name(scope or next(iter(variables)))
            while name in self.names:
                name += "_"
            self.names.add(name)
            layer = known_layer(place, described, name, self.terms)
            self.values.append((layer, values))
            self.made[place.key] = layer
        return self.made[place.key]

    def _layers(self, cells):
        key = tuple(cell.scope for cell in cells)
        if key not in self.made:
            self.made[key] = [
                cell_layer(
                    cell,
                    self.source,
                    return_state=True,
                    **self.regularizers[cell.scope],
                )
                for cell in cells
            ]
        return self.made[key]


def cell_layer(cell, source, **options) -> keras.layers.RNN:
    """The layer of a cell, filled."""
    weights = cell_weights(source, cell, Settings())
    offsets = layout_of(cell).further_offsets
    if offsets:
        by_step = {name: at_each_step(pattern) for name, pattern in offsets.items()}
        options["bnlstm"] = functools.partial(BNLSTM, offsets=by_step)
    layer = layer_of(
        cell,
        weights,
        Settings().resolve(cell),
        zero_output_for_mask=True,
        name=layer_name(cell.scope),
        **options,
    )
    layer.build((None, None, weights.input_dim))  # names its weights
    assignment = cell_assignment(layer.name, layer.cell, cell)
    assignment.assign(assignment.read(source, Settings()))
    return layer


def _tensor(name):
    return name if ":" in name else f"{name}:0"


def _reason(error):
    """What was wrong at first, in one line."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    return " ".join(str(error).split())[:300]


def _loop(graph_def):
    """What is in a GraphDef that keeps it from having a gradient, for people."""
    for node in graph_def.node:
        if node.op == "Enter":
            return f"the loop {node.attr['frame_name'].s.decode().rstrip('/')}"
    return "a condition of the graph"
