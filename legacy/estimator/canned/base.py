"""What the canned estimators share: optimizers, partitioners, summaries."""

import tensorflow.compat.v1 as tf

# Reduces the losses of a batch.
SUM = tf.losses.Reduction.SUM
_OPTIMIZERS = {
    "Adagrad": tf.train.AdagradOptimizer,
    "Adam": tf.train.AdamOptimizer,
    "Ftrl": tf.train.FtrlOptimizer,
    "RMSProp": tf.train.RMSPropOptimizer,
    "SGD": tf.train.GradientDescentOptimizer,
}

LARGE = 64 << 20  # what input layers and linear models were cut by


def optimizer_of(given, rate):
    """The optimizer: itself, made by a function, or by name with the rate."""
    if isinstance(given, str):
        if given not in _OPTIMIZERS:
            raise ValueError(
                f"Expected an optimizer of {sorted(_OPTIMIZERS)}. Received: {given!r}"
            )
        return _OPTIMIZERS[given](learning_rate=rate)
    made = given() if callable(given) else given
    if not isinstance(made, tf.train.Optimizer):
        raise ValueError(f"Expected an optimizer of tf.train. Received: {made!r}")
    return made


def partitioner(smallest=256 << 10):
    """One part for each variable, as on one machine.

    A partitioned variable's optimizer slots have names of their own.
    """
    return tf.min_max_variable_partitioner(max_partitions=1, min_slice_size=smallest)


def require_dict(features):
    if not isinstance(features, dict):
        raise ValueError(
            "Expected features as a dict of tensors by their columns' names. "
            f"Received: {type(features).__name__}"
        )


def summary(value, tag):
    tf.summary.scalar(f"{tag}/fraction_of_zero_values", tf.nn.zero_fraction(value))
    tf.summary.histogram(f"{tag}/activation", value)


def where_to_start(model_dir, config, warm_start_from):
    return {
        "model_dir": model_dir,
        "config": config,
        "warm_start_from": warm_start_from,
    }
