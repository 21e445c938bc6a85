"""A loop over steps that reads sequences and writes results: rolled or unrolled."""

import tensorflow as tf


def loop(one_step, known, found, state, steps, *, bound=None, reverse=False, unroll):
    """Runs ``one_step`` for t = 0 ... bound - 1, or from the last to the first.

    Args:
      one_step: function ``(read, state) -> (state, values)``; ``read(name)`` gives the
        step's part of ``known[name]``, ``values`` has the names of ``found``.
      known: dict of what is read: tensors [T,...] or TensorArrays.
      found: dict of what is written, to (dtype, shape of a step's part).
      state: tuple of tensors. steps: T, a number or a tensor.
      bound: how many steps to run (T if None). reverse: last step first.
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

    def body(count, writes, *state):
        t = bound - 1 - count if reverse else count
        parts = {}

        def read(name):
            if name not in parts:
                parts[name] = arrays[name].read(t)
            return parts[name]

        state, values = one_step(read, state)
        writes = {name: array.write(t, values[name]) for name, array in writes.items()}
        return (count + 1, writes, *state)

    if unroll:
        if bound is not steps:
            raise ValueError("An unrolled loop runs all steps. Received: bound")
        for count in range(steps):
            _, writes, *state = body(count, writes, *state)
        return tuple(state), writes
    _, writes, *state = tf.while_loop(
        lambda count, *_: count < bound,
        body,
        (0, writes, *state),
        maximum_iterations=steps,
    )
    return tuple(state), writes


def _array(dtype, size, shape=None):
    # Read again by the backward pass, and by another one if the tape is persistent.
    return tf.TensorArray(dtype, size, element_shape=shape, clear_after_read=False)
