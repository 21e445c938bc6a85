"""The families of `tf.contrib`, by name below `tf.contrib`: data only, no imports.

A family is a module with `NAMES`: {public name: "module:attribute", looked up on first
use}. References are TensorFlow 1.15.5's results, for what only earlier releases had,
1.0.0's and 0.12.1's (tests/contrib).
"""

FAMILIES = {
    "training": "legacy.contrib.training",
    "lookup": "legacy.contrib.lookup",
    "data": "legacy.contrib.data",
    "crf": "legacy.contrib.crf",
    "framework": "legacy.contrib.framework",
    "keras": "legacy.contrib.keras",
    "layers": "legacy.contrib.layers",
    "legacy_seq2seq": "legacy.contrib.legacy_seq2seq",
    "losses": "legacy.contrib.losses",
    "metrics": "legacy.contrib.metrics",
    "opt": "legacy.contrib.opt",
    "rnn": "legacy.contrib.rnn",
    "seq2seq": "legacy.contrib.seq2seq",
    "slim": "legacy.contrib.slim",
    "tensorboard.plugins.projector": "legacy.contrib.projector",
    "util": "legacy.contrib.util",
}

DEEP = {}


def setup():
    """Old addresses that `tensorflow.python.layers.*` and tf_slim rely on.

    tf_keras's v1 layers, which live under `tf_keras.src` since 2.16; and
    `variable_scope.variable` and `ops.IndexedSlices`, which are elsewhere by now.
    """
    import importlib
    import sys

    from tensorflow.python.framework import indexed_slices, ops
    from tensorflow.python.ops import variable_scope, variable_v1

    ops.IndexedSlices = indexed_slices.IndexedSlices
    variable_scope.variable = variable_v1.VariableV1
    old, new = "tf_keras.legacy_tf_layers", "tf_keras.src.legacy_tf_layers"
    sys.modules.setdefault(old, importlib.import_module(new))
    for name in ("base", "convolutional", "core", "normalization", "pooling"):
        part = importlib.import_module(f"{new}.{name}")
        sys.modules.setdefault(f"{old}.{name}", part)
