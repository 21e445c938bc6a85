"""A part of an old graph as a Keras layer: its operations, its variables as weights."""

import base64
import contextlib
import zlib

import keras
import numpy as np
import tensorflow as tf

from migrate.errors import MigrateError


class OldVariables(keras.layers.Layer):
    """A layer whose weights are variables of an old graph, with their names as paths.

    Attributes:
      old: the weights; zero at first. described: what ``hold`` was given.
    """

    def hold(self, variables):
        """Makes the weights: of each variable ``name``, ``shape``, ``dtype``,
        ``trainable``."""
        self.described = [dict(item) for item in variables]
        self.old = [_variable(item) for item in variables]

    @property
    def by_variable(self) -> dict:
        """The weights by the names of the variables that they were."""
        names = [item["name"] for item in self.described]
        return dict(zip(names, self.old, strict=True))


@keras.saving.register_keras_serializable(package="migrate")
class GraphPart(OldVariables):
    """Runs operations of a TensorFlow 1 graph as they are.

    Args:
      graphs: for inference and for training, as a pair of dicts. ``graph``: GraphDef,
        serialized, compressed, in base64; ``given``, ``values``, ``handles``: names of
        its placeholders, from tensor or variable; ``gives``: names of its tensors, in
        the order of the outputs; ``shapes``: what is known of theirs; ``also``: nodes
        that run besides; ``stays``: None if it has a gradient, else what has none, and
        why.
      variables: of each variable ``name``, ``shape``, ``dtype``, ``trainable``.

    Takes a dict from tensors to arrays; gives a list of tensors. Weights have the
    variables' names as paths and start at zero.
    """

    def __init__(self, graphs, variables, **options):
        super().__init__(**options)
        self._functions = _Functions(graphs)
        self.hold(variables)
        self.built = True
        self.supports_masking = True  # A mask goes no further, and nobody need warn.

    def compute_mask(self, inputs, previous=None):
        """None: what the operations give has no mask."""
        del inputs, previous

    def call(self, inputs, training=None):
        part = self._functions.graphs[bool(training)]
        weights = self.by_variable
        tensors = [(part["given"][n], tf.convert_to_tensor(inputs[n])) for n in inputs]
        feeds = {name: tensor for name, tensor in tensors if name is not None}
        for name, placeholder in part["values"].items():
            feeds[placeholder] = tf.convert_to_tensor(weights[name])
        for name, placeholder in part["handles"].items():
            feeds[placeholder] = weights[name].value.handle
        function = self._functions(bool(training), feeds)
        if part["stays"] is not None:
            function = _without_gradient(function, *part["stays"])
        return function(*feeds.values())

    def get_config(self):
        return super().get_config() | {
            "graphs": list(self._functions.graphs),
            "variables": [dict(item) for item in self.described],
        }


class _Functions:
    """The part as functions, made when they are called first, which a GradientTape
    differentiates; of known shapes where a graph is traced, of any where it runs at
    once. (No attribute of a Keras layer: Keras would try to save a dict of them.)"""

    def __init__(self, graphs):
        self.graphs, self._made = tuple(graphs), {}

    def __call__(self, training, feeds):
        eager = tf.executing_eagerly()
        specs = [
            tf.TensorSpec(None if eager else tensor.shape, tensor.dtype)
            for tensor in feeds.values()
        ]
        key = (training, tuple(feeds), tuple(map(str, specs)))
        if key not in self._made:
            with tf.init_scope():
                self._made[key] = _function(self.graphs[training], tuple(feeds), specs)
        return self._made[key]


def _without_gradient(function, what, why):
    """A function whose gradient is an error: TensorFlow cannot differentiate loops of
    version 1 that it did not build itself."""

    @tf.custom_gradient
    def run(*tensors):
        def gradient(*_, **__):
            raise MigrateError(
                f"{what} runs as it was and has no gradient ({why}), so that what "
                "stands before it, and its own weights, cannot be trained: set "
                "trainable = False on that layer"
            )

        return function(*map(_unwatched, tensors)), gradient

    return run


def _unwatched(tensor):
    return tensor if tensor.dtype == tf.resource else tf.stop_gradient(tensor)


def packed(graph_def) -> str:
    """A GraphDef as text for a layer's configuration."""
    data = graph_def.SerializeToString(deterministic=True)
    return base64.b64encode(zlib.compress(data, 9)).decode()


def _variable(item):
    """A Keras variable whose path is its old name."""
    scope, _, last = item["name"].rpartition("/")
    zeros = np.zeros(item["shape"], item["dtype"])
    with contextlib.ExitStack() as stack:
        for part in filter(None, scope.split("/")):
            stack.enter_context(keras.name_scope(part))
        return keras.Variable(
            zeros, dtype=item["dtype"], trainable=item["trainable"], name=last
        )


def _function(part, names, specs):
    graph_def = tf.compat.v1.GraphDef.FromString(
        zlib.decompress(base64.b64decode(part["graph"]))
    )

    ranks = [spec.shape.rank for spec in specs]  # None: all run at once

    def run(*tensors):
        wanted = [*part["gives"], *part["also"]]
        found = tf.import_graph_def(
            graph_def,
            input_map=dict(zip(names, tensors, strict=True)),
            return_elements=wanted,
            name="",
        )
        outputs = found[: len(part["gives"])]
        for output, shape in zip(outputs, part["shapes"], strict=True):
            output.set_shape(shape)
            if output.shape.rank is None and None not in ranks:
                raise ValueError(f"the graph does not say the shape of {output.name}")
        with tf.control_dependencies(found[len(outputs) :]):
            return [tf.identity(output) for output in outputs]

    return tf.compat.v1.wrap_function(run, specs)
