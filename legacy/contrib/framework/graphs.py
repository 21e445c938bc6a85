"""Questions about graphs, and functions of Python inside them."""

import tensorflow.compat.v1 as tf

__all__ = [
    "get_graph_from_inputs",
    "get_name_scope",
    "get_placeholders",
    "py_func",
    "zero_initializer",
]


def get_graph_from_inputs(op_input_list, graph=None):
    """The graph that all of `op_input_list` belong to, else `graph` or the default.

    ValueError if two inputs, or an input and `graph`, disagree.
    """
    for item in op_input_list:
        owner = getattr(item, "graph", None)
        if owner is None:
            continue
        if graph is None:
            graph = owner
        elif graph is not owner:
            raise ValueError(
                f"Expected inputs of one graph. Received: {item} of another graph."
            )
    return graph or tf.get_default_graph()


def get_name_scope():
    """The current name scope, 'a/b', '' at the top."""
    return tf.get_default_graph().get_name_scope()


def get_placeholders(graph):
    """The tensors that a run of `graph` may be fed, in the order they were made."""
    return [
        operation.outputs[0]
        for operation in graph.get_operations()
        if operation.type == "Placeholder"
    ]


def zero_initializer(ref, use_locking=True, name="zero_initializer"):
    """Sets `ref` to zeros and returns them; fails in a run if `ref` has a value."""
    unset = tf.Assert(
        tf.logical_not(tf.is_variable_initialized(ref)),
        [f"{ref.op.name} is already initialized"],
    )
    with tf.control_dependencies([unset]):
        zeros = tf.zeros(ref.get_shape(), ref.dtype.base_dtype)
    return tf.assign(ref, zeros, use_locking=use_locking, name=name)


def py_func(
    func,
    args=(),
    kwargs=None,
    output_types=None,
    output_shapes=None,
    stateful=True,
    name=None,
):
    """`tf.py_func` for nested arguments, keyword arguments and nested results.

    `output_types` (nested dtypes) gives the results' structure; `output_shapes`, of
    the same structure, their static shapes. ValueError when they don't match.
    """
    nest = tf.nest
    given = [list(args), dict(kwargs or {})]
    types = nest.flatten(output_types)

    def call(*flat):
        positional, named = nest.pack_sequence_as(given, flat)
        return nest.flatten(func(*positional, **named))

    results = tf.py_func(call, nest.flatten(given), types, stateful, name)
    results = results if isinstance(results, list) else [results]
    if output_shapes is not None:
        shapes = _shapes(output_types, output_shapes)
        for result, shape in zip(results, shapes, strict=True):
            result.set_shape(shape)
    return nest.pack_sequence_as(output_types, results)


def _shapes(types, shapes):
    """Shapes in the order of `nest.flatten(types)`: a list of numbers is one shape."""
    if not tf.nest.is_nested(types):
        return [tf.TensorShape(shapes)]
    if isinstance(types, dict):
        return [s for key in sorted(types) for s in _shapes(types[key], shapes[key])]
    return [
        s for t, inner in zip(types, shapes, strict=True) for s in _shapes(t, inner)
    ]
