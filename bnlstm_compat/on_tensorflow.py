"""What only TensorFlow does so; ``on_jax`` and ``on_torch`` have the same functions."""

import tensorflow as tf

from bnlstm_compat import loops


def known(tensor):
    """Whether the value of ``tensor`` can be asked for now, and not only later."""
    del tensor  # a graph is made, or not
    return tf.executing_eagerly()


def static(tensor):
    """The value of ``tensor`` as an array if it is known before anything runs."""
    return tf.get_static_value(tensor)


def zeros(shape, dtype):
    """Zeros that are known before anything runs, as far as the shape is."""
    return tf.zeros(shape, dtype)


def loop(one_step, known, found, state, steps, *, bound=None, unroll=False):
    """Runs ``one_step`` for t = 0 ... bound - 1.

    Args:
      one_step: function ``(read, state) -> (state, values)``; ``read(name)`` gives the
        step's part of ``known[name]``, ``values`` has the names of ``found``.
      known: dict of tensors [T,...] to read.
      found: dict of what is written, to (dtype, shape of a step's part).
      state: tuple of tensors. steps: T, a number or a tensor.
      bound: how many steps have to run; more may.
      unroll: a loop of Python's; T must then be known.

    Returns:
      ``(state, results)``: for each name of ``found`` a tensor [T,...].
    """
    state, arrays = loops.loop(
        one_step,
        known,
        found,
        state,
        steps,
        bound=None if unroll else bound,
        unroll=unroll,
    )
    size = steps if isinstance(steps, int) else None
    return state, {
        name: tf.ensure_shape(array.stack(), [size, *found[name][1]])
        for name, array in arrays.items()
    }


def set_row(variable, row, value):
    """Assigns one row of a Keras variable, without rewriting the others."""
    value = tf.stop_gradient(value)
    raw = variable.value
    if isinstance(raw, tf.Variable):
        raw.scatter_update(tf.IndexedSlices(value[None], row[None]))
    else:  # Keras traces with tensors in the place of variables.
        variable.assign(tf.tensor_scatter_nd_update(raw, [[row]], value[None]))


def reversed_within(x, lengths):
    """``x`` [B,T,.] reversed in time within each row's length [B]."""
    return tf.reverse_sequence(x, lengths, seq_axis=1, batch_axis=0)


def asserted(tensor, condition, message):
    """``tensor``, which raises ``message`` later unless ``condition``, if it can.

    XLA leaves assertions out, and so the result has to tell as well.
    """
    with tf.control_dependencies([tf.debugging.Assert(condition, [message])]):
        return tf.identity(tensor)


def replicas():
    """How many replicas a step runs on."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replicas_sum():
    """A function that adds a tensor up over replicas; None outside of them."""
    context = tf.distribute.get_replica_context()
    if context is None or replicas() == 1:
        return None
    return lambda tensor: context.all_reduce(tf.distribute.ReduceOp.SUM, tensor)


def replicas_mean(tables):
    """A dict of tensors averaged over replicas; Keras 3.4's variables do not do it."""
    context = tf.distribute.get_replica_context()
    if replicas() == 1 or context is None or not tables:
        return tables
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, tables)
