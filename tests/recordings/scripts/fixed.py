"""What the scripts of this folder share: fixed weights, and numbers written down."""
import json
import numpy as np
import tensorflow as tf


def weights(session, variables=None, scale=0.3):
    """Gives every trainable variable numbers that depend on its place and shape only."""
    for place, variable in enumerate(variables or tf.trainable_variables()):
        shape = variable.get_shape().as_list()
        values = np.asarray(np.random.RandomState(100 + place).randn(*shape) * scale)
        session.run(variable.assign(values.astype(np.float32)))


def _plain(value):
    if isinstance(value, dict):
        return dict((key, _plain(value[key])) for key in value)
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, bytes) and not isinstance(value, str):
        return value.decode("utf-8")
    return value.tolist() if hasattr(value, "tolist") else value


def save(path, **kinds):
    """Writes {kind: {name: numbers}}; the kinds are those of tests/graph_mode/test_scripts.py."""
    with open(path, "w") as f:
        json.dump(_plain(kinds), f, sort_keys=True)
