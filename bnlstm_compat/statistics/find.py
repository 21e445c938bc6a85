"""The batch-normalised cells inside a Keras model, wherever they stand."""

from typing import NamedTuple

import keras

from bnlstm_compat import keras_private
from bnlstm_compat.cell import BNLSTMCell
from bnlstm_compat.layer import BNLSTM


class Found(NamedTuple):
    """A cell: the name that it goes by, itself, and its ``BNLSTM`` or None."""

    name: str
    cell: BNLSTMCell
    layer: BNLSTM | None


def layers_in(model: keras.layers.Layer) -> list[keras.layers.Layer]:
    """All layers inside a layer or model, and itself, each once.

    Raises:
      ValueError: for anything else.
    """
    if not isinstance(model, keras.layers.Layer):
        raise ValueError(f"Expected a Keras layer or model. Received: model={model!r}")
    found = {}

    def visit(layer):
        if id(layer) not in found:
            found[id(layer)] = layer
            for inner in keras_private.layers_inside(layer):
                visit(inner)

    visit(model)
    return list(found.values())


def cells_in(model: keras.layers.Layer) -> list[Found]:
    """Every cell in a model, in the order of the layers.

    A cell goes by the name of its ``BNLSTM``, or its own inside ``keras.layers.RNN``;
    a name that comes again is numbered.

    Raises:
      ValueError: without a cell, or where one is not built.
    """
    layers = layers_in(model)
    owners = {id(layer.cell): layer for layer in layers if isinstance(layer, BNLSTM)}
    found: list[Found] = []
    seen: dict[str, int] = {}
    for cell in layers:
        if not isinstance(cell, BNLSTMCell):
            continue
        layer = owners.get(id(cell))
        name = (cell if layer is None else layer).name
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = f"{name}#{seen[name]}"
        if not cell.built:
            raise ValueError(
                f"Layer '{name}' has no weights yet; build the model, or call it once "
                f"on data. Received: model={model!r}"
            )
        found.append(Found(name, cell, layer))
    if not found:
        raise ValueError(
            "Expected a model with at least one BNLSTM or BNLSTMCell, whose population "
            f"statistics are meant. Received: model={model!r}"
        )
    return found
