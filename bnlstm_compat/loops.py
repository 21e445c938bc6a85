"""A loop over steps that reads sequences and writes results: rolled or unrolled."""

import tensorflow as tf


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
):
    """Runs ``one_step`` for t = 0 ... bound - 1, or from the last to the first.

    Args:
      one_step: function ``(read, state) -> (state, values)``; ``read(name)`` gives the
        step's part of ``known[name]``, ``values`` has the names of ``found``.
      known: dict of what is read: tensors [T,...] or TensorArrays.
      found: dict of what is written, to (dtype, shape of a step's part).
      state: tuple of tensors. steps: T, a number or a tensor.
      bound: how many steps to run (T if None). reverse: last step first.
      ahead: each iteration reads the next one's parts. XLA otherwise fuses the reads
        into the arithmetic that uses them, which then is not vectorised: measured,
        half the speed on the CPU.
      unroll: a Python loop instead of ``tf.while_loop``; T must then be known.

    Returns:
      ``(state, results)``: for each name of ``found`` a TensorArray of T parts, which
      are zero for steps that were not run.
    """
    # TensorArrays, not slices: read and write cost nothing but a reference, and the
    # gradient of a slice would be as large as its source.
    arrays = {
        name: value
        if isinstance(value, tf.TensorArray)
        else _array(value.dtype, steps).unstack(value)
        for name, value in known.items()
    }
    writes = {
        name: _array(dtype, steps, shape) for name, (dtype, shape) in found.items()
    }
    bound = steps if bound is None else bound

    def at(count):
        return bound - 1 - count if reverse else count

    def read_all(count):
        t = at(count)
        return {name: array.read(t) for name, array in arrays.items()} if ahead else {}

    def body(count, writes, parts, *state):
        t, now = at(count), dict(parts)

        def read(name):
            if name not in now:
                now[name] = arrays[name].read(t)
            return now[name]

        state, values = one_step(read, state)
        writes = {name: array.write(t, values[name]) for name, array in writes.items()}
        parts = read_all(tf.minimum(count + 1, bound - 1))
        return (count + 1, writes, parts, *state)

    parts = read_all(0)
    if unroll:
        if bound is not steps:
            raise ValueError("An unrolled loop runs all steps. Received: bound")
        for count in range(steps):
            _, writes, parts, *state = body(count, writes, parts, *state)
        return tuple(state), writes
    _, writes, _, *state = tf.while_loop(
        lambda count, *_: count < bound,
        body,
        (0, writes, parts, *state),
        maximum_iterations=steps,
    )
    return tuple(state), writes


def _array(dtype, size, shape=None):
    # Read again by the backward pass, and by another one if the tape is persistent.
    return tf.TensorArray(dtype, size, element_shape=shape, clear_after_read=False)
