"""The Keras side: cells inside layers, and what they need to take a cell's weights."""

import keras
import numpy as np

from bnlstm_compat import BNLSTM, BNLSTMCell, backend
from migrate.cells import networks
from migrate.cells.plain import PlainWeights
from migrate.errors import MigrateError

_CELLS = {
    "BNLSTM": BNLSTMCell,
    "LSTM": keras.layers.LSTMCell,
    "GRU": keras.layers.GRUCell,
}
_LAYERS = (BNLSTM, keras.layers.LSTM, keras.layers.GRU)
_PLAIN = ("kernel", "recurrent_kernel", "bias")


def target_of(cell) -> str | None:
    """The name by which ``Layout.target`` calls a Keras cell's layer; None: unknown."""
    return next((name for name, kind in _CELLS.items() if isinstance(cell, kind)), None)


def cells_of(layer):
    """The Keras cells of a recurrent layer or model, in the order of ``RNN.cells``."""
    return find_cells(layer)[0]


def find_cells(layer):
    """The Keras cells to fill, and the kinds of RNN that they can be.

    Raises:
      MigrateError: the layer is none that could be filled.
    """
    if target_of(layer) is not None:
        return [layer], {networks.SINGLE}
    if isinstance(layer, keras.layers.Bidirectional):
        ends = (layer.forward_layer, layer.backward_layer)
        if all(isinstance(end, _LAYERS) for end in ends):
            return [end.cell for end in ends], {networks.BIDIRECTIONAL}
    if isinstance(layer, keras.layers.RNN):
        inner = getattr(layer.cell, "cells", [layer.cell])
        if all(target_of(cell) for cell in inner):
            kind = networks.STACK if len(inner) > 1 else networks.SINGLE
            return list(inner), {kind}
    if isinstance(layer, dict) and list(layer) == ["forward", "backward"]:
        ends = [find_cells(layer[end])[0] for end in layer]
        if len(ends[0]) == len(ends[1]):
            single = len(ends[0]) == 1
            kind = networks.BIDIRECTIONAL if single else networks.BIDIRECTIONAL_STACK
            return ends[0] + ends[1], {kind}
    if isinstance(layer, keras.Sequential | list | tuple):
        return _chain(layer)
    if isinstance(layer, keras.Model):
        ends = [
            [item for item in layer.layers if item.name.startswith(f"{end}_")]
            for end in ("forward", "backward")
        ]
        ends = [[x for x in end if isinstance(x, _LAYERS)] for end in ends]
        inside = {id(w) for end in ends for item in end for w in item.weights}
        whole = inside.issuperset(map(id, layer.weights))
        if whole and ends[0] and len(ends[0]) == len(ends[1]):
            cells = [item.cell for end in ends for item in end]
            return cells, {networks.BIDIRECTIONAL_STACK}
    raise _not_a_layer(layer)


def _chain(layer):
    members = layer.layers if isinstance(layer, keras.Sequential) else layer
    parts = [find_cells(member) for member in members]
    if len(parts) == 1:
        return parts[0]
    if parts and all(kinds == {networks.SINGLE} for _, kinds in parts):
        return [cell for cells, _ in parts for cell in cells], {networks.STACK}
    raise _not_a_layer(layer)


def _not_a_layer(layer):
    return MigrateError(
        "expected a BNLSTM (or LSTM, GRU), a Bidirectional of it, a stack of such "
        "layers, or dict(forward=stack, backward=stack); a model with other layers "
        f"takes a map. Received: layer={layer!r}"
    )


def weights_of(cell):
    """A Keras cell's weights, as its layouts take them."""
    if isinstance(cell, BNLSTMCell):
        return cell.export_weights()
    return PlainWeights(*(backend.array(getattr(cell, name)) for name in _PLAIN))


def assign_weights(cell, weights):
    """Sets all weights of a Keras cell, building it if need be."""
    if not cell.built:
        cell.build((None, weights.input_dim))
        cell.built = True
    if isinstance(cell, BNLSTMCell):
        cell.import_weights(weights)
        return
    for name in _PLAIN:
        getattr(cell, name).assign(np.asarray(getattr(weights, name)))


def incompatibilities(target, scope, layout, weights) -> list[str]:
    """Sentences on why a Keras cell cannot take the weights found under ``scope``."""
    wanted = target_of(target)
    if wanted != layout.target:
        return [
            f"{scope} needs a {layout.target} layer ({layout.summary}), not {wanted}"
        ]
    problems = []
    options = ["units"]
    if wanted == "BNLSTM":
        options += ["max_bn_steps", "affine_per_step"]
    for what in options:
        if getattr(target, what) != getattr(weights, what):
            problems.append(
                f"{scope} has {what}={getattr(weights, what)}, the layer has "
                f"{what}={getattr(target, what)}"
            )
    if target.variable_dtype != weights.dtype.name:
        problems.append(
            f"{scope} is {weights.dtype}, the layer {target.variable_dtype}: make it "
            f"with dtype={weights.dtype.name!r}"
        )
    if target.built and target.kernel.shape[0] != weights.input_dim:
        problems.append(
            f"{scope} takes inputs of {weights.input_dim} features, the layer was "
            f"built for {target.kernel.shape[0]}"
        )
    if wanted == "GRU" and target.reset_after != (weights.bias.ndim == 2):
        problems.append(f"{scope} needs reset_after={not target.reset_after}")
    if wanted != "BNLSTM" and not target.use_bias:
        problems.append(f"{scope} needs use_bias=True")
    return problems
