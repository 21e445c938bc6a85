"""The cell in ``keras.ops``: one step, whole sequences, and the statistics' update.

The same equations for every backend of Keras. Where ``keras.ops`` would make float32 of
float64, as it does on JAX and torch, or take long beside what is computed, the
backend's own functions stand (``current``). Weights are passed as a dict ``w`` from
the names of ``spec.WEIGHTS`` to tensors. With B batch, T steps, D input, H units, M
steps with statistics of their own.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025,
equations 6-8. With lengths and ``padding="v1"``, what TensorFlow 1.15's
``dynamic_rnn`` does.
"""

from typing import Any, NamedTuple

import numpy as np
from keras import ops

from bnlstm_compat import spec
from bnlstm_compat.backend import current


class Moments(NamedTuple):
    """Moments of one pass in training, a row of each for every step.

    ``rows`` [T]: the row of the statistics that each step updates, -1 for none (not
    run, fewer than two valid rows, or past the longest step with ``overflow="keep"``);
    ``counts`` [T]: how many rows of the batch the moments are of; ``mean``,
    ``variance``: from site to [T, features].
    """

    rows: Any
    counts: Any
    mean: dict[str, Any]
    variance: dict[str, Any]


def cast(z, dtype):
    """``z`` in ``dtype``, itself if it is."""
    return z if z.dtype == dtype else ops.cast(z, dtype)


def affine(w, site, mean, variance, epsilon):
    """Batch normalisation as scale and shift: ``bn(z) = z * scale + shift``.

    Args:
      w: weights by name; scales and offsets broadcast to the moments.
      site: "recurrent", "input" or "cell".
      mean, variance: [..., features], in float32 or wider.
      epsilon: added to the variance.

    Returns:
      (scale, shift), both [..., features]. The order of the operations is that of
      ``tf.nn.batch_normalization``: another one rounds differently.
    """
    scale = current.rsqrt(variance + epsilon) * w[f"{site}_gamma"]
    shift = -mean * scale
    if f"{site}_beta" in w:
        shift = w[f"{site}_beta"] - mean * scale
    return scale, shift


def at_rows(w, rows):
    """``w`` with scales and offsets of their own for each step taken at ``rows``."""
    if len(w["input_gamma"].shape) == 1:
        return w
    return {**w, **{name: taken(w[name], rows) for name in spec.AFFINE}}


def _first_of_run(rows):
    """Where ``rows`` are known to be n, n + 1, n + 2 ...: n; else None."""
    if not isinstance(rows, np.ndarray) or not rows.size:
        return None
    first = int(rows[0])
    run = np.arange(first, first + len(rows))
    return first if first >= 0 and np.array_equal(rows, run) else None


def taken(table, rows):
    """``table`` at ``rows`` [T], as a slice where it is one."""
    first = _first_of_run(rows)
    if first is None:
        return ops.take(table, rows, axis=0)
    return table[first : first + len(rows)]


def normalize(z, scale, shift):
    """``z * scale + shift`` in the dtype of ``scale``, returned in that of ``z``."""
    return cast(cast(z, scale.dtype) * scale + shift, z.dtype)


def batch_moments(z, axis, dtype, valid=None, all_sum=None):
    """Mean and biased variance of ``z`` over ``axis``, in ``dtype``.

    Args:
      z: [B,.] or [T,B,.].
      axis: of B, the one that is averaged over.
      dtype: of the moments.
      valid: bool, the shape of ``z`` without its last axis, or None: which rows count.
      all_sum: function that adds a tensor up over replicas, or None.

    Returns:
      (mean, variance), zeros where nothing counts.
    """
    z = cast(z, dtype)
    if valid is None and all_sum is None:

        def average(values):
            return current.mean(values, axis)

    else:
        all_sum = all_sum or (lambda total: total)
        valid = ops.ones_like(z[..., :1], "bool") if valid is None else valid[..., None]
        count = all_sum(current.sum(ops.cast(valid, dtype), axis))
        count = current.where(count > 0, count, current.ones_like(count))

        def average(values):
            kept = current.where(valid, values, current.zeros_like(values))
            return all_sum(current.sum(kept, axis)) / count

    mean = average(z)
    # Centred first: the difference of two large sums would lose small variances. The
    # mean has no gradient from there, for the deviations add up to nothing.
    centre = current.stop_gradient(mean)
    return mean, average(current.square(z - (centre if axis == 0 else centre[:, None])))


def gates_to_state(gates, c, bn, activation, recurrent_activation):
    """From the normalised sum of the gates [B,4H] and c [B,H] to ``(h', c')`` [B,H].

    ``bn("cell", c')`` is the cell's batch normalisation.
    """
    f, i, o, j = current.split(gates, len(spec.GATES), 1)
    c = c * recurrent_activation(f) + recurrent_activation(i) * activation(j)
    h = activation(bn("cell", c)) * recurrent_activation(o)
    return h, c


def cell_step(
    w, x, h, c, statistics, *, activation, recurrent_activation=ops.sigmoid, epsilon
):
    """One step; run eagerly on TensorFlow, it gives the bits of the TensorFlow 1 cell.

    Args:
      w: weights by name, at this step's row.
      x: [B,D]. h, c: [B,H].
      statistics: function ``(site, z [B,features]) -> (mean, variance)``, [features]
        or a row for each of the batch.
      activation, recurrent_activation: functions of one tensor.
      epsilon: added to variances.

    Returns:
      ``(h', c')``, both [B,H].
    """

    def bn(site, z):
        return normalize(z, *affine(w, site, *statistics(site, z), epsilon))

    recurrent = bn("recurrent", h @ w["recurrent_kernel"])
    gates = bn("input", x @ w["kernel"]) + recurrent
    return gates_to_state(gates, c, bn, activation, recurrent_activation)


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


def sequence(
    w,
    x,
    h,
    c,
    step,
    *,
    training,
    activation,
    recurrent_activation=ops.sigmoid,
    epsilon,
    lengths=None,
    padding="masked",
    overflow="update",
    recurrent_mask=None,
    unroll=False,
    all_sum=None,
):
    """All steps of a batch of sequences whose counters are equal.

    Args:
      w: weights and statistics by name.
      x: [B,T,D]. h, c: [B,H], step: [B,1], the state before.
      training: Python bool; True takes the moments of each step's batch.
      activation, recurrent_activation: functions of one tensor.
      epsilon: added to variances.
      lengths: [B] int32 or None. A finished row keeps its state and counter.
      padding: "masked": only running rows count in the moments, and fewer than two
        take the population statistics. "v1", as in TensorFlow 1.15: finished rows
        still count, and row 0's counter, which stops with it, decides the row of the
        statistics (so counters may differ).
      overflow: "update" or "keep", see ``BNLSTM``.
      recurrent_mask: [B,H] or None, multiplied onto h before its matmul.
      unroll: a Python loop (T must be known) instead of the backend's.
      all_sum: function that adds a tensor up over replicas, so that moments are those
        of all of them; or None.

    Returns:
      ``(outputs [B,T,H], h [B,H], c [B,H], step [B,1], moments)``; ``outputs`` past a
      row's length are what the cell computes there, up to the longest row;
      ``moments`` is a ``Moments`` in training, else None.
    """
    plan = schedule(
        x,
        step,
        w["cell_moving_mean"].shape[0],
        lengths=lengths,
        padding=padding,
        overflow=overflow,
        all_sum=all_sum,
    )
    dtype = w["cell_moving_mean"].dtype
    step = ops.convert_to_tensor(step)
    _, steps, _ = ops.shape(x)
    units = h.shape[1]
    # Whether steps with too few rows can occur, and so need the population's.
    sparse = padding == "masked" and (
        plan.valid is not None or all_sum is not None or x.shape[0] in (None, 0, 1)
    )
    few = plan.counts < 2
    # Where all rows count alike, the backend may have a normalisation in one piece.
    whole = plan.valid is None and all_sum is None and not sparse and x.dtype == dtype

    def population(site):
        return tuple(
            taken(w[f"{site}_moving_{kind}"], plan.rows)
            for kind in ("mean", "variance")
        )

    def moments_of(z, axis, valid, few, fallback):
        moments = batch_moments(z, axis, dtype, valid, all_sum)
        if not sparse:
            return moments
        return tuple(
            current.where(few, *pair) for pair in zip(fallback, moments, strict=True)
        )

    inputs = ops.transpose(x, (1, 0, 2))
    by_step = at_rows(w, plan.rows)
    mean, variance, known = {}, {}, {}
    inside = ["recurrent", "cell"]  # what is normalised step by step
    if not training:
        for site in spec.SITES:
            mean[site], variance[site] = population(site)
    if current.INPUTS_AT_ONCE:
        inputs = inputs @ w["kernel"]
        if training:
            fallback = population("input") if sparse else None
            mean["input"], variance["input"] = moments_of(
                inputs, 1, plan.valid, few[:, None], fallback
            )
        moments = mean["input"], variance["input"]
        scale, shift = affine(by_step, "input", *moments, epsilon)
        inputs = normalize(inputs, scale[:, None], shift[:, None])
    else:
        inside.append("input")

    # What happens inside the loop: read per step (known) or found there (moments).
    known["inputs"] = inputs
    found = {"outputs": (x.dtype, h.shape)}
    if by_step is not w:
        known |= {name: by_step[name] for name in spec.AFFINE}
    if lengths is not None:
        time = ops.arange(steps, dtype="int32")
        known["running"] = ops.expand_dims(time[:, None] < lengths[None, :], 2)
    if sparse:
        known["few"] = few
    for site in inside:
        if not training:
            known[f"{site}_scale"], known[f"{site}_shift"] = affine(
                by_step, site, mean[site], variance[site], epsilon
            )
            continue
        features = units if site == "cell" else 4 * units
        found[f"{site}_mean"] = (dtype, [features])
        found[f"{site}_variance"] = (dtype, [features])
        if sparse:
            known[f"{site}_mean"], known[f"{site}_variance"] = population(site)

    def one_step(read, state):
        h, c = state
        values = {}
        at_t = w if by_step is w else {**w, **{n: read(n) for n in spec.AFFINE}}
        running = None if lengths is None else read("running")

        def bn(site, z):
            names = (f"{site}_mean", f"{site}_variance")
            if not training:
                return normalize(z, read(f"{site}_scale"), read(f"{site}_shift"))
            if whole and current.batch_norm is not None:
                gamma, beta = at_t[f"{site}_gamma"], at_t.get(f"{site}_beta")
                z, *moments = current.batch_norm(z, gamma, beta, epsilon)
            else:
                moments = moments_of(
                    z,
                    0,
                    None if plan.valid is None else running[:, 0],
                    read("few") if sparse else None,
                    tuple(map(read, names)) if sparse else None,
                )
                z = normalize(z, *affine(at_t, site, *moments, epsilon))
            values.update(zip(names, moments, strict=True))
            return z

        fed = h if recurrent_mask is None else h * recurrent_mask
        inputs = read("inputs")
        if "input" in inside:
            inputs = bn("input", inputs @ w["kernel"])
        gates = inputs + bn("recurrent", fed @ w["recurrent_kernel"])
        next_h, next_c = gates_to_state(gates, c, bn, activation, recurrent_activation)
        values["outputs"] = next_h
        if running is not None:
            next_h = current.where(running, next_h, h)
            next_c = current.where(running, next_c, c)
        return (next_h, next_c), values

    (h, c), results = current.loop(
        one_step, known, found, (h, c), steps, bound=plan.bound, unroll=unroll
    )
    outputs = ops.transpose(results["outputs"], (1, 0, 2))
    ran = steps if lengths is None else ops.minimum(lengths, steps)[:, None]
    moments = None
    if training:
        for site in inside:
            mean[site] = results[f"{site}_mean"]
            variance[site] = results[f"{site}_variance"]
        moments = Moments(plan.updates, plan.counts, mean, variance)
    return outputs, h, c, step + ops.cast(ran, step.dtype), moments


def sequence_by_rows(
    w,
    x,
    h,
    c,
    step,
    *,
    training,
    activation,
    recurrent_activation,
    epsilon,
    momentum,
    lengths,
    overflow,
    recurrent_mask=None,
):
    """All steps of a batch whose rows may stand at different steps: one by one.

    What ``sequence`` does with ``padding="masked"``, with each row's own counter: rows
    that are running and stand at the same row of the statistics share their moments.

    Args:
      w: weights and statistics by name; with bias-corrected averages, also
        ``spec.COUNT``.
      momentum: share of the old statistics that each update keeps.
      others: as for ``sequence``.

    Returns:
      ``(outputs [B,T,H], h [B,H], c [B,H], step [B,1], tables)``; ``tables`` maps the
      names of the statistics to what they are after the pass.
    """
    batch, steps, _ = ops.shape(x)
    last = w["cell_moving_mean"].shape[0] - 1
    groups = last + 1 if overflow == "update" else last + 2
    dtype = w["cell_moving_mean"].dtype
    names = [name for name in (*spec.STATISTICS, spec.COUNT) if name in w]
    step = ops.convert_to_tensor(step)
    start = ops.cast(step, "int32")[:, 0]
    if lengths is None:
        lengths = ops.broadcast_to(ops.cast(steps, "int32"), (batch,))
    time = ops.arange(steps, dtype="int32")

    def one_step(read, state):
        h, c, *tables = state
        tables = dict(zip(names, tables, strict=True))
        t = read("time")
        running = t < lengths
        group = ops.minimum(start + ops.minimum(t, lengths), groups - 1)
        row = ops.minimum(group, last)
        # Finished rows are in a group of their own, which nothing reads.
        ids = current.where(running, group, groups)

        def total(values):
            return current.segment_sum(values, ids, groups + 1)

        count = total(current.ones_like(ids))
        enough = (count > 1)[: last + 1, None]
        after = dict(tables)
        if spec.COUNT in tables:
            kept = kept_share(tables[spec.COUNT], 1, momentum)[:, None]
            after[spec.COUNT] = tables[spec.COUNT] + ops.cast(enough[:, 0], dtype)
        else:
            kept = momentum

        def statistics(site, z):
            both = [f"{site}_moving_{kind}" for kind in ("mean", "variance")]
            population = [ops.take(w[name], row, axis=0) for name in both]
            if not training:
                return population

            def average(values):
                return total(values) / ops.cast(ops.maximum(count, 1), dtype)[:, None]

            z = cast(z, dtype)
            mean = average(z)
            variance = average(current.square(z - ops.take(mean, ids, axis=0)))
            for name, found in zip(both, (mean, variance), strict=True):
                moved = tables[name] * kept + found[: last + 1] * (1 - kept)
                moved = current.where(enough, moved, tables[name])
                after[name] = current.stop_gradient(moved)
            take = (ops.take(count, ids, axis=0) > 1) & running
            return [
                current.where(take[:, None], ops.take(found, ids, axis=0), own)
                for found, own in zip((mean, variance), population, strict=True)
            ]

        fed = h if recurrent_mask is None else h * recurrent_mask
        next_h, next_c = cell_step(
            at_rows(w, row),
            read("inputs"),
            fed,
            c,
            statistics,
            activation=activation,
            recurrent_activation=recurrent_activation,
            epsilon=epsilon,
        )
        running = running[:, None]
        state = (current.where(running, next_h, h), current.where(running, next_c, c))
        return (*state, *after.values()), {"outputs": next_h}

    (h, c, *tables), results = current.loop(
        one_step,
        {"inputs": ops.transpose(x, (1, 0, 2)), "time": time},
        {"outputs": (x.dtype, h.shape)},
        (h, c, *(w[name] for name in names)),
        steps,
    )
    outputs = ops.transpose(results["outputs"], (1, 0, 2))
    ran = ops.cast(ops.minimum(lengths, steps), step.dtype)[:, None]
    return outputs, h, c, step + ran, dict(zip(names, tables, strict=True))


def filled_padding(outputs, lengths, last, how):
    """Outputs [B,T,H] with what stands past each row's length.

    Args:
      outputs: as computed. lengths: [B] int32. last: h [B,H] at the end.
      how: "zero"; "repeat" the last output (zero before the first), as Keras does; or
        "raw": what the cell computes there, zero past the longest row.
    """
    time = ops.arange(ops.shape(outputs)[1], dtype="int32")[None, :]
    zeros = current.zeros_like(outputs)
    if how == "raw":
        longest = ops.maximum(1, ops.max(lengths))
        return current.where(ops.expand_dims(time < longest, 2), outputs, zeros)
    rest = zeros
    if how == "repeat":
        rest = current.where((lengths > 0)[:, None, None], last[:, None], zeros)
    return current.where(ops.expand_dims(time < lengths[:, None], 2), outputs, rest)


def kept_share(count, updates, momentum):
    """Share of a row that ``updates`` further ones keep in a bias-corrected average.

    The average after n updates is ``(1 - m) / (1 - m^n) * sum_k m^(n-k) b_k``, so that
    the value that a row started from has no part in it (D. Kingma and J. Ba, "Adam",
    arXiv 1412.6980, section 3).

    Args:
      count: updates that the row has had. updates: how many follow.
      momentum: m.
    """
    before = 1 - momentum**count
    kept = momentum ** ops.cast(updates, count.dtype)
    return kept * before / (1 - kept * (1 - before))


def updated_statistics(table, batch, rows, momentum, count=None):
    """Statistics [M,features] after a pass, as if updated step by step.

    Args:
      table: the statistics before. batch: [T,features], one moment a step.
      rows: [T] int32, rising by at most one from step to step; -1 for no update.
      momentum: share of the old value that each update keeps.
      count: with bias-corrected averages, the updates [M] that rows have had.

    Returns:
      [M,features]: a row hit n times, by b_1 ... b_n in this order, becomes
      ``row * m^n + (1 - m) * sum_k b_k * m^(n-k)``; with ``count``, the same weights
      made to add up to one without the row's start; a row not hit keeps its bits.
    """
    share = 1 - momentum  # in Python: float32 would round it away from v1's
    first = _first_of_run(rows)
    if first is not None and count is None:
        # Each row once: no scatter, which XLA does row by row.
        past = first + len(rows)
        moved = table[first:past] * momentum + batch * share
        return current.concatenate([table[:first], moved, table[past:]], 0)
    rows = ops.convert_to_tensor(rows)
    ran = rows >= 0
    size = table.shape[0]
    # Only the last row reached can be hit more than once: rows rise, then stay.
    at_last = rows == ops.max(rows)
    number = ops.sum(ops.cast(ran & at_last, "int32"))
    place = ops.cumsum(ops.cast(at_last, "int32"))
    after = current.where(at_last, number - place, 0)
    weight = share * momentum ** ops.cast(after, table.dtype)
    hits = row_hits(rows, size, table.dtype)
    if count is None:
        kept = current.where(hits > 1, momentum**hits, momentum)
    else:
        kept = kept_share(count, hits, momentum)
        # The weights of a row's moments add up to 1 - m^hits: now to 1 - kept.
        stretch = (1 - kept) / (1 - momentum**hits)
        weight *= ops.take(stretch, ops.maximum(rows, 0), axis=0)
    ids = current.where(ran, rows, size)
    added = current.segment_sum(weight[:, None] * batch, ids, size + 1)[:size]
    return current.where(hits[:, None] > 0, table * kept[:, None] + added, table)


def row_hits(rows, size, dtype):
    """How often each of ``size`` rows stands in ``rows`` [T]; -1 is none of them."""
    rows = ops.convert_to_tensor(rows)
    ones = ops.ones_like(rows, dtype=dtype)
    return current.segment_sum(ones, current.where(rows >= 0, rows, size), size + 1)[
        :size
    ]
