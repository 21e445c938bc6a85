"""Whether a graph is made to leave TensorFlow, and for which target.

Other programs cannot run what XLA compiled, and LiteRT has no TensorArrays of its own.
``mode="auto"`` then takes a form that the target can run. Nothing in the arguments of a
call tells an export from another graph, so the frames of the callers are asked. A
function that is traced before it is handed to a converter needs ``exporting``.
"""

import contextlib
import contextvars
from collections.abc import Iterator

from bnlstm_compat import keras_private

#: What graphs are made for. In "tensorflow" a loop of TensorFlow's with TensorArrays is
#: fastest, and ONNX has an equal of it; in "litert" the loop does without.
LITERT, TENSORFLOW = "litert", "tensorflow"
TARGETS = {"litert": LITERT, "onnx": TENSORFLOW, "saved_model": TENSORFLOW}
_asked: contextvars.ContextVar[str | None]
_asked = contextvars.ContextVar("exporting", default=None)


@contextlib.contextmanager
def exporting(format: str) -> Iterator[None]:
    """In this context ``BNLSTM`` layers are traced for a target.

    ``model.export``, ``keras.export.ExportArchive`` and
    ``TFLiteConverter.from_keras_model`` do not need it. It is for functions that are
    traced first and converted later (``TFLiteConverter.from_concrete_functions``), and
    for a SavedModel that LiteRT is to read.

    Args:
      format: "litert", "onnx" or "saved_model".

    Raises:
      ValueError: for another format.

    Source: LiteRT's documentation, "Select TensorFlow operators".
    """
    if format not in TARGETS:
        expected = " or ".join(map(repr, TARGETS))
        raise ValueError(f"Expected the format {expected}. Received: format={format!r}")
    token = _asked.set(TARGETS[format])
    try:
        yield
    finally:
        _asked.reset(token)


def target() -> str | None:
    """``LITERT`` or ``TENSORFLOW`` while a graph is made for an export, else None."""
    return _asked.get() or keras_private.exporter()
