"""The families of `tf.contrib`, by name below `tf.contrib`: data only, no imports.

A family is a module with `NAMES`: {public name: "module:attribute", looked up on first
use}. References are TensorFlow 1.15.5's results, for what only earlier releases had,
1.0.0's and 0.12.1's (tests/contrib).
"""

FAMILIES = {
    "rnn": "legacy.contrib.rnn",
}

DEEP = {}


def setup():
    """What TensorFlow's own modules need before the families can use them.

    `tensorflow.python.layers.*` (and tf_slim through it) look for tf_keras's v1 layers
    where tf_keras 2.15 and older had them; the modules live under `tf_keras.src` now.
    """
    import importlib
    import sys

    old, new = "tf_keras.legacy_tf_layers", "tf_keras.src.legacy_tf_layers"
    sys.modules.setdefault(old, importlib.import_module(new))
    for name in ("base", "convolutional", "core", "normalization", "pooling"):
        part = importlib.import_module(f"{new}.{name}")
        sys.modules.setdefault(f"{old}.{name}", part)
