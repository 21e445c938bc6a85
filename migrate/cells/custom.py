"""Layouts of one's own: a definition, which is plain data, and the layout that it is.

A definition is what a layout file holds, what is read from a graph, and what a
``report.json`` keeps::

    {"name": "mine",
     "family": "bn-lstm",            # or "lstm", "gru"
     "gates": "ijfo",                # the order along the last axis of the kernels
     "per_step": True,               # bn-lstm: statistics have a row for each step
     "reset_after": False,           # gru: the reset gate acts behind the matrix
     "variables": {"kernel_x": "kernel", ...},    # own name inside the scope -> role
     "ignore": ["dropout_mask"],     # patterns of what is no part of the cell
     "settings": {"epsilon": 0.001, "activation": "tanh", ...}}

Roles of a bn-lstm: the weights of ``bnlstm_compat.spec``, and the offsets
``input_beta`` and ``bias``; an own name with ``{t}`` stands for a variable at each
step. Roles of an lstm: ``kernel`` [D+H,4H] for input and state together, or ``kernel``
[D,4H] and ``recurrent_kernel`` [H,4H]; ``bias``, ``recurrent_bias``. Roles of a gru:
see ``GRU_KINDS``. Gates are called f, i, o, j (the candidate) in an LSTM, and r
(reset), u (update), j in a GRU.
"""

from collections.abc import Mapping
from typing import Any

from bnlstm_compat import spec
from migrate.cells.at_steps import at_each_step
from migrate.cells.base import Layout
from migrate.cells.gru import CUDNN_GRU_SHAPES, GRU, GRU_SHAPES, CudnnGRU
from migrate.cells.gru_separate import SeparateGRU
from migrate.cells.lstm import LSTM, LSTM_SHAPES
from migrate.cells.normalised import Normalised, axes

NORMALISED, PLAIN_LSTM, PLAIN_GRU = FAMILIES = ("bn-lstm", "lstm", "gru")
#: The settings of each family that a checkpoint does not hold, with the values that are
#: assumed if a definition does not say them.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    NORMALISED: {
        "epsilon": spec.EPSILON,
        "decay": spec.MOMENTUM,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "forget_bias": 0.0,
    },
    PLAIN_LSTM: {
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "forget_bias": 0.0,
    },
    PLAIN_GRU: {"activation": "tanh", "recurrent_activation": "sigmoid"},
}
#: From the letters of a definition's gates to those of ``migrate.cells.gru``.
_GRU_LETTERS = str.maketrans("uj", "zh")
_SEPARATE = {"kernel": ("D", "3H"), "recurrent_kernel": ("H", "3H")}
_BIASES = {"bias": ("3H",), "recurrent_bias": ("3H",)}
#: The ways to keep a GRU: required roles, optional ones, letters of its gates.
GRU_KINDS = (
    (GRU_SHAPES, {}, "ru"),
    (CUDNN_GRU_SHAPES, {}, "ru"),
    (_SEPARATE, _BIASES, "ruj"),
)
_SEPARATE_LSTM = {"kernel": ("D", "4H"), "recurrent_kernel": ("H", "4H")}
_LSTM_BIASES = {"bias": ("4H",), "recurrent_bias": ("4H",)}


def layout(definition: Mapping) -> Layout:
    """The layout that a valid definition describes; ``definition`` gives it back."""
    make = {NORMALISED: _normalised, PLAIN_LSTM: _lstm, PLAIN_GRU: _gru}
    family = definition["family"]
    return make[family](
        definition=definition,
        name=definition["name"],
        summary="a layout of one's own",
        defaults={**DEFAULTS[family], **definition.get("settings", {})},
    )


def _normalised(definition, **common):
    roles = dict(definition["variables"])
    per_step = definition.get("per_step", True) or any(
        at_each_step(name) for name, role in roles.items() if role in spec.STATISTICS
    )
    return Normalised(
        target="BNLSTM",
        shapes={
            name: axes(role, per_step)
            for name, role in roles.items()
            if not at_each_step(name)
        },
        roles=roles,
        gates=definition.get("gates", "".join(spec.GATES)),
        per_step=per_step,
        definition=definition,
        **common,
    )


def _lstm(definition, **common):
    roles = dict(definition["variables"])
    joined = "recurrent_kernel" not in roles.values()
    axes_of = _LSTM_BIASES | (LSTM_SHAPES if joined else _SEPARATE_LSTM)
    return LSTM(
        target="LSTM",
        shapes={name: axes_of[role] for name, role in roles.items()},
        roles=roles,
        gates=definition["gates"],
        definition=definition,
        **common,
    )


def _gru(definition, **common):
    spelling = {role: name for name, role in definition["variables"].items()}
    common |= {
        "target": "GRU",
        "definition": definition,
        "spelling": spelling,
        "gates": definition["gates"].translate(_GRU_LETTERS),
    }
    if "recurrent_kernel" in spelling:
        axes_of = _SEPARATE | _BIASES
        return SeparateGRU(
            shapes={role: axes_of[role] for role in spelling},
            reset_after=definition.get("reset_after", False),
            **common,
        )
    if "candidate/kernel" in spelling:
        return GRU(shapes=GRU_SHAPES, **common)
    return CudnnGRU(shapes=CUDNN_GRU_SHAPES, **common)
