"""What differs between Keras's backends, behind one set of names.

``current`` is the module of the backend in use: ``on_tensorflow``, ``on_jax`` or
``on_torch``. Each has the same functions, described in ``on_tensorflow``. All else is
written in ``keras.ops``.
"""

import importlib
from typing import Any

import numpy as np

_EXTRAS = {"jax": "jax", "jaxlib": "jax", "torch": "torch"}

try:
    import keras
except ModuleNotFoundError as error:
    extra = _EXTRAS.get((error.name or "").partition(".")[0])
    if extra is None:
        raise
    raise ModuleNotFoundError(
        "Keras is set to a backend (by KERAS_BACKEND, or keras.json) that needs "
        f"{extra}, which is not installed. Install it (pip install {extra}), or set "
        "KERAS_BACKEND=tensorflow",
        name=error.name,
    ) from None

BACKENDS = ("tensorflow", "jax", "torch")
#: The name of the backend in use.
NAME = keras.backend.backend()

if NAME not in BACKENDS:
    raise ImportError(
        f"bnlstm_compat expects Keras on one of {', '.join(BACKENDS)}. Received: "
        f"the backend {NAME!r}; set KERAS_BACKEND before Keras is imported"
    )
current = importlib.import_module(f"bnlstm_compat.backend.on_{NAME}")


def array(variable: Any) -> np.ndarray:
    """The value of a Keras variable or tensor as a NumPy array of its own."""
    value = keras.ops.convert_to_tensor(variable)
    if NAME == "tensorflow":  # of a tf.Variable, Keras's way makes NumPy warn
        return np.asarray(value.numpy())
    value = keras.ops.convert_to_numpy(value)
    # torch's arrays are the variable's own memory.
    return np.array(value) if NAME == "torch" else value
