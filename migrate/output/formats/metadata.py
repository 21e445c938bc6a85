"""What the weights of an RNN are, in strings, for programs that do not read Keras.

``docs/reference/safetensors.md`` describes the names for people.
"""

import json

import keras

from bnlstm_compat import spec
from migrate.cells import networks
from migrate.cells.plain import GRU_GATES, LSTM_GATES
from migrate.models.cells import find_cells, target_of

_LSTM = {"f": "forget", "i": "input", "j": "candidate", "o": "output"}
_GRU = {"z": "update", "r": "reset", "h": "candidate"}
#: From a Keras layer to the names of its gates, in their order along the last axis.
GATES = {
    "BNLSTM": [_LSTM[gate] for gate in spec.GATES],
    "LSTM": [_LSTM[gate] for gate in LSTM_GATES],
    "GRU": [_GRU[gate] for gate in GRU_GATES],
}
_LAYOUT = (
    "x[B,D] @ kernel[D,G*H] and h[B,H] @ recurrent_kernel[H,G*H]: G gates side by "
    "side, each of H units, in the order of gates"
)
_SETTINGS = {
    "BNLSTM": (
        "max_bn_steps",
        "epsilon",
        "momentum",
        "padding",
        "overflow",
        "affine_per_step",
    ),
    "LSTM": (),
    "GRU": ("reset_after",),
}


def metadata_of(model) -> dict[str, str]:
    """The metadata of a model that holds one RNN."""
    cells, kinds = find_cells(model)
    (network,) = kinds
    both = network in (networks.BIDIRECTIONAL, networks.BIDIRECTIONAL_STACK)
    depth = len(cells) // 2 if both else len(cells)
    found = {"network": network, "cells": str(len(cells)), "layout": _LAYOUT}
    for number, cell in enumerate(cells):
        place = {
            "direction": "backward" if number >= depth else "forward",
            "layer": str(number % depth),
        }
        for name, value in {**place, **_cell(cell)}.items():
            found[f"cell_{number}.{name}"] = value
    return found


def _cell(cell):
    """Of one cell, name to string."""
    kind = target_of(cell)
    names = {name: getattr(cell, name) for name in _SETTINGS[kind]}
    return {
        "type": kind,
        "gates": ",".join(GATES[kind]),
        "input_dim": str(cell.kernel.shape[0]),
        "units": str(cell.units),
        **{
            name: keras.activations.serialize(getattr(cell, name))
            for name in ("activation", "recurrent_activation")
        },
        **{
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in names.items()
        },
    }
