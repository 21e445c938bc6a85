"""Names that ``tf.keras`` of 1.15 gave to layers and their variables.

Keras 2 has since put a recurrent cell's variables below the cell's name, and writes
``ConvLSTM2D`` in snake case as ``conv_lstm2d``.
"""

import contextlib
import re
import types

from tf_keras.src.engine import base_layer, base_layer_v1
from tf_keras.src.layers.rnn import base_rnn, stacked_rnn_cells
from tf_keras.src.utils import generic_utils


def to_snake_case(name):
    """1.15's rule: ``ConvLSTM2D`` is ``conv_lst_m2d``, ``VGG16`` is ``vg_g16``.

    >>> to_snake_case("ConvLSTM2D"), to_snake_case("_Cell")
    ('conv_lst_m2d', 'private__cell')
    """
    words = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    words = re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()
    return f"private{words}" if words.startswith("_") else words


def _without_scopes(backend):
    """``backend`` for a module that opens name scopes for cells only: none are made."""
    found = types.ModuleType(backend.__name__)
    found.__getattr__ = lambda name: getattr(backend, name)
    found.name_scope = lambda name: contextlib.nullcontext()
    return found


def install():
    """Gives this process's Keras the names of 1.15."""
    for module in (generic_utils, base_layer, base_layer_v1):
        module.to_snake_case = to_snake_case
    for module in (base_rnn, stacked_rnn_cells):
        module.backend = _without_scopes(module.backend)
