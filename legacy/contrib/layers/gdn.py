"""Ballé et al. 2016's normalisation: tf_slim's, with the gradient that it looks for."""

import tensorflow.compat.v1 as tf
from tf_slim.layers.layers import GDN, gdn

__all__ = [
    "GDN",
    "gdn",
]


@tf.RegisterGradient("GDNLowerBound")
def _lower_bound_gradient(op, grad):
    """max(x, bound): what would raise an x below its bound passes too."""
    value, bound = op.inputs
    passes = tf.logical_or(value >= bound, grad < 0)
    return tf.cast(passes, grad.dtype) * grad, None
