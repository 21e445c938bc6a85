"""The loop over the steps of a batch of sequences, whatever a step does.

The backends have loops of their own; here is what all sequences have in common: a
finished row keeps its state, h may be masked before its matmul, counters count.
"""

from keras import ops

from bnlstm_compat.backend import current


def over_steps(
    one_step,
    inputs,
    state,
    step,
    *,
    lengths=None,
    recurrent_mask=None,
    read=None,
    written=None,
    bound=None,
    unroll=False,
):
    """Runs ``one_step`` over time.

    Args:
      one_step: function ``(read, inputs [B,.], h, c, *more) -> (state, values)``; h is
        masked already; ``state`` is ``(h', c', *more')``.
      inputs: [T,B,.], of which each step gets its part.
      state: ``(h [B,H], c [B,H], *more)`` before the first step.
      step: [B,1], the counters before.
      lengths: [B] int32 or None. A finished row keeps h, c and its counter.
      recurrent_mask: [B,H] or None, multiplied onto h.
      read: dict of tensors [T,...], of which ``read(name)`` gives the step's part.
        "running" [B,1] is among them where there are lengths.
      written: dict of what each step's ``values`` holds, to (dtype, shape).
      bound: how many steps have to run; more may.
      unroll: a loop of Python's, where the backend's is another; T must be known.

    Returns:
      ``(outputs [B,T,H], state, step [B,1], results)``; ``outputs`` past a row's
      length are what the cell computes there; ``results``: the values [T,...] by name.
    """
    h = state[0]
    steps = ops.shape(inputs)[0]
    read = {**(read or {}), "inputs": inputs}
    written = {**(written or {}), "outputs": (inputs.dtype, h.shape)}
    ran = steps
    if lengths is not None:
        time = ops.arange(steps, dtype="int32")
        read["running"] = ops.expand_dims(time[:, None] < lengths[None, :], 2)
        ran = ops.minimum(lengths, steps)[:, None]

    def masked_step(read, state):
        h, c, *more = state
        fed = h if recurrent_mask is None else h * recurrent_mask
        after, values = one_step(read, read("inputs"), fed, c, *more)
        next_h, next_c, *more = after
        values["outputs"] = next_h
        if lengths is not None:
            running = read("running")
            next_h = current.where(running, next_h, h)
            next_c = current.where(running, next_c, c)
        return (next_h, next_c, *more), values

    state, results = current.loop(
        masked_step, read, written, tuple(state), steps, bound=bound, unroll=unroll
    )
    outputs = ops.transpose(results.pop("outputs"), (1, 0, 2))
    return outputs, state, step + ops.cast(ran, step.dtype), results
