"""tf.contrib.framework: scopes of arguments, collections, restoring, small checks."""

import os
import tempfile

from harness import ALL, scenario, values

NEW = ("1.15.5",)


@scenario(ALL, gradients=False)
def variables(tf):
    f = tf.contrib.framework
    step = f.get_or_create_global_step()
    f.assert_global_step(step)
    with tf.variable_scope("net"):
        f.model_variable("w", [2, 3], initializer=tf.ones_initializer())
        f.variable("plain", [2], initializer=tf.ones_initializer(), trainable=False)
    local = f.local_variable(tf.zeros([2]), name="here")
    f.add_model_variable(tf.Variable(1.0, name="joined"))
    names = [
        [v.op.name for v in found]
        for found in [
            f.get_variables(),
            f.get_variables("net"),
            f.get_model_variables(),
            f.get_local_variables(),
            f.get_variables_by_name("w"),
            f.get_variables_by_suffix("lain"),
            f.get_variables_to_restore(include=["net"], exclude=["net/w"]),
            [f.get_unique_variable("net/w")],
        ]
    ]
    return {
        "names": [",".join(found).encode("utf8") for found in names],
        "step": f.get_global_step() + 0,
        "local": local + 0,
    }


@scenario(ALL, gradients=False)
def argument_scopes(tf):
    f = tf.contrib.framework

    @f.add_arg_scope
    def affine(x, scale=1.0, shift=0.0):
        return scale * x + shift

    @f.add_arg_scope
    def power(x, exponent=1.0):
        return x**exponent

    x = tf.constant([1.0, 2.0])
    with f.arg_scope([affine], scale=3.0):
        with f.arg_scope([affine, power]):
            pass
        with f.arg_scope([affine], shift=1.0), f.arg_scope([power], exponent=2.0):
            inner = affine(power(x))
        with f.arg_scope([affine], shift=0.5) as kept:
            outer = affine(x, scale=2.0)
    with f.arg_scope(kept):
        again = affine(x)
    return {
        "inner": inner,
        "outer": outer,
        "again": again,
        "after": affine(x),
        "flags": [int(f.has_arg_scope(affine)), len(f.arg_scoped_arguments(affine))],
    }


@scenario(ALL, weights=False, gradients=False)
def restoring(tf):
    f = tf.contrib.framework
    folder = tempfile.mkdtemp()
    with tf.Graph().as_default(), tf.Session() as session:
        a = tf.Variable(values((2, 3), 1), name="old/a")
        b = tf.Variable(values((4,), 2), name="old/b")
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver([a, b]).save(session, os.path.join(folder, "model"))
    a = tf.Variable(tf.zeros([2, 3]), name="a")
    b = tf.Variable(tf.zeros([4]), name="b")
    c = tf.Variable(tf.zeros([2]), name="c")
    assign, feed = f.assign_from_checkpoint(path, {"old/a": a})
    by_value, value_feed = f.assign_from_values({"c": values((2,), 3)})
    restore = f.assign_from_checkpoint_fn(path, {"old/b": b, "no": c}, True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(assign, feed)
        session.run(by_value, value_feed)
        restore(session)
        read = session.run([a, b, c])
    return {"a": read[0], "b": read[1], "c": read[2]}


@scenario(ALL, gradients=False)
def checks(tf):
    f = tf.contrib.framework
    holder = tf.placeholder_with_default(values((2, 3), 1), [None, None])
    result = {
        "sum": f.reduce_sum_n([tf.ones([2]), tf.ones([3, 2])]),
        "shaped": f.with_shape([2, 3], holder),
        "same": f.with_same_shape(tf.zeros([2, 3]), holder),
        "is": [int(f.is_tensor(holder)), int(f.is_tensor(3))],
        "sparse": f.convert_to_tensor_or_sparse_tensor([1.0, 2.0]),
    }
    for number, bad in enumerate(
        [
            lambda: f.with_shape([2, 4], tf.zeros([2, 3])),
            lambda: f.assert_scalar_int(tf.constant(1.0)),
            lambda: f.get_unique_variable("absent"),
        ]
    ):
        try:
            bad()
            result["bad_%d" % number] = [0]
        except ValueError:
            result["bad_%d" % number] = [1]
    return result


@scenario(NEW, gradients=False)
def later(tf):
    f = tf.contrib.framework
    x = tf.constant(values((2, 4), 1))
    feed = tf.placeholder_with_default(True, [])
    with tf.name_scope("outer"):
        scope = f.get_name_scope()
    tf.placeholder(tf.float32, name="fed")
    nested = f.py_func(
        lambda a, b=0: {"sum": a + b, "both": (a, b)},
        [x],
        {"b": x * 2},
        {"sum": tf.float32, "both": (tf.float32, tf.float32)},
        {"sum": [2, 4], "both": ([2, 4], [None, 4])},
    )
    variable = tf.Variable(tf.ones([2]), name="v", collections=[], trainable=False)
    zeroed = f.zero_initializer(variable)
    return {
        "scalar": f.assert_scalar_int(tf.constant(3)),
        "sort": f.sort(x, direction="DESCENDING"),
        "argsort": f.argsort(x),
        "cond": f.smart_cond(feed, lambda: x, lambda: -x),
        "constant": [int(f.smart_constant_value(True))],
        "names": [
            scope.encode("utf8"),
            ",".join(t.op.name for t in f.get_placeholders(x.graph)).encode("utf8"),
            f.strip_name_scope("a/b", "a").encode("utf8"),
            f.prepend_name_scope("b", "a").encode("utf8"),
        ],
        "py_sum": nested["sum"],
        "py_both": nested["both"][1],
        "py_shape": nested["both"][1].get_shape().as_list()[1:],
        "zeroed": tf.identity(zeroed),
    }
