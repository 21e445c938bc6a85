"""`tf.contrib.nn`: dropout for self-normalising networks, losses of two orders."""

import tensorflow.compat.v1 as tf

_PUBLIC = """alpha_dropout conv1d_transpose
deprecated_flipped_sigmoid_cross_entropy_with_logits
deprecated_flipped_softmax_cross_entropy_with_logits
deprecated_flipped_sparse_softmax_cross_entropy_with_logits scaled_softplus"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}
NAMES["nth_element"] = "tensorflow.python.ops.nn_ops:nth_element"


def alpha_dropout(x, keep_prob, noise_shape=None, seed=None, name=None):
    """Klambauer et al. 2017: dropout to the value -1.758, mean and variance kept."""
    with tf.name_scope(name, "alpha_dropout", [x]):
        x = tf.convert_to_tensor(x, name="x")
        if not isinstance(keep_prob, tf.Tensor) and not 0 < keep_prob <= 1:
            raise ValueError(f"Expected keep_prob in (0, 1]. Received: {keep_prob}")
        if not isinstance(keep_prob, tf.Tensor) and keep_prob == 1:
            return x
        keep_prob = tf.convert_to_tensor(keep_prob, x.dtype, name="keep_prob")
        shape = tf.shape(x) if noise_shape is None else noise_shape
        alpha = -1.7580993408473766
        drawn = keep_prob + tf.random_uniform(shape, seed=seed, dtype=x.dtype)
        kept = tf.floor(drawn)
        a = (keep_prob + alpha**2 * keep_prob * (1 - keep_prob)) ** -0.5
        b = -a * alpha * (1 - keep_prob)
        return a * (x * kept + alpha * (1 - kept)) + b


def conv1d_transpose(
    value, filter, output_shape, stride, padding="SAME", data_format="NWC", name=None
):
    """The transpose of `conv1d`: value [B, W, in], filter [width, out, in]."""
    return tf.nn.conv1d_transpose(
        value, filter, output_shape, stride, padding, data_format, name=name
    )


def deprecated_flipped_softmax_cross_entropy_with_logits(
    logits, labels, dim=-1, name=None
):
    """`tf.nn.softmax_cross_entropy_with_logits` with 0.12's order."""
    return tf.nn.softmax_cross_entropy_with_logits(
        labels=labels, logits=logits, dim=dim, name=name
    )


def deprecated_flipped_sparse_softmax_cross_entropy_with_logits(
    logits, labels, name=None
):
    """`tf.nn.sparse_softmax_cross_entropy_with_logits` with 0.12's order."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=logits, name=name
    )


def deprecated_flipped_sigmoid_cross_entropy_with_logits(logits, targets, name=None):
    """`tf.nn.sigmoid_cross_entropy_with_logits` with 0.12's order."""
    return tf.nn.sigmoid_cross_entropy_with_logits(
        labels=targets, logits=logits, name=name
    )


def scaled_softplus(x, alpha, clip=None, name=None):
    """alpha log(1 + exp(x / alpha)), and, with `clip`, at most about that."""
    with tf.name_scope(name, "scaled_softplus", [x, alpha]):
        x = tf.convert_to_tensor(x)
        result = alpha * tf.nn.softplus(x / alpha)
        return result if clip is None else tf.minimum(result, clip)
