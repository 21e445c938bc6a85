"""The cell in TensorFlow: one step, a whole sequence, and the statistics' update.

Weights are passed as a dict ``w`` from the names of ``spec.WEIGHTS`` to tensors. With
B batch, T steps, D input, H units, M steps with statistics of their own.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025,
equations 6-8. With lengths, what TensorFlow 1.15's ``dynamic_rnn`` does.
"""

from typing import NamedTuple

import tensorflow as tf

from bnlstm_compat import spec


class Moments(NamedTuple):
    """Moments of one pass in training.

    ``rows`` [T]: the row of the statistics that each step belongs to, -1 for steps
    that were not run; ``mean``, ``variance``: from site to [T, features].
    """

    rows: tf.Tensor
    mean: dict[str, tf.Tensor]
    variance: dict[str, tf.Tensor]


def affine(w, site, mean, variance, epsilon):
    """Batch normalisation as scale and shift: ``bn(z) = z * scale + shift``.

    Args:
      w: weights by name.
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


def normalize(z, scale, shift):
    """``z * scale + shift`` in the dtype of ``scale``, returned in that of ``z``."""
    return tf.cast(tf.cast(z, scale.dtype) * scale + shift, z.dtype)


def batch_moments(z, axis, dtype):
    """Mean and biased variance of ``z`` over ``axis``, in ``dtype``."""
    return tf.nn.moments(tf.cast(z, dtype), [axis])


def row_of(step, max_bn_steps):
    """Row of the statistics for a step counter [B,1]: that of batch row 0, cut."""
    return tf.minimum(tf.cast(step, tf.int32)[0, 0], max_bn_steps - 1)


def gates_to_state(w, gates, c, cell_affine, activation):
    """From the normalised sum of the gates [B,4H] and c [B,H] to ``(h', c')`` [B,H].

    ``cell_affine(c')`` gives scale and shift of the cell's batch normalisation.
    """
    f, i, o, j = tf.split(gates, len(spec.GATES), axis=1)
    c = c * tf.sigmoid(f) + tf.sigmoid(i) * activation(j)
    h = activation(normalize(c, *cell_affine(c))) * tf.sigmoid(o)
    return h, c


def step(w, x, h, c, statistics, *, activation, epsilon):
    """One step; run eagerly, it gives the bits of the TensorFlow 1 cell.

    Args:
      w: weights by name.
      x: [B,D]. h, c: [B,H].
      statistics: function ``(site, z [B,features]) -> (mean, variance)`` [features].
      activation: function of one tensor. epsilon: added to variances.

    Returns:
      ``(h', c')``, both [B,H].
    """

    def bn_affine(site, z):
        return affine(w, site, *statistics(site, z), epsilon)

    recurrent = tf.matmul(h, w["recurrent_kernel"])
    inputs = tf.matmul(x, w["kernel"])
    recurrent = normalize(recurrent, *bn_affine("recurrent", recurrent))
    gates = normalize(inputs, *bn_affine("input", inputs)) + recurrent
    return gates_to_state(w, gates, c, lambda z: bn_affine("cell", z), activation)


def sequence(
    w,
    x,
    h,
    c,
    step,
    *,
    training,
    activation,
    epsilon,
    lengths=None,
    zero_output=True,
    unroll=False,
):
    """All steps of a batch of sequences.

    Args:
      w: weights and statistics by name.
      x: [B,T,D]. h, c: [B,H], step: [B,1], the state before.
      training: Python bool; True takes the moments of each step's batch.
      activation: function of one tensor. epsilon: added to variances.
      lengths: [B] int32 or None. As in TensorFlow 1.15: the loop goes to the longest
        (at least one step); a finished row keeps its state and counter, but still
        counts in the moments.
      zero_output: outputs past a row's length are zero; else what the cell gives
        there, up to the longest row.
      unroll: a Python loop (T must be known) instead of ``tf.while_loop``.

    Returns:
      ``(outputs [B,T,H], h [B,H], c [B,H], step [B,1], moments)``; ``moments`` is a
      ``Moments`` in training, else None.
    """
    batch, steps = tf.shape(x)[0], x.shape[1]
    if steps is None:
        steps = tf.shape(x)[1]
    units = h.shape[1]
    max_bn_steps = w["cell_moving_mean"].shape[0]
    dtype = w["cell_moving_mean"].dtype
    time = tf.range(steps)
    bound = steps
    if lengths is not None:
        bound = tf.minimum(steps, tf.maximum(1, tf.reduce_max(lengths)))
    advance = time if lengths is None else tf.minimum(time, lengths[0])
    rows = tf.minimum(tf.cast(step, tf.int32)[0, 0] + advance, max_bn_steps - 1)

    # The input's part of the gates, for all steps at once.
    inputs = tf.transpose(x, [1, 0, 2])
    inputs = tf.matmul(tf.reshape(inputs, [-1, x.shape[2]]), w["kernel"])
    inputs = tf.reshape(inputs, [steps, batch, 4 * units])
    mean, variance = {}, {}
    for site in spec.SITES:
        if not training:
            mean[site] = tf.gather(w[f"{site}_moving_mean"], rows)
            variance[site] = tf.gather(w[f"{site}_moving_variance"], rows)
    if training:
        mean["input"], variance["input"] = batch_moments(inputs, 1, dtype)
    scale, shift = affine(w, "input", mean["input"], variance["input"], epsilon)
    inputs = normalize(inputs, scale[:, None], shift[:, None])

    # What happens inside the loop: read per step (known) or found there (moments).
    known = {"inputs": inputs}
    found = {"outputs": (x.dtype, h.shape)}
    for site in ("recurrent", "cell"):
        features = units if site == "cell" else 4 * units
        if training:
            found[f"{site}_mean"] = (dtype, [features])
            found[f"{site}_variance"] = (dtype, [features])
        else:
            known[f"{site}_scale"], known[f"{site}_shift"] = affine(
                w, site, mean[site], variance[site], epsilon
            )

    def one_step(t, read, h, c):
        found = {}

        def bn_affine(site, z):
            if not training:
                return read(f"{site}_scale"), read(f"{site}_shift")
            mean, variance = batch_moments(z, 0, dtype)
            found[f"{site}_mean"], found[f"{site}_variance"] = mean, variance
            return affine(w, site, mean, variance, epsilon)

        recurrent = tf.matmul(h, w["recurrent_kernel"])
        gates = read("inputs") + normalize(
            recurrent, *bn_affine("recurrent", recurrent)
        )
        next_h, next_c = gates_to_state(
            w, gates, c, lambda z: bn_affine("cell", z), activation
        )
        found["outputs"] = next_h
        if lengths is not None:
            running = (t < lengths)[:, None]
            if zero_output:
                found["outputs"] = tf.where(running, next_h, tf.zeros_like(next_h))
            next_h = tf.where(running, next_h, h)
            next_c = tf.where(running, next_c, c)
        return next_h, next_c, found

    if unroll:
        h, c, results = _unrolled(one_step, known, found, h, c, steps)
    else:
        h, c, results = _looped(one_step, known, found, h, c, steps, bound)

    outputs = tf.transpose(results["outputs"], [1, 0, 2])
    outputs = tf.ensure_shape(outputs, [x.shape[0], x.shape[1], units])
    ran = bound if lengths is None else tf.minimum(lengths, bound)[:, None]
    moments = None
    if training:
        for site in ("recurrent", "cell"):
            mean[site] = results[f"{site}_mean"]
            variance[site] = results[f"{site}_variance"]
        moments = Moments(tf.where(time < bound, rows, -1), mean, variance)
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


def updated_statistics(table, batch, rows, momentum):
    """Statistics [M,features] after a pass, as if updated step by step.

    Args:
      table: the statistics before. batch: [T,features], one moment a step.
      rows: [T] int32, rising by at most one from step to step; -1 for no update.
      momentum: share of the old value that each update keeps.

    Returns:
      [M,features]: a row hit n times, by b_1 ... b_n in this order, becomes
      ``row * m^n + (1 - m) * sum_k b_k * m^(n-k)``; a row not hit keeps its bits.
    """
    share = 1 - momentum  # in Python: float32 would round it away from v1's
    momentum = tf.constant(momentum, table.dtype)
    ran = rows >= 0
    # Only the last row reached can be hit more than once: rows rise, then stay.
    count = tf.reduce_sum(tf.cast(ran, tf.int32))
    after = tf.where(
        rows == tf.reduce_max(rows), count - 1 - tf.range(tf.size(rows)), 0
    )
    weight = share * tf.pow(momentum, tf.cast(after, table.dtype))
    size = tf.shape(table)[0]
    added = tf.math.unsorted_segment_sum(
        tf.where(ran, weight, 0)[:, None] * batch, rows, size
    )
    hits = tf.math.unsorted_segment_sum(tf.cast(ran, table.dtype), rows, size)[:, None]
    kept = tf.where(hits > 1, tf.pow(momentum, hits), momentum)
    return tf.where(hits > 0, table * kept + added, table)
