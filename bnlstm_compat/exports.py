"""Whether a graph is being made to leave Keras: by an export, or a converter.

Other programs hold neither what XLA compiled nor, all of them, TensorArrays, and so
``mode="auto"`` takes another form there. Nothing in the arguments of a call tells an
export from any other graph, so the frames of the callers are asked. A graph that was
made before it is handed over, as to ``TFLiteConverter.from_concrete_functions``, has to
be made in ``exporting``.
"""

import contextlib
import contextvars
import sys

#: Modules that make graphs to hand them on. Private names of Keras and TensorFlow: where
#: they move, the tests of exports fail.
_EXPORTERS = (
    "keras.src.export",
    "tensorflow.lite.python",
    "tensorflow.python.saved_model",
    "tf2onnx",
)
_asked = contextvars.ContextVar("exporting", default=False)


@contextlib.contextmanager
def exporting():
    """In it, graphs are made in the form that exports take.

    ``model.export``, ``keras.export.ExportArchive`` and ``TFLiteConverter.
    from_keras_model`` need no word. For a function that is traced before it is
    converted::

        with bnlstm_compat.exporting():
            served = tf.function(model).get_concrete_function(tf.TensorSpec(shape))
        converter = tf.lite.TFLiteConverter.from_concrete_functions([served], model)
    """
    token = _asked.set(True)
    try:
        yield
    finally:
        _asked.reset(token)


def going_on() -> bool:
    """Whether the graph at hand is made for an export."""
    if _asked.get():
        return True
    frame = sys._getframe(1)
    while frame is not None:
        if (frame.f_globals.get("__name__") or "").startswith(_EXPORTERS):
            return True
        frame = frame.f_back
    return False
