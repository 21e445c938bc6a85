"""A loop over steps that reads sequences and writes results: rolled or unrolled."""

from typing import NamedTuple

import tensorflow as tf

#: TensorFlow's loop runs so many steps at a time, as far as they need not wait for the
#: one before. Backward, what is made early takes memory in vain.
AT_A_TIME, AT_A_TIME_BACKWARD = 10, 3


class Rows(NamedTuple):
    """What a loop needs of a ``tf.TensorArray``, as one tensor [T,...].

    For exported graphs: LiteRT has no TensorArrays of its own. A write costs a copy of
    the tensor where the target does not reuse its memory.
    """

    tensor: tf.Tensor

    def read(self, t):
        """The part of step ``t``."""
        return tf.gather(self.tensor, t)

    def write(self, t, value):
        """``Rows`` with another part for step ``t``."""
        return Rows(tf.tensor_scatter_nd_update(self.tensor, [[t]], value[None]))

    def stack(self):
        """All parts, [T,...]."""
        return self.tensor


def loop(
    one_step,
    known,
    found,
    state,
    steps,
    *,
    bound=None,
    reverse=False,
    unroll=False,
    ahead=False,
    portable=False,
):
    """Runs ``one_step`` for t = 0 ... bound - 1, or from the last to the first.

    Args:
      one_step: function ``(read, state) -> (state, values)``; ``read(name)`` gives the
        step's part of ``known[name]``, ``values`` has the names of ``found``.
      known: dict of what is read: tensors [T,...] or TensorArrays.
      found: dict of what is written, to (dtype, shape of a step's part). In a portable
        loop a size that is not known is a tensor, else None. What has the name of
        something that is read has its shape: with ``ahead`` it takes its place.
      state: tuple of tensors. steps: T, a number or a tensor.
      bound: how many steps to run (T if None). reverse: last step first.
      ahead: each iteration reads the next one's parts. XLA otherwise fuses the reads
        into the arithmetic that uses them, which then is not vectorised: measured,
        half the speed on the CPU.
      unroll: a Python loop instead of ``tf.while_loop``; T must then be known.
      portable: read and write ``Rows`` in the place of TensorArrays.

    Returns:
      ``(state, results)``: for each name of ``found`` a TensorArray (or ``Rows``) of T
      parts, which are zero for steps that were not run.
    """
    # TensorArrays, not slices: read and write cost nothing but a reference, and the
    # gradient of a slice would be as large as its source.
    of_parts, empty = (_rows, _no_rows) if portable else (opened, _array)
    arrays = {name: of_parts(value, steps) for name, value in known.items()}
    writes = {
        name: empty(dtype, steps, shape) for name, (dtype, shape) in found.items()
    }
    if ahead:
        writes |= {name: arrays[name] for name in found if name in arrays}
    from_end = reverse and bound is None and not (ahead or unroll)
    left = _lists(arrays) if from_end else {}
    bound = steps if bound is None else bound

    def at(count):
        return bound - 1 - count if reverse else count

    def read_all(count, writes):
        t, sources = at(count), {**arrays, **writes}
        return {name: sources[name].read(t) for name in known}

    def body(count, writes, parts, left, *state):
        t, now, left = at(count), dict(parts), dict(left)
        for name, handle in left.items():
            left[name], now[name] = _last(handle, arrays[name])

        def read(name):
            if name not in now:
                now[name] = arrays[name].read(t)
            return now[name]

        state, values = one_step(read, state)
        wrote = {name: array.write(t, values[name]) for name, array in writes.items()}
        if ahead:
            parts = read_all(once_known(state, tf.minimum(count + 1, bound - 1)), wrote)
        return (count + 1, wrote, parts, left, *state)

    parts = read_all(0, writes) if ahead else {}
    if unroll:
        if bound is not steps:
            raise ValueError("An unrolled loop runs all steps. Received: bound")
        for count in range(steps):
            _, writes, parts, _, *state = body(count, writes, parts, {}, *state)
        return tuple(state), writes
    _, writes, _, _, *state = tf.while_loop(
        lambda count, *_: count < bound,
        body,
        (0, writes, parts, left, *state),
        maximum_iterations=steps,
        parallel_iterations=AT_A_TIME_BACKWARD if reverse else AT_A_TIME,
    )
    return tuple(state), writes


def _lists(arrays):
    """The lists by name of those TensorArrays that are one: in today's graphs, all."""
    flows = {} if tf.executing_eagerly() else {n: a.flow for n, a in arrays.items()}
    return {name: flow for name, flow in flows.items() if flow.dtype == tf.variant}


def _last(handle, array):
    """A list without its last part, and that part; its memory is free once used."""
    shape = array.element_shape
    sizes = -1 if shape.rank is None else [-1 if n is None else n for n in shape]
    return tf.raw_ops.TensorListPopBack(
        input_handle=handle,
        element_shape=tf.constant(sizes, tf.int32),
        element_dtype=array.dtype,
    )


def once_known(tensors, value):
    """``value``, which nobody can tell before ``tensors`` are known.

    So what needs it waits. In the loop XLA then sees that the parts of the step before
    are no longer used and writes the next ones in their place; it would copy each of
    them twice.
    """
    total = sum(
        tf.cast(tf.reduce_sum(tf.reshape(z, [-1])[:1]), tf.float32)
        for z in tf.nest.flatten(tensors)
    )
    return value + tf.cast(total > float("inf"), value.dtype)  # which it never is


def _rows(value, steps):
    del steps  # it is in the value's shape
    return Rows(value)


def _no_rows(dtype, steps, shape):
    return Rows(tf.zeros([steps, *shape], dtype))


def opened(value, steps):
    """A tensor [T,...] as what a loop reads: a TensorArray, which is a copy."""
    if isinstance(value, tf.TensorArray):
        return value
    return _array(value.dtype, steps).unstack(value)


def _array(dtype, steps, shape=None):
    # Read again by the backward pass, and by another one if the tape is persistent.
    return tf.TensorArray(dtype, steps, element_shape=shape, clear_after_read=False)
