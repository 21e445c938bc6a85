"""Batch normalisation: the moments of a batch, and the affine map that they make.

Where ``keras.ops`` would make float32 of float64, as it does on JAX and torch, or take
long beside what is computed, the backend's own functions stand (``current``), here and
in the modules beside.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025,
equation 3.
"""

from keras import ops

from bnlstm_compat.backend import current


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
