"""Runs a scenario: one graph, weights fixed by creation order, everything fetched.

Runs under every release, so plain Python 2 and 3. A scenario is a function
`name(tf)` that builds a graph and returns {key: tensor}; attributes set by
`scenario` say how to run it.
"""

import json

import numpy as np

ALL = ("1.15.5", "1.0.0", "0.12.1")


def scenario(releases=ALL, weights=True, gradients=True, steps=None, names=True):
    """`weights`: overwrite all float variables; `gradients`: of a sum of the outputs,
    for every trainable variable; `steps`: an operation key to run so often first;
    `names`: variable names must equal real ones (1.15.5 only)."""

    def mark(function):
        function.releases, function.weights = releases, weights
        function.gradients, function.steps = gradients, steps
        function.names = names
        return function

    return mark


def scenarios(module):
    found = [f for f in vars(module).values() if hasattr(f, "releases")]
    return sorted(found, key=lambda f: f.__name__)


def values(shape, seed, low=-1.0, high=1.0):
    return np.random.RandomState(seed).uniform(low, high, shape).astype(np.float32)


def flatten(prefix, tree):
    """{prefix_0: tensor, ...} of nested tuples, in order."""
    if isinstance(tree, (list, tuple)):
        result = {}
        for number, item in enumerate(tree):
            result.update(flatten("%s_%d" % (prefix, number), item))
        return result
    return {prefix: tree}


def run(tf, build):
    """({key: array}, [[variable, shape], ...]) of one scenario."""
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(1)
        fetches = dict(build(tf))
        if build.gradients:
            fetches.update(_gradients(tf, fetches))
        variables = tf.global_variables()
        shapes = [[v.op.name, v.get_shape().as_list()] for v in variables]
        floats = [v for v in variables if v.dtype.base_dtype == tf.float32]
        holders = [tf.placeholder(tf.float32, v.get_shape()) for v in floats]
        assigns = [tf.assign(v, h) for v, h in zip(floats, holders)]
        tables = getattr(tf, "tables_initializer", None) or tf.initialize_all_tables
        inits = [
            tf.global_variables_initializer(),
            tf.local_variables_initializer(),
            tables(),
        ]
        with tf.Session() as session:
            for operation in inits:
                session.run(operation)
            if build.weights:
                low = 0.1 if build.weights == "positive" else -0.5
                feed = {
                    holder: values(holder.get_shape().as_list(), 100 + number, low, 0.6)
                    for number, holder in enumerate(holders)
                }
                session.run(assigns, feed)  # at once: each run compiles the graph anew
            coordinator = tf.train.Coordinator()
            threads = tf.train.start_queue_runners(session, coordinator)
            first = fetches.pop(build.steps) if build.steps else None
            for _ in range(3 if build.steps else 0):
                session.run(first)
            constants = {
                k: np.asarray(v)
                for k, v in fetches.items()
                if not isinstance(v, (tf.Tensor, tf.SparseTensor))
                and not hasattr(v, "initializer")
            }
            tensors = {k: v for k, v in fetches.items() if k not in constants}
            results = session.run(tensors) if tensors else {}
            coordinator.request_stop()
            coordinator.join(threads, stop_grace_period_secs=5)
    results = {k: np.asarray(v) for k, v in results.items()}
    results.update(constants)
    return results, shapes


def _gradients(tf, fetches):
    loss = 0.0
    for number, key in enumerate(sorted(fetches)):
        tensor = fetches[key]
        if isinstance(tensor, tf.Tensor) and tensor.dtype == tf.float32:
            loss += (1.0 + 0.1 * number) * tf.reduce_sum(tf.square(tensor))
    variables = tf.trainable_variables()
    grads = tf.gradients(loss, variables)
    return {
        "grad_%02d" % number: tf.convert_to_tensor(grad)
        for number, grad in enumerate(grads)
        if grad is not None
    }


def save(path, made_by, results):
    arrays = {"meta": as_json({"made_by": made_by})}
    for name, (outputs, shapes) in results.items():
        arrays[name + "|variables"] = as_json(shapes)
        for key, value in outputs.items():
            if value.dtype == object or value.dtype.kind == "S":
                value = as_json(as_text(value.tolist()))
                key += "#json"
            arrays[name + "|" + key] = value
    np.savez_compressed(path, **arrays)


def as_json(value):
    return np.array(json.dumps(value), dtype="U")


def as_text(value):
    """Nested lists of bytes or text -> of text."""
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return value.decode("utf8") if isinstance(value, bytes) else value
