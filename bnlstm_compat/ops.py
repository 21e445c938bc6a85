"""The cell in TensorFlow: one step, whole sequences, and the statistics' update.

Weights are passed as a dict ``w`` from the names of ``spec.WEIGHTS`` to tensors. With
B batch, T steps, D input, H units, M steps with statistics of their own.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025,
equations 6-8. With lengths and ``padding="v1"``, what TensorFlow 1.15's
``dynamic_rnn`` does.
"""

from typing import NamedTuple

import tensorflow as tf

from bnlstm_compat import spec


class Moments(NamedTuple):
    """Moments of one pass in training, a row of each for every step.

    ``rows`` [T]: the row of the statistics that each step updates, -1 for none (not
    run, fewer than two valid rows, or past the longest step with ``overflow="keep"``);
    ``counts`` [T]: how many rows of the batch the moments are of; ``mean``,
    ``variance``: from site to [T, features].
    """

    rows: tf.Tensor
    counts: tf.Tensor
    mean: dict[str, tf.Tensor]
    variance: dict[str, tf.Tensor]


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
    scale = tf.math.rsqrt(variance + epsilon) * w[f"{site}_gamma"]
    shift = -mean * scale
    if f"{site}_beta" in w:
        shift = w[f"{site}_beta"] - mean * scale
    return scale, shift


def at_rows(w, rows):
    """``w`` with scales and offsets of their own for each step taken at ``rows``."""
    if w["input_gamma"].shape.rank == 1:
        return w
    return {**w, **{name: taken(w[name], rows) for name in spec.AFFINE}}


def _first_of_run(rows):
    """Where ``rows`` are known to be n, n + 1, n + 2 ...: n; else None."""
    known = tf.get_static_value(rows)
    if known is None or not known.size:
        return None
    known = known.tolist()
    first = known[0]
    run = list(range(first, first + len(known)))
    return first if known == run and first >= 0 else None


def taken(table, rows):
    """``table`` at ``rows`` [T], as a slice where it is one."""
    first = _first_of_run(rows)
    if first is None:
        return tf.gather(table, rows)
    return table[first : first + rows.shape[0]]


def normalize(z, scale, shift):
    """``z * scale + shift`` in the dtype of ``scale``, returned in that of ``z``."""
    return tf.cast(tf.cast(z, scale.dtype) * scale + shift, z.dtype)


def batch_moments(z, axis, dtype, valid=None, all_sum=None):
    """Mean and biased variance of ``z`` over ``axis``, in ``dtype``.

    Args:
      z: a tensor.
      axis: the one that is averaged over.
      dtype: of the moments.
      valid: bool, the shape of ``z`` without its last axis, or None: which rows count.
      all_sum: function that adds a tensor up over replicas, or None.

    Returns:
      (mean, variance), zeros where nothing counts.
    """
    z = tf.cast(z, dtype)
    if valid is None and all_sum is None:
        return tf.nn.moments(z, [axis])
    all_sum = all_sum or tf.identity
    if valid is None:
        valid = tf.ones(tf.shape(z)[:-1], tf.bool)
    valid = valid[..., None]
    count = all_sum(tf.reduce_sum(tf.cast(valid, dtype), axis))
    count = tf.maximum(count, 1)

    def average(values):
        kept = tf.where(valid, values, tf.zeros_like(values))
        return all_sum(tf.reduce_sum(kept, axis)) / count

    mean = average(z)
    # Centred first: the difference of two large sums would lose small variances.
    return mean, average(tf.square(z - tf.expand_dims(mean, axis)))


def gates_to_state(w, gates, c, cell_affine, activation, recurrent_activation):
    """From the normalised sum of the gates [B,4H] and c [B,H] to ``(h', c')`` [B,H].

    ``cell_affine(c')`` gives scale and shift of the cell's batch normalisation.
    """
    f, i, o, j = tf.split(gates, len(spec.GATES), axis=1)
    c = c * recurrent_activation(f) + recurrent_activation(i) * activation(j)
    h = activation(normalize(c, *cell_affine(c))) * recurrent_activation(o)
    return h, c


def cell_step(
    w, x, h, c, statistics, *, activation, recurrent_activation=tf.sigmoid, epsilon
):
    """One step; run eagerly, it gives the bits of the TensorFlow 1 cell.

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

    def bn_affine(site, z):
        return affine(w, site, *statistics(site, z), epsilon)

    recurrent = tf.matmul(h, w["recurrent_kernel"])
    inputs = tf.matmul(x, w["kernel"])
    recurrent = normalize(recurrent, *bn_affine("recurrent", recurrent))
    gates = normalize(inputs, *bn_affine("input", inputs)) + recurrent
    return gates_to_state(
        w,
        gates,
        c,
        lambda z: bn_affine("cell", z),
        activation,
        recurrent_activation,
    )


class Schedule(NamedTuple):
    """Which steps run and which row of the statistics each belongs to.

    ``bound``: how many steps run. ``rows`` [T]: the row that each reads. ``updates``
    [T]: the row that each updates, -1 for none. ``counts`` [T]: how many rows of the
    batch are counted in its moments; ``valid`` [T,B]: which, None for all.
    """

    bound: tf.Tensor
    rows: tf.Tensor
    updates: tf.Tensor
    counts: tf.Tensor
    valid: tf.Tensor | None


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
    batch = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
    steps = tf.shape(x)[1] if x.shape[1] is None else x.shape[1]
    time, bound = tf.range(steps), steps
    advance, valid = time, None
    counts = tf.fill([steps], batch)
    if lengths is not None:
        bound = tf.minimum(steps, tf.maximum(1, tf.reduce_max(lengths)))
        if padding == "v1":
            advance = tf.minimum(time, lengths[0])
        else:
            valid = time[:, None] < lengths[None, :]
            counts = tf.reduce_sum(tf.cast(valid, tf.int32), 1)
    if all_sum is not None:
        counts = all_sum(counts)
        bound = steps  # every replica runs every step, or they would wait for ever
    start = tf.get_static_value(step)
    sizes_known = isinstance(steps, int) and isinstance(batch, int)
    if start is not None and sizes_known and lengths is None and all_sum is None:
        # Told before anything runs, so that ``taken`` has nothing to look up.
        at = range(int(start[0, 0]), int(start[0, 0]) + steps)
        rows = [min(t, max_bn_steps - 1) for t in at]
        moves = [
            (padding == "v1" or batch > 1) and (overflow == "update" or t == row)
            for t, row in zip(at, rows, strict=True)
        ]
        updates = [r if moved else -1 for r, moved in zip(rows, moves, strict=True)]
        rows, updates = (tf.constant(r, tf.int32, [steps]) for r in (rows, updates))
        return Schedule(bound, rows, updates, counts, valid)
    at = tf.cast(step, tf.int32)[0, 0] + advance
    rows = tf.minimum(at, max_bn_steps - 1)
    runs = time < bound
    if padding == "masked":
        runs &= counts > 1
    if overflow == "keep":
        runs &= at < max_bn_steps
    return Schedule(bound, rows, tf.where(runs, rows, -1), counts, valid)


def sequence(
    w,
    x,
    h,
    c,
    step,
    *,
    training,
    activation,
    recurrent_activation=tf.sigmoid,
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
      unroll: a Python loop (T must be known) instead of ``tf.while_loop``.
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
    units = h.shape[1]
    steps = tf.size(plan.rows) if x.shape[1] is None else x.shape[1]
    # Whether steps with too few rows can occur, and so need the population's.
    batch = x.shape[0]
    sparse = padding == "masked" and (
        plan.valid is not None or all_sum is not None or batch is None or batch < 2
    )
    few = plan.counts < 2

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
            tf.where(few, *pair) for pair in zip(fallback, moments, strict=True)
        )

    inputs = tf.matmul(tf.transpose(x, [1, 0, 2]), w["kernel"])
    by_step = at_rows(w, plan.rows)
    mean, variance = {}, {}
    for site in spec.SITES:
        if not training:
            mean[site], variance[site] = population(site)
    if training:
        mean["input"], variance["input"] = moments_of(
            inputs, 1, plan.valid, few[:, None], population("input") if sparse else None
        )
    scale, shift = affine(by_step, "input", mean["input"], variance["input"], epsilon)
    inputs = normalize(inputs, scale[:, None], shift[:, None])

    # What happens inside the loop: read per step (known) or found there (moments).
    known = {"inputs": inputs}
    found = {"outputs": (x.dtype, h.shape)}
    if by_step is not w:
        known |= {name: by_step[name] for name in spec.AFFINE}
    if sparse:
        known["few"] = few
    for site in ("recurrent", "cell"):
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

    def one_step(t, read, h, c):
        found = {}
        at_t = w if by_step is w else {**w, **{n: read(n) for n in spec.AFFINE}}
        few_now = read("few") if sparse else None
        running = None if lengths is None else t < lengths

        def bn_affine(site, z):
            if not training:
                return read(f"{site}_scale"), read(f"{site}_shift")
            valid = None if plan.valid is None else running
            names = (f"{site}_mean", f"{site}_variance")
            fallback = tuple(map(read, names)) if sparse else None
            moments = moments_of(z, 0, valid, few_now, fallback)
            found.update(zip(names, moments, strict=True))
            return affine(at_t, site, *moments, epsilon)

        fed = h if recurrent_mask is None else h * recurrent_mask
        recurrent = tf.matmul(fed, w["recurrent_kernel"])
        gates = read("inputs") + normalize(
            recurrent, *bn_affine("recurrent", recurrent)
        )
        next_h, next_c = gates_to_state(
            w,
            gates,
            c,
            lambda z: bn_affine("cell", z),
            activation,
            recurrent_activation,
        )
        found["outputs"] = next_h
        if running is not None:
            next_h = tf.where(running[:, None], next_h, h)
            next_c = tf.where(running[:, None], next_c, c)
        return next_h, next_c, found

    if unroll:
        h, c, results = _unrolled(one_step, known, found, h, c, steps)
    else:
        h, c, results = _looped(one_step, known, found, h, c, steps, plan.bound)

    outputs = tf.transpose(results["outputs"], [1, 0, 2])
    outputs = tf.ensure_shape(outputs, [x.shape[0], x.shape[1], units])
    ran = steps if lengths is None else tf.minimum(lengths, steps)[:, None]
    moments = None
    if training:
        for site in ("recurrent", "cell"):
            mean[site] = results[f"{site}_mean"]
            variance[site] = results[f"{site}_variance"]
        moments = Moments(plan.updates, plan.counts, mean, variance)
    return outputs, h, c, step + tf.cast(ran, step.dtype), moments


def _unrolled(one_step, known, found, h, c, steps):
    results = {name: [] for name in found}
    known = {name: tf.unstack(value, num=steps) for name, value in known.items()}
    for t in range(steps):
        h, c, values = one_step(t, lambda name, t=t: known[name][t], h, c)
        for name, value in values.items():
            results[name].append(value)
    return h, c, {name: tf.stack(values) for name, values in results.items()}


def _looped(one_step, known, found, h, c, steps, bound):
    # TensorArrays, not slices: the gradient of a slice is as large as its source,
    # which would make the backward pass quadratic in T.
    reads = {
        name: tf.TensorArray(value.dtype, size=steps).unstack(value)
        for name, value in known.items()
    }
    writes = {
        name: tf.TensorArray(dtype, size=steps, element_shape=shape)
        for name, (dtype, shape) in found.items()
    }

    def body(t, h, c, writes):
        h, c, values = one_step(t, lambda name: reads[name].read(t), h, c)
        return (
            t + 1,
            h,
            c,
            {name: array.write(t, values[name]) for name, array in writes.items()},
        )

    _, h, c, writes = tf.while_loop(
        lambda t, *_: t < bound, body, (0, h, c, writes), maximum_iterations=steps
    )
    return h, c, {name: array.stack() for name, array in writes.items()}


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
    steps = tf.shape(x)[1] if x.shape[1] is None else x.shape[1]
    last = w["cell_moving_mean"].shape[0] - 1
    groups = last + 1 if overflow == "update" else last + 2
    dtype = w["cell_moving_mean"].dtype
    names = [name for name in (*spec.STATISTICS, spec.COUNT) if name in w]
    start = tf.cast(step, tf.int32)[:, 0]
    if lengths is None:
        lengths = tf.fill([tf.shape(x)[0]], steps)
    xs = tf.TensorArray(x.dtype, size=steps).unstack(tf.transpose(x, [1, 0, 2]))
    outputs = tf.TensorArray(x.dtype, size=steps, element_shape=h.shape)

    def body(t, h, c, tables, outputs):
        running = t < lengths
        group = tf.minimum(start + tf.minimum(t, lengths), groups - 1)
        row = tf.minimum(group, last)
        ids = tf.where(running, group, -1)
        count = tf.math.unsorted_segment_sum(tf.ones_like(ids), ids, groups)
        enough = (count > 1)[: last + 1, None]
        after = dict(tables)
        if spec.COUNT in tables:
            kept = kept_share(tables[spec.COUNT], 1, momentum)[:, None]
            after[spec.COUNT] += tf.cast(enough[:, 0], dtype)
        else:
            kept = momentum

        def statistics(site, z):
            both = [f"{site}_moving_{kind}" for kind in ("mean", "variance")]
            population = [tf.gather(w[name], row) for name in both]
            if not training:
                return population

            def average(values):
                total = tf.math.unsorted_segment_sum(values, ids, groups)
                return total / tf.cast(tf.maximum(count, 1), dtype)[:, None]

            z = tf.cast(z, dtype)
            mean = average(z)
            variance = average(tf.square(z - tf.gather(mean, group)))
            for name, found in zip(both, (mean, variance), strict=True):
                moved = tables[name] * kept + found[: last + 1] * (1 - kept)
                moved = tf.where(enough, moved, tables[name])
                after[name] = tf.stop_gradient(moved)
            take = (tf.gather(count > 1, group) & running)[:, None]
            return [
                tf.where(take, tf.gather(found, group), own)
                for found, own in zip((mean, variance), population, strict=True)
            ]

        fed = h if recurrent_mask is None else h * recurrent_mask
        next_h, next_c = cell_step(
            at_rows(w, row),
            xs.read(t),
            fed,
            c,
            statistics,
            activation=activation,
            recurrent_activation=recurrent_activation,
            epsilon=epsilon,
        )
        running = running[:, None]
        return (
            t + 1,
            tf.where(running, next_h, h),
            tf.where(running, next_c, c),
            after,
            outputs.write(t, next_h),
        )

    _, h, c, tables, outputs = tf.while_loop(
        lambda t, *_: t < steps,
        body,
        (0, h, c, {name: w[name] for name in names}, outputs),
        maximum_iterations=steps,
    )
    outputs = tf.transpose(outputs.stack(), [1, 0, 2])
    outputs = tf.ensure_shape(outputs, [x.shape[0], x.shape[1], h.shape[1]])
    ran = tf.cast(tf.minimum(lengths, steps), step.dtype)[:, None]
    return outputs, h, c, step + ran, tables


def filled_padding(outputs, lengths, last, how):
    """Outputs [B,T,H] with what stands past each row's length.

    Args:
      outputs: as computed. lengths: [B] int32. last: h [B,H] at the end.
      how: "zero"; "repeat" the last output (zero before the first), as Keras does; or
        "raw": what the cell computes there, zero past the longest row.
    """
    time = tf.range(tf.shape(outputs)[1])[None, :]
    zeros = tf.zeros_like(outputs)
    if how == "raw":
        longest = tf.maximum(1, tf.reduce_max(lengths))
        return tf.where(tf.expand_dims(time < longest, 2), outputs, zeros)
    rest = zeros
    if how == "repeat":
        rest = tf.where((lengths > 0)[:, None, None], last[:, None], zeros)
    return tf.where(tf.expand_dims(time < lengths[:, None], 2), outputs, rest)


def kept_share(count, updates, momentum):
    """Share of a row that ``updates`` further ones keep in a bias-corrected average.

    The average after n updates is ``(1 - m) / (1 - m^n) * sum_k m^(n-k) b_k``, so that
    the value that a row started from has no part in it (D. Kingma and J. Ba, "Adam",
    arXiv 1412.6980, section 3).

    Args:
      count: updates that the row has had. updates: how many follow.
      momentum: m.
    """
    m = tf.constant(momentum, count.dtype)  # tf.cast would round it to float32 first
    before = 1 - tf.pow(m, count)
    kept = tf.pow(m, tf.cast(updates, count.dtype))
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
    m = tf.constant(momentum, table.dtype)
    first = _first_of_run(rows)
    if first is not None and count is None:
        # Each row once: no scatter, which XLA does row by row.
        past = first + rows.shape[0]
        moved = table[first:past] * m + batch * tf.constant(share, table.dtype)
        return tf.concat([table[:first], moved, table[past:]], 0)
    ran = rows >= 0
    size = tf.shape(table)[0]
    # Only the last row reached can be hit more than once: rows rise, then stay.
    number = tf.reduce_sum(tf.cast(ran & (rows == tf.reduce_max(rows)), tf.int32))
    place = tf.cumsum(tf.cast(rows == tf.reduce_max(rows), tf.int32))
    after = tf.where(rows == tf.reduce_max(rows), number - place, 0)
    weight = share * tf.pow(m, tf.cast(after, table.dtype))
    hits = row_hits(rows, size, table.dtype)
    if count is None:
        kept = tf.where(hits > 1, tf.pow(m, hits), m)
    else:
        kept = kept_share(count, hits, momentum)
        # The weights of a row's moments add up to 1 - m^hits: now to 1 - kept.
        stretch = (1 - kept) / (1 - tf.pow(m, hits))
        weight *= tf.gather(stretch, tf.maximum(rows, 0))
    added = tf.math.unsorted_segment_sum(
        tf.where(ran, weight, 0)[:, None] * batch, rows, size
    )
    return tf.where(hits[:, None] > 0, table * kept[:, None] + added, table)


def row_hits(rows, size, dtype):
    """How often each of ``size`` rows stands in ``rows`` [T]; -1 is none of them."""
    return tf.math.unsorted_segment_sum(tf.cast(rows >= 0, dtype), rows, size)
