"""Whether a Keras layer's own options are the settings of the cell that fills it."""

import keras
import numpy as np

from migrate.cells.settings import ASSUMED, Settings

# From a setting to the option of a Keras cell that holds it; the forget bias is none,
# as it goes into an offset.
_OPTIONS = {
    "epsilon": "epsilon",
    "decay": "momentum",
    "activation": "activation",
    "recurrent_activation": "recurrent_activation",
}


def disagreements(target, cell, settings: Settings) -> list[str]:
    """Sentences on settings that are given, or that the graph shows, and that a Keras
    cell has otherwise.

    Args:
      target: the Keras cell. cell: what fills it. settings: what the user gives.
    """
    found = []
    for name, known in settings.known(cell).items():
        option = _OPTIONS.get(name)
        own = _value(target, option)
        if own is None or known.origin == ASSUMED or _same(own, known.value):
            continue
        found.append(
            f"{cell.scope} computes with {name} {known}, the layer has {option}={own}: "
            f"make it with {option}={known.value!r}"
        )
    return found


def assumptions(target, cell, settings: Settings) -> list[str]:
    """The settings, with their values, that nobody said: what the layer has is taken to
    be the checkpoint's."""
    found = []
    for name, known in settings.known(cell).items():
        if known.origin == ASSUMED:
            own = _value(target, _OPTIONS.get(name))
            found.append(f"{name} {known.value if own is None else own}")
    return found


def _value(target, option):
    """A Keras cell's option, as a number or a name; None if it has none."""
    if option is None or not hasattr(target, option):
        return None
    value = getattr(target, option)
    return keras.activations.serialize(value) if callable(value) else value


def _same(own, value):
    if isinstance(own, str) or isinstance(value, str):
        return own == value
    return np.float32(own) == np.float32(value)
