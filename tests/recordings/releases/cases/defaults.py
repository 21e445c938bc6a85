"""What depends on the release besides cells: initial values, slots, flags, losses."""

import numpy as np
import tensorflow as tf
from harness import only

flags = tf.app.flags


def _define():
    """Defines flags whose default is of another kind: name -> error's class or None."""
    found = {}
    for kind, name, default in (
        ("float", "float_of_integer", 1),
        ("float", "float_of_text", "0.5"),
        ("float", "float_of_none", None),
        ("integer", "integer_of_float", 1e3),
        ("integer", "integer_of_fraction", 1.5),
        ("integer", "integer_of_text", "12"),
        ("integer", "integer_of_boolean", True),
        ("boolean", "boolean_of_text", "False"),
        ("boolean", "boolean_of_number", 0),
        ("boolean", "boolean_of_none", None),
        ("string", "string_of_number", 3),
        ("string", "string_of_none", None),
        ("string", "string_of_list", [1, 2]),
        ("string", "string_of_boolean", False),
    ):
        try:
            getattr(flags, "DEFINE_" + kind)(name, default, "")
            found[name] = None
        except Exception as error:
            found[name] = type(error).__name__
    return found


_DEFINED = _define()


def _spread(shape, dtype=tf.float32, **options):
    """Largest value and standard deviation, in terms of the two rules' limits.

    For a draw of ten thousand both come to within a few hundredths.
    """
    variable = tf.get_variable("v", shape, dtype, **options)
    fan_in = int(np.prod(shape[:-1]))
    fan_out = int(np.prod(shape[:-2])) * shape[-1] if len(shape) > 1 else shape[-1]
    unit = np.sqrt(3.0 / fan_in)
    into = int(np.prod(shape[:-1])) if len(shape) > 1 else shape[-1]
    glorot = np.sqrt(6.0 / (into + fan_out))
    largest = tf.reduce_max(tf.abs(tf.cast(variable, tf.float32)))
    return {
        "by_unit_scaling": tf.to_int32(largest / unit * 10 + 0.5),
        "by_glorot": tf.to_int32(largest / glorot * 10 + 0.5),
    }


@only(fill=False)
def matrix():
    return _spread([400, 50])


@only(fill=False)
def wide_matrix():
    return _spread([10, 2000])


@only(fill=False)
def vector():
    return _spread([20000])


@only(fill=False)
def convolution():
    return _spread([3, 3, 20, 100])


@only(fill=False)
def double():
    return _spread([400, 50], tf.float64)


@only(fill=False)
def under_the_scopes_initializer():
    with tf.variable_scope("scope", initializer=tf.constant_initializer(0.25)):
        return _spread([40, 5])


@only("1.0.0", "1.15.5", fill=False)
def integers():
    return {"v": tf.get_variable("v", [3], tf.int32)}


@only(fill=False)
def a_factor():
    return _spread([400, 50], initializer=tf.uniform_unit_scaling_initializer(2.0))


@only(fill=False)
def slots_under_reuse():
    with tf.variable_scope("model"):
        w = tf.get_variable("w", initializer=tf.constant([1.0, 2.0, 3.0]))
    with tf.variable_scope("model", reuse=True):
        loss = tf.reduce_sum(tf.square(tf.get_variable("w", [3])))
        train = tf.train.AdamOptimizer(0.1).minimize(loss)
    with tf.control_dependencies([train]):
        return {"after": tf.add(w, 0.0)}


def slots_under_reuse_of_others():
    found = []
    for kind in ("Momentum", "Adagrad", "RMSProp", "Ftrl", "Adadelta"):
        with tf.variable_scope(kind):
            tf.get_variable("w", [3])
        with tf.variable_scope(kind, reuse=True):
            loss = tf.reduce_sum(tf.square(tf.get_variable("w", [3])))
            make = getattr(tf.train, kind + "Optimizer")
            args = (0.1, 0.9) if kind == "Momentum" else (0.1,)
            found.append(make(*args).minimize(loss).type)
    return {"types": found}


def slots_made_twice():
    with tf.variable_scope("model"):
        w = tf.get_variable("w", [3])
    loss = tf.reduce_sum(tf.square(w))
    with tf.variable_scope("train"):
        first = tf.train.AdamOptimizer(0.1).minimize(loss)
    with tf.variable_scope("train", reuse=True):
        second = tf.train.AdamOptimizer(0.1).minimize(loss)
    return {"types": [first.type, second.type]}


@only(fill=False)
def averages_under_reuse():
    with tf.variable_scope("model"):
        w = tf.get_variable("w", initializer=tf.constant([1.0, 2.0, 3.0]))
    with tf.variable_scope("model", reuse=True):
        average = tf.train.ExponentialMovingAverage(0.9)
        update = average.apply([w])
        return {"average": average.average(w), "type": update.type}


def flags_and_defaults():
    """Text of each flag's value, or the error's class."""
    return dict((name, _shown(name)) for name in sorted(_DEFINED))


def _shown(name):
    if _DEFINED[name] is not None:
        return _DEFINED[name]
    value = getattr(flags.FLAGS, name)
    return "%s %r" % (value, value)


def weighted_loss_by_position():
    one, other = tf.constant([0.2, 0.9, 0.4]), tf.constant([1.5, -2.0, 0.3])
    return {"loss": tf.nn.weighted_cross_entropy_with_logits(one, other, 3.0)}


def poisson_loss_by_position():
    one, other = tf.constant([0.2, 0.9, 0.4]), tf.constant([1.5, 2.0, 0.3])
    return {"loss": tf.nn.log_poisson_loss(one, other)}


def confusion_by_position():
    one, other = tf.constant([0, 1, 2, 2]), tf.constant([0, 2, 1, 1])
    return {"counts": tf.contrib.metrics.confusion_matrix(one, other)}


@only("0.12.1")
def losses_of_two_orders():
    logits = tf.constant([[0.2, 0.9, 0.4], [1.0, -1.0, 0.5]])
    labels = tf.constant([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])
    return {
        "softmax": tf.nn.softmax_cross_entropy_with_logits(logits, labels),
        "sigmoid": tf.nn.sigmoid_cross_entropy_with_logits(logits, labels),
        "sparse": tf.nn.sparse_softmax_cross_entropy_with_logits(
            logits, tf.constant([1, 0])
        ),
    }


@only("0.12.1")
def concat_and_split():
    data = tf.constant(np.arange(12.0).reshape(2, 6))
    return {
        "concat": tf.concat(1, [data, data]),
        "split": tf.split(1, 3, data),
        "split_v": tf.split_v(data, [2, 4], 1),
        "pack": tf.pack([data, data]),
        "reverse": tf.reverse(data, [False, True]),
        "sum": tf.reduce_sum(data, 1, True),
    }


@only("1.0.0", "1.15.5")
def confusion_of_tf():
    one, other = tf.constant([0, 1, 2, 2]), tf.constant([0, 2, 1, 1])
    return {"counts": tf.confusion_matrix(one, other)}


def the_version():
    return {"version": tf.__version__, "again": tf.VERSION}


def tensors_in_arrays():
    """Arrays of tensors are arrays of objects, with which NumPy does arithmetic."""
    a, b = tf.constant([1.0, 2.0]), tf.constant([3.0, 5.0])
    grid = np.array([[a], [b]]).reshape([1, 2])
    joined = np.concatenate([[a], grid[0]])
    return {
        "sum": np.sum([a, b]),
        "product": np.prod([a, b, 2.0]),
        "running": list(np.cumsum([a, b])),
        "half": list(np.array([a, b]) / 2.0),
        "taken": list(joined[::-1]),
        "variables": np.sum([tf.Variable([1.0]), tf.Variable([2.0])]),
        "kind": str([np.array([a, b]).dtype, grid.shape, len(np.append([], [a, b]))]),
    }


def classes_as_they_are_shown():
    return {"tensor": str(type(tf.constant(1.0)).__name__)}


@only("1.15.5")
def classes_with_their_modules():
    shown = [tf.constant(1.0), tf.Variable(1.0), tf.get_variable("v", [2])]
    return {"shown": str([str(type(one)) for one in shown]), "tensor": str(tf.Tensor)}
