"""Top-level names and call forms of TensorFlow 0.8 to 1.0.

Origin: the public API of TensorFlow 0.12.1 and 1.0.0, and the renames that the release
notes of 1.0 list.
"""

import tensorflow.compat.v1 as tf

from legacy.names.call_forms import (
    adapted_class,
    is_index,
    is_shape,
    is_tensor,
    named,
    renamed,
)

_V1 = "tensorflow.compat.v1:"


def concat(*args, **kwargs):
    """``concat(values, axis)`` and, up to 0.12, ``concat(concat_dim, values)``.

    The first argument tells the forms apart: only in the old one is it the number of a
    dimension.
    """
    old = "concat_dim" in kwargs or (
        args and is_index(args[0]) and (len(args) < 2 or not is_index(args[1]))
    )
    order = ("concat_dim", "values", "name") if old else ("values", "axis", "name")
    given = named("concat", order, args, kwargs)
    if old:
        given["axis"] = given.pop("concat_dim")
    return tf.concat(**given)


def split(*args, **kwargs):
    """``split(value, num_or_size_splits, axis)`` or ``split(split_dim, num, value)``.

    The second form is that of TensorFlow up to 0.12, with the keywords ``split_dim``
    and ``num_split``. Only there is the first argument an integer.
    """
    old = {"split_dim", "num_split"} & set(kwargs) or (args and is_index(args[0]))
    if not old:
        return tf.split(*args, **kwargs)
    given = named("split", ("split_dim", "num_split", "value", "name"), args, kwargs)
    return tf.split(
        given["value"],
        given["num_split"],
        axis=given["split_dim"],
        name=given.get("name", "split"),
    )


def split_v(value, size_splits, split_dim=0, num=None, name="split_v"):
    """0.12's ``split_v``: a split into pieces of the given sizes."""
    return tf.split(value, size_splits, axis=split_dim, num=num, name=name)


def sparse_split(*args, **kwargs):
    """``sparse_split(split_dim, num_split, sp_input)`` of 0.12, or today's keywords."""
    order = ("split_dim", "num_split", "sp_input", "name")
    if args and not is_index(args[0]):
        order = ("keyword_required", "sp_input", "num_split", "axis", "name")
    given = named("sparse_split", order, args, kwargs)
    return tf.sparse_split(**renamed(given, {"split_dim": "axis"}))


def reverse(*args, **kwargs):
    """``reverse(tensor, axis)`` and 0.12's ``reverse(tensor, dims)`` with a bool each.

    A list of bools marks the dimensions to reverse; integers number them.
    """
    given = named("reverse", ("tensor", "axis", "name"), args, kwargs)
    axis = given.pop("dims", given.get("axis"))
    if not is_tensor(axis) and all(isinstance(flag, bool) for flag in axis):
        axis = [number for number, flag in enumerate(axis) if flag]
    elif is_tensor(axis) and axis.dtype.base_dtype == tf.bool:
        axis = tf.reshape(tf.where(axis), [-1])
    given["axis"] = axis
    return tf.reverse(**given)


def pack(values, axis=0, name="pack"):
    """0.12's name of ``stack``."""
    return tf.stack(values, axis=axis, name=name)


def unpack(value, num=None, axis=0, name="unpack"):
    """0.12's name of ``unstack``."""
    return tf.unstack(value, num=num, axis=axis, name=name)


def select(condition, t=None, e=None, name=None):
    """0.12's name of ``where`` with two branches: ``t`` where true, else ``e``."""
    return tf.where(condition, t, e, name=name)


def batch_matmul(x, y, adj_x=False, adj_y=False, name=None):
    """0.12's matrix product of the last two dimensions."""
    return tf.matmul(x, y, adjoint_a=bool(adj_x), adjoint_b=bool(adj_y), name=name)


def listdiff(x, y, name=None):
    """0.11's name of ``setdiff1d``; keeps the order of ``x``."""
    return tf.setdiff1d(x, y, name=name)


def convert_to_tensor(value, dtype=None, name=None, *args, **kwargs):
    """``convert_to_tensor``, which ignores ``as_ref``, the fourth argument of 0.12.

    A variable is read with or without it.
    """
    kwargs.pop("as_ref", None)
    if args and isinstance(args[0], bool):
        args = args[1:]
    return tf.convert_to_tensor(value, dtype, name, *args, **kwargs)


def verify_shape_free(*args, **kwargs):
    """``RegisterShape``: does nothing, because the kernels give the shapes now."""
    del args, kwargs
    return lambda function: function


def _constant_class(real, function):
    """``zeros_initializer`` and its like: classes now, functions of a shape in 0.12."""

    def adapt(real, args, kwargs):
        if "shape" in kwargs or (args and (is_shape(args[0]) or is_tensor(args[0]))):
            order = ("shape", "dtype", "partition_info")
            given = named(real.__name__, order, args, kwargs)
            return function(given["shape"], given.get("dtype", tf.float32))
        return real(*args, **kwargs)

    return adapted_class(real, adapt)


def _orthogonal(real, args, kwargs):
    """``(gain, dtype, seed)`` up to 1.0, ``(gain, seed, dtype)`` later."""
    if len(args) > 1 and isinstance(args[1], tf.DType):
        order = ("gain", "dtype", "seed")
        return real(**named("orthogonal_initializer", order, args, kwargs))
    return real(*args, **kwargs)


def _sparse_tensor(real, args, kwargs):
    """``SparseTensor(indices, values, shape=)`` up to 0.12, ``dense_shape=`` later."""
    if "shape" in kwargs:
        kwargs = {**kwargs, "dense_shape": kwargs["shape"]}
        del kwargs["shape"]
    return real(*args, **kwargs)


_zeros = _constant_class(tf.zeros_initializer, tf.zeros)
_ones = _constant_class(tf.ones_initializer, tf.ones)
_orthogonal_class = adapted_class(tf.orthogonal_initializer, _orthogonal)

_RENAMED = {
    "mul": "multiply",
    "sub": "subtract",
    "neg": "negative",
    "inv": "reciprocal",
    "complex_abs": "abs",
    "concat_v2": "concat",
    "string_to_hash_bucket": "string_to_hash_bucket",
    "batch_cholesky": "cholesky",
    "batch_cholesky_solve": "cholesky_solve",
    "batch_matrix_band_part": "matrix_band_part",
    "batch_matrix_determinant": "matrix_determinant",
    "batch_matrix_diag": "matrix_diag",
    "batch_matrix_diag_part": "matrix_diag_part",
    "batch_matrix_inverse": "matrix_inverse",
    "batch_matrix_set_diag": "matrix_set_diag",
    "batch_matrix_solve": "matrix_solve",
    "batch_matrix_solve_ls": "matrix_solve_ls",
    "batch_matrix_transpose": "matrix_transpose",
    "batch_matrix_triangular_solve": "matrix_triangular_solve",
    "batch_self_adjoint_eig": "self_adjoint_eig",
    "batch_svd": "svd",
    "batch_fft": "fft",
    "batch_fft2d": "fft2d",
    "batch_fft3d": "fft3d",
    "batch_ifft": "ifft",
    "batch_ifft2d": "ifft2d",
    "batch_ifft3d": "ifft3d",
}

TABLE = {
    "tensorflow": {
        **{old: _V1 + new for old, new in _RENAMED.items()},
        "RegisterShape": verify_shape_free,
        "SparseTensor": adapted_class(tf.SparseTensor, _sparse_tensor),
        "batch_matmul": batch_matmul,
        "concat": concat,
        "convert_to_tensor": convert_to_tensor,
        "listdiff": listdiff,
        "ones_initializer": _ones,
        "orthogonal_initializer": _orthogonal_class,
        "pack": pack,
        "reverse": reverse,
        "select": select,
        "sparse_split": sparse_split,
        "split": split,
        "split_v": split_v,
        "unpack": unpack,
        "zeros_initializer": _zeros,
        "VERSION": "legacy.release:VERSION",
    },
    "tensorflow.initializers": {
        "ones": _ones,
        "orthogonal": _orthogonal_class,
        "zeros": _zeros,
    },
    "tensorflow.version": {"VERSION": "legacy.release:VERSION"},
    "tensorflow.sparse": {
        "SparseTensor": adapted_class(tf.SparseTensor, _sparse_tensor),
        "split": sparse_split,
    },
}
