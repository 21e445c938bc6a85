"""Every private name of Keras and TensorFlow that this package uses, and why.

Neither library promises that these stay. Each use goes through this module, and where a
release has changed a name, it raises an ``ImportError`` that says so. A test asks for
all of them.
"""

import functools
import importlib
import sys

import keras

#: The releases with which the names below were tested, from the first to the last.
TESTED = {"keras": ("3.4.1", "3.15.1"), "tensorflow": ("2.16.2", "2.21.0")}


def changed(name, purpose):
    """The error for a private name that the installed release does not have."""
    library = name.partition(".")[0]
    first, last = TESTED[library]
    version = importlib.import_module(library).__version__
    return ImportError(
        f"{library} {version} has no {name}, a private name that bnlstm_compat needs "
        f"{purpose}. Install {library} {first} to {last}"
    )


def found(module, name, purpose):
    """A name of a private module; ``ImportError`` if the release has none."""
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise changed(f"{module}.{name}", purpose) from None


#: ``keras.layers.RNN`` sets up and resets the dropout masks of its subclasses only.
DropoutRNNCell = found(
    "keras.src.layers.rnn.dropout_rnn_cell",
    "DropoutRNNCell",
    "so that the dropout of a cell is the same at all steps",
)


def layers_inside(layer):
    """The layers that a layer holds, in the order in which they were set.

    ``_layers``: the public ``Model.layers`` leaves out those inside other layers, and
    ``_flatten_layers`` gives them back to front.
    """
    try:
        return layer._layers
    except AttributeError:
        raise changed(
            "keras.layers.Layer._layers", "to find every cell in a model"
        ) from None


# What calls a cell.

PROBE, SCAN, STEP = "a probe", "a scan", "a step"
_RNN, _DROPOUT = "keras.src.layers.rnn.rnn", "_maybe_config_dropout_masks"


def call_of_cell():
    """As what Keras calls the cell: ``PROBE``, ``SCAN`` or ``STEP``.

    ``keras.layers.RNN`` calls it once before the loop only to learn the output's shape,
    and once more to set up the dropout of stacked cells; both throw the result away,
    and the statistics must not move there. On JAX its loop is a scan, out of which
    they cannot be carried. Nothing in the arguments tells such a call from a step, so
    the frames of the callers are asked: by the names of two functions, and of two
    variables of one.
    """
    loop, on_jax = _loop_of_keras(), keras.backend.backend() == "jax"
    frame = sys._getframe(2)
    while frame is not None:
        where = (frame.f_globals.get("__name__"), frame.f_code.co_name)
        if where == (_RNN, _DROPOUT):
            return PROBE
        if where == loop:
            if frame.f_locals.get("unroll") or "output_time_zero" in frame.f_locals:
                return STEP
            return SCAN if on_jax else PROBE
        frame = frame.f_back
    return STEP


@functools.cache
def _loop_of_keras():
    """Module and name of the function in which Keras loops, with all that is asked."""
    purpose = "to tell the steps of keras.layers.RNN from its probe of shapes"
    if not hasattr(found(_RNN, "RNN", purpose), _DROPOUT):
        raise changed(f"{_RNN}.RNN.{_DROPOUT}", purpose)
    module = f"keras.src.backend.{keras.backend.backend()}.rnn"
    code = found(module, "rnn", purpose).__code__
    asked = ["unroll"]
    if keras.backend.backend() != "jax":  # whose loop has no probe
        asked.append("output_time_zero")
    for name in asked:
        if name not in code.co_varnames + code.co_cellvars:
            raise changed(f"{module}.rnn's variable {name}", purpose)
    return module, "rnn"


# Who makes a graph.

#: Modules that trace graphs to hand them on, and the target. Longer names come first.
#: Nothing public tells an export from another graph. Keras before 3.12 has no
#: ``litert``, and tf2onnx need not be installed, so that a missing one is no error.
EXPORTERS = {
    "keras.src.export.litert": "litert",
    "tensorflow.lite.python": "litert",
    "keras.src.export": "tensorflow",
    "tensorflow.python.saved_model": "tensorflow",
    "tf2onnx": "tensorflow",
}


def exporter():
    """For what the callers export: a target of ``EXPORTERS``, or None."""
    target, frame = None, sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        for module, its_target in EXPORTERS.items():
            if name == module or name.startswith(module + "."):
                if its_target == "litert":
                    return its_target
                target = its_target
                break
        frame = frame.f_back
    return target


# TensorFlow alone.


def watched(tensor):
    """Whether a gradient tape watches ``tensor``, in the graph at hand.

    ``should_record_backprop``: no public name tells what tapes watch.
    """
    return _should_record()([tensor])


@functools.cache
def _should_record():
    return found(
        "tensorflow.python.eager.record",
        "should_record_backprop",
        "to leave out gradients that nobody asks for",
    )


def strategy_of(variable):
    """The ``tf.distribute`` strategy that made a variable, or None.

    ``distribute_strategy``: no public name tells it outside of the strategy's scope.
    """
    import tensorflow as tf

    if not isinstance(variable, tf.distribute.DistributedValues):
        return None
    try:
        return variable.distribute_strategy
    except AttributeError:
        raise changed(
            "tensorflow.distribute.DistributedValues.distribute_strategy",
            "to find the replicas of a model",
        ) from None
