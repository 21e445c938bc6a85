"""The families of `tf.contrib`, by name below `tf.contrib`: data only.

A family is {public name: "module:attribute", looked up on first use}, or the module
that has it as `NAMES`. In a folder, that is what its modules list in `__all__`, and
more. References are TensorFlow 1.15.5's results, for what only earlier releases had,
1.0.0's and 0.12.1's (tests/recordings/contrib).
"""

import importlib

from legacy.contrib import aliases, deep

FAMILIES = {
    **aliases.FAMILIES,
    "training": "legacy.contrib.training",
    "lookup": "legacy.contrib.lookup",
    "data": "legacy.contrib.data",
    "crf": "legacy.contrib.crf",
    "estimator": "legacy.contrib.estimator",
    "factorization": "legacy.contrib.factorization",
    "grid_rnn": "legacy.contrib.grid_rnn",
    "image": "legacy.contrib.image",
    "integrate": "legacy.contrib.integrate",
    "kernel_methods": "legacy.contrib.kernel_methods",
    "mixed_precision": "legacy.contrib.mixed_precision",
    "nn": "legacy.contrib.nn",
    "predictor": "legacy.contrib.predictor",
    "recurrent": "legacy.contrib.recurrent",
    "resampler": "legacy.contrib.resampler",
    "sparsemax": "legacy.contrib.sparsemax",
    "tpu": "legacy.contrib.tpu",
    "cudnn_rnn": "legacy.contrib.cudnn_rnn",
    "framework": "legacy.contrib.framework",
    "keras": "legacy.contrib.keras",
    "layers": "legacy.contrib.layers",
    "learn": "legacy.contrib.learn",
    "learn.datasets": "legacy.contrib.learn.datasets",
    "learn.io": "legacy.contrib.learn.io",
    "learn.learn_runner": "legacy.contrib.learn.learn_runner",
    "learn.monitors": "legacy.contrib.learn.monitors",
    "learn.preprocessing": "legacy.contrib.learn.preprocessing",
    "learn.run_config": "legacy.contrib.learn.run_config",
    "learn.utils": "legacy.contrib.learn.utils",
    "legacy_seq2seq": "legacy.contrib.legacy_seq2seq",
    "losses": "legacy.contrib.losses",
    "metrics": "legacy.contrib.metrics",
    "opt": "legacy.contrib.opt",
    "rnn": "legacy.contrib.rnn",
    "seq2seq": "legacy.contrib.seq2seq",
    "slim": "legacy.contrib.slim",
    "tensorboard.plugins.projector": "legacy.contrib.projector",
    "distributions": "legacy.contrib.distributions",
    "distributions.bijectors": "legacy.contrib.distributions.bijectors",
    "linalg": "legacy.contrib.linalg",
    "stateless": "legacy.contrib.stateless",
    "summary": "legacy.contrib.summary",
    "util": "legacy.contrib.util",
}

DEEP = {
    **deep.MODULES,
    "tensorflow.contrib.learn.python.learn.datasets.base": aliases.LEARN_BASE,
}


def names_of(home):
    """The names of a family, from its table or its module's.

    Of a module without a table, they are all its names.
    """
    if isinstance(home, dict):
        return home
    module = importlib.import_module(home)
    if hasattr(module, "NAMES"):
        return module.NAMES
    return {name: home + ":" + name for name in vars(module) if name[:2] != "__"}


def setup():
    """What the families need of TensorFlow before any of them is used."""
    from legacy.contrib import moved

    moved.restore()
