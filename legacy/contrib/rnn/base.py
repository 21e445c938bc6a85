"""What the recurrent cells share: sizes, the affine map of several inputs, gates."""

import tensorflow.compat.v1 as tf
from tensorflow.python.util import tf_decorator

from legacy.contrib.rnn.scopes import PerScope

__all__ = [
    "_Linear",
    "_get_concat_variable",
    "_get_sharded_variable",
    "_like_rnncell",
    "_linear",
    "_state_size_with_prefix",
]

LSTMStateTuple = tf.nn.rnn_cell.LSTMStateTuple
# The public name is gone; the class that BasicLSTMCell extends is it.
LayerRNNCell = tf.nn.rnn_cell.BasicLSTMCell.__bases__[0]


def depth(tensor):
    """The static size of the last axis; ValueError if the graph does not know it."""
    size = tf.dimension_value(tensor.shape[-1])
    if size is None:
        raise ValueError(
            "A recurrent cell needs inputs whose last dimension is known. "
            f"Received: {tensor}"
        )
    return size


def rows(tensor):
    """Batch size: a number if the graph knows it, else a scalar tensor."""
    return tf.dimension_value(tensor.shape[0]) or tf.shape(tensor)[0]


class Plain:
    """Mixin: `call` is graph code already, so AutoGraph does not translate it."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "call" in vars(cls):
            # Keras passes `training` to a call whose signature takes it; so the
            # decorated one must show the signature that it has.
            plain = tf.autograph.experimental.do_not_convert(cls.call)
            cls.call = tf_decorator.make_decorator(cls.call, plain)


class Sized(Plain):
    """Mixin: `set_sizes` sets `state_size` and `output_size`."""

    def set_sizes(self, state, output):
        # Behind a function, so that Keras doesn't rewrap the state's own tuple type.
        self._sizes = lambda: (state, output)

    @property
    def state_size(self):
        return self._sizes()[0]

    @property
    def output_size(self):
        return self._sizes()[1]


class Cell(PerScope, Sized, tf.nn.rnn_cell.RNNCell):
    """A cell that makes its variables with `tf.get_variable` while it is called."""

    def __init__(self, state, output, reuse=None, **layer):
        super().__init__(_reuse=reuse, **layer)
        self.set_sizes(state, output)


class BuiltCell(PerScope, Sized, LayerRNNCell):
    """A cell that makes its variables once, in `build`."""

    def __init__(self, state, output, reuse=None, **layer):
        super().__init__(_reuse=reuse, **layer)
        self.set_sizes(state, output)


class Wrapper(PerScope, Plain, tf.nn.rnn_cell.RNNCell):
    """A cell around `cell`, with its state, start and (by default) output."""

    def __init__(self, cell, **layer):
        super().__init__(**layer)
        if not all(hasattr(cell, name) for name in ("state_size", "output_size")):
            raise TypeError(
                "Expected an RNN cell (with state_size, output_size and a call). "
                f"Received: cell={cell!r}"
            )
        self._cell = cell

    @property
    def state_size(self):
        return self._cell.state_size

    @property
    def output_size(self):
        return self._cell.output_size

    def zero_state(self, batch_size, dtype):
        return self._cell.zero_state(batch_size, dtype)


def whole(variable_scope):
    """The same scope without a partitioner: each variable is in one piece."""
    variable_scope.set_partitioner(None)
    return variable_scope


def dense(args, units, bias=True, bias_initializer=None, kernel_initializer=None):
    """concat(args) @ kernel + bias: [B, D1], [B, D2], ... -> [B, units].

    The variables `kernel` [ΣD, units] and `bias` [units] are those of the current
    variable scope, made or reused as the scope says.
    """
    args = list(args) if isinstance(args, (list, tuple)) else [args]
    dtype = args[0].dtype
    kernel = tf.get_variable(
        "kernel",
        [sum(depth(arg) for arg in args), units],
        dtype=dtype,
        initializer=kernel_initializer,
    )
    result = tf.matmul(args[0] if len(args) == 1 else tf.concat(args, 1), kernel)
    if not bias:
        return result
    with tf.variable_scope(tf.get_variable_scope()) as scope:
        offset = tf.get_variable(
            "bias",
            [units],
            dtype=dtype,
            initializer=bias_initializer or tf.zeros_initializer(),
            partitioner=whole(scope).partitioner,
        )
    return tf.nn.bias_add(result, offset)


def _linear(
    args,
    output_size,
    bias,
    bias_initializer=None,
    kernel_initializer=None,
    bias_start=None,
    scope=None,
):
    """The affine map that scripts imported from `rnn_cell` (`dense` above).

    Up to 1.1 the fourth and fifth arguments were `bias_start`, a number, and `scope`.
    """
    if isinstance(bias_initializer, (int, float)):
        bias_start, bias_initializer = bias_initializer, None
    if isinstance(kernel_initializer, (str, tf.VariableScope)):
        scope, kernel_initializer = kernel_initializer, None
    if bias_start is not None:
        bias_initializer = tf.constant_initializer(bias_start)
    with tf.variable_scope(tf.get_variable_scope() if scope is None else scope):
        return dense(args, output_size, bias, bias_initializer, kernel_initializer)


class _Linear:
    """`dense` as an object: every call uses the variables of the first call's scope."""

    def __init__(
        self,
        args,
        output_size,
        build_bias,
        bias_initializer=None,
        kernel_initializer=None,
    ):
        self._scope = tf.get_variable_scope()
        self._call = [output_size, build_bias, bias_initializer, kernel_initializer]
        dense(args, *self._call)

    def __call__(self, args):
        with tf.variable_scope(self._scope, reuse=True):
            return dense(args, *self._call)


def _get_sharded_variable(name, shape, dtype, num_shards):
    """A list of variables name_0, name_1, ...: a matrix by rows."""
    total, *columns = shape
    if num_shards > total:
        raise ValueError(
            f"Expected at most one shard a row. Received: {num_shards} shards for "
            f"shape={shape}"
        )
    size, larger = divmod(total, num_shards)
    return [
        tf.get_variable(f"{name}_{i}", [size + (i < larger), *columns], dtype=dtype)
        for i in range(num_shards)
    ]


def _get_concat_variable(name, shape, dtype, num_shards=1):
    """The same variables as one matrix."""
    parts = _get_sharded_variable(name, shape, dtype, num_shards)
    if num_shards == 1:
        return parts[0]
    return tf.concat(parts, 0, name=name + "/concat")


def _like_rnncell(cell):
    """Whether it has what a cell has, as releases up to 1.9 asked."""
    sizes = (hasattr(cell, "output_size"), hasattr(cell, "state_size"))
    return all(sizes) and hasattr(cell, "zero_state") and callable(cell)


def _state_size_with_prefix(state_size, prefix=None):
    """A size, as a list of numbers, after those of `prefix`."""
    return [*(prefix or ()), *tf.TensorShape(state_size).as_list()]


def layer_norm(inputs, scope, gain, shift):
    """Ba et al. 2016, eq. 4: each row to mean 0 and variance 1, then gamma and beta.

    Variables scope/gamma, scope/beta, shape [D]; they start as `gain`, `shift`.
    """
    size = [depth(inputs)]
    with tf.variable_scope(scope):
        gamma = tf.get_variable(
            "gamma", size, inputs.dtype, tf.constant_initializer(gain)
        )
        beta = tf.get_variable(
            "beta", size, inputs.dtype, tf.constant_initializer(shift)
        )
        mean, variance = tf.nn.moments(inputs, [1], keep_dims=True)
        return tf.nn.batch_normalization(inputs, mean, variance, beta, gamma, 1e-12)


def clipped(tensor, limit):
    """The tensor clipped to [-limit, limit]; unchanged if `limit` is None."""
    return tensor if limit is None else tf.clip_by_value(tensor, -limit, limit)


def state_of(units, projection=None):
    """The sizes (c, h) of an LSTM of `units` units, whose h may be projected."""
    return LSTMStateTuple(units, projection or units)
