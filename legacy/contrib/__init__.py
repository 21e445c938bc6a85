"""The families of `tf.contrib`, by name below `tf.contrib`: data only, no imports.

A family is a module with `NAMES`: {public name: "module:attribute", looked up on first
use}. References are TensorFlow 1.15.5's results, for what only earlier releases had,
1.0.0's and 0.12.1's (tests/contrib).
"""

_PREPROCESSING = "legacy.contrib.learn.preprocessing"

FAMILIES = {
    "training": "legacy.contrib.training",
    "lookup": "legacy.contrib.lookup",
    "data": "legacy.contrib.data",
    "crf": "legacy.contrib.crf",
    "cudnn_rnn": "legacy.contrib.cudnn_rnn",
    "framework": "legacy.contrib.framework",
    "keras": "legacy.contrib.keras",
    "layers": "legacy.contrib.layers",
    "learn": "legacy.contrib.learn",
    "learn.preprocessing": _PREPROCESSING,
    "legacy_seq2seq": "legacy.contrib.legacy_seq2seq",
    "losses": "legacy.contrib.losses",
    "metrics": "legacy.contrib.metrics",
    "opt": "legacy.contrib.opt",
    "rnn": "legacy.contrib.rnn",
    "seq2seq": "legacy.contrib.seq2seq",
    "slim": "legacy.contrib.slim",
    "tensorboard.plugins.projector": "legacy.contrib.projector",
    "distributions": "legacy.contrib.distributions",
    "linalg": "legacy.contrib.linalg",
    "stateless": "legacy.contrib.stateless",
    "summary": "legacy.contrib.summary",
    "util": "legacy.contrib.util",
}

DEEP = {
    "tensorflow.contrib.learn.python.learn.preprocessing": _PREPROCESSING,
    "tensorflow.contrib.learn.python.learn.preprocessing.text": _PREPROCESSING,
    "tensorflow.contrib.learn.python.learn.preprocessing.categorical_vocabulary": (
        _PREPROCESSING
    ),
}


def setup():
    """What the families need of TensorFlow before any of them is used."""
    from legacy.contrib import moved

    moved.restore()
