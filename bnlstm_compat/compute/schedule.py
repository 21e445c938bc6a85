"""Which steps of a sequence run, and which rows of the tables they read and update."""

from typing import Any, NamedTuple

import numpy as np
from keras import ops

from bnlstm_compat import spec
from bnlstm_compat.backend import current


class Schedule(NamedTuple):
    """Which steps run and which row of the statistics each belongs to.

    ``bound``: how many steps run. ``rows`` [T]: the row that each reads. ``updates``
    [T]: the row that each updates, -1 for none. ``counts`` [T]: how many rows of the
    batch are counted in its moments; ``valid`` [T,B]: which, None for all. ``rows`` and
    ``updates`` are NumPy arrays where they are known before anything runs.
    """

    bound: Any
    rows: Any
    updates: Any
    counts: Any
    valid: Any


def schedule(
    x, step, max_bn_steps, *, lengths, padding, overflow="update", all_sum=None
):
    """The ``Schedule`` of a sequence in which all rows of the batch begin alike.

    Args:
      x: [B,T,D], for its shape. step: [B,1], the counters before.
      max_bn_steps: M. lengths: [B] int32 or None.
      padding: "v1": row 0's length and counter decide. "masked": rows of the batch
        count up to their length; a step with fewer than two updates nothing.
      overflow: "keep": steps from M on update nothing.
      all_sum: function that adds a tensor up over replicas, or None.
    """
    batch, steps, _ = ops.shape(x)
    time, bound = ops.arange(steps, dtype="int32"), steps
    advance, valid = time, None
    counts = ops.broadcast_to(ops.cast(batch, "int32"), (steps,))
    if lengths is not None:
        bound = ops.minimum(steps, ops.maximum(1, ops.max(lengths)))
        if padding == "v1":
            advance = ops.minimum(time, lengths[0])
        else:
            valid = time[:, None] < lengths[None, :]
            counts = ops.sum(ops.cast(valid, "int32"), 1)
    if all_sum is not None:
        counts = all_sum(counts)
        bound = steps  # every replica runs every step, or they would wait for ever
    start = current.static(step)
    sizes_known = isinstance(steps, int) and isinstance(batch, int)
    if start is not None and sizes_known and lengths is None and all_sum is None:
        # Told before anything runs, so that ``taken`` has nothing to look up.
        at = int(start[0, 0]) + np.arange(steps, dtype=np.int32)
        rows = np.minimum(at, max_bn_steps - 1)
        runs = np.full(steps, padding == "v1" or batch > 1)
        if overflow == "keep":
            runs &= at < max_bn_steps
        return Schedule(bound, rows, np.where(runs, rows, -1), counts, valid)
    at = ops.cast(step, "int32")[0, 0] + advance
    rows = ops.minimum(at, max_bn_steps - 1)
    runs = time < bound
    if padding == "masked":
        runs &= counts > 1
    if overflow == "keep":
        runs &= at < max_bn_steps
    return Schedule(bound, rows, current.where(runs, rows, -1), counts, valid)


def at_rows(w, rows):
    """``w`` with scales and offsets of their own for each step taken at ``rows``."""
    if len(w["input_gamma"].shape) == 1:
        return w
    return {**w, **{name: taken(w[name], rows) for name in spec.AFFINE}}


def taken(table, rows):
    """``table`` at ``rows`` [T], as a slice where it is one."""
    first = first_of_run(rows)
    if first is None:
        return ops.take(table, rows, axis=0)
    return table[first : first + len(rows)]


def first_of_run(rows):
    """Where ``rows`` are known to be n, n + 1, n + 2 ...: n; else None."""
    if not isinstance(rows, np.ndarray) or not rows.size:
        return None
    first = int(rows[0])
    run = np.arange(first, first + len(rows))
    return first if first >= 0 and np.array_equal(rows, run) else None
