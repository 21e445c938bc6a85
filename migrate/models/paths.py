"""A Keras model as a tree of names: paths of its layers and weights.

The path of a layer joins names with ``/``: ``encoder/dense``. A part is a layer's name,
or the attribute that holds it (``forward_layer`` of a ``Bidirectional``, ``cell`` of an
``RNN``, ``self.encoder`` of a model of one's own); ``.`` is the model itself. A weight
follows its layer: ``encoder/dense/kernel``. The layer in a ``TimeDistributed`` may be
left out.
"""

from collections.abc import Iterator, Mapping

import keras

from migrate.errors import MigrateError

#: TensorFlow 1's names for weights that Keras calls otherwise: those of contrib.layers,
#: and of tf.layers in 1.0.
_SPELLINGS = {
    "weights": ("kernel", "embeddings"),
    "biases": ("bias",),
    "depthwise_weights": ("depthwise_kernel",),
    "pointwise_weights": ("pointwise_kernel",),
}
ROOT = "."


class Paths:
    """The layers and weights of a built model, by path.

    Args:
      model: a Keras model or layer.

    Attributes:
      weights: from each weight's first path of its own to it, in the model's order.
      unbuilt: paths of layers that have no weights yet.

    Raises:
      MigrateError: two weights have no path that tells them apart.
    """

    def __init__(self, model):
        self._layers, self._weights = {ROOT: [model]}, {}
        self.unbuilt = []
        self._walk("", model, ())
        first = {}
        for path, found in self._weights.items():
            if len(found) == 1:
                first.setdefault(id(found[0]), path)
        self.weights = {}
        for weight in model.weights:
            path = first.get(id(weight), weight.path)
            if path in self.weights:
                raise MigrateError(
                    "expected layers that names, or the attributes that hold them, "
                    f"tell apart. Received: two weights {path}; give their layers "
                    "other names"
                )
            self.weights[path] = weight

    def layer(self, path):
        """The one layer of a path; None if there is none, or more."""
        found = self._layers.get(path.removeprefix("./"), ())
        return found[0] if len(found) == 1 else None

    def weight(self, path):
        """The one weight of a path, with Keras's name of it or with TensorFlow 1's; or
        of the path of a layer that has just one; None if there is none, or more."""
        start, slash, last = path.removeprefix("./").rpartition("/")
        for name in (last, *_SPELLINGS.get(last, ())):
            found = self._weights.get(start + slash + name, ())
            if len(found) == 1:
                return found[0]
        layer = self.layer(path)
        if layer is not None and len(layer.weights) == 1:
            return layer.weights[0]
        return None

    def _walk(self, path, layer, above):
        if not layer.built:
            self.unbuilt.append(path or ROOT)
        inner, start = set(), f"{path}/" if path else ""
        for names, child in _children(layer):
            inner |= {id(weight) for weight in child.weights}
            for name in names:
                _add(self._layers, start + name, child)
                if child not in above:
                    self._walk(start + name, child, (*above, layer))
            if isinstance(layer, keras.layers.TimeDistributed):
                self._walk(path, child, (*above, layer))
        for weight in layer.weights:
            if id(weight) not in inner:
                _add(self._weights, start + weight.name, weight)


def _add(places, path, item):
    found = places.setdefault(path, [])
    if not any(item is other for other in found):
        found.append(item)


def _children(layer) -> Iterator[tuple[list[str], keras.Layer]]:
    """The layers directly within a layer, each once, with its names there."""
    attributes = [
        (name, child)
        for name, held in vars(layer).items()
        for child in _layers_in(held)
    ]
    if isinstance(layer, keras.Model):  # it holds others that are not its parts
        parts = layer.layers
    else:
        parts = [child for _, child in attributes]
    seen = []
    for child in parts:
        if any(child is other for other in seen):
            continue
        seen.append(child)
        own = [
            name
            for name, other in attributes
            if other is child and getattr(layer, name, None) is child
        ]
        yield list(dict.fromkeys([child.name, *own])), child


def _layers_in(held):
    if isinstance(held, keras.Layer):
        return [held]
    if isinstance(held, Mapping):
        held = held.values()
    elif not isinstance(held, list | tuple):
        return []
    return [item for item in held if isinstance(item, keras.Layer)]
