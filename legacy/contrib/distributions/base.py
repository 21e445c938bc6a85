"""What the distributions here share: shapes from their parameters."""

import functools

import numpy as np
import tensorflow.compat.v1 as tf

FULLY = tf.distributions.FULLY_REPARAMETERIZED
NOT = tf.distributions.NOT_REPARAMETERIZED


class FromParameters(tf.distributions.Distribution):
    """A distribution whose batch shape is that of its parameters, broadcast.

    A subclass calls `_start` with its parameters as tensors, and gives `_sample_n`,
    `_log_prob` and what else it has. `_event_ndims` counts the last dimensions of the
    parameters that belong to an event.
    """

    _event_ndims = 0

    def _start(
        self,
        tensors,
        name,
        validate_args,
        allow_nan_stats,
        reparameterized,
        dtype=None,
    ):
        self._tensors = list(tensors.values())
        for key, tensor in tensors.items():
            setattr(self, f"_{key}", tensor)
        tf.distributions.Distribution.__init__(
            self,
            dtype=dtype or self._tensors[-1].dtype,
            reparameterization_type=FULLY if reparameterized else NOT,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=dict(tensors),
            graph_parents=self._tensors,
            name=name,
        )

    def _broadcast(self):
        return functools.reduce(
            tf.broadcast_static_shape, (tensor.shape for tensor in self._tensors)
        )

    def _broadcast_tensor(self):
        return functools.reduce(
            tf.broadcast_dynamic_shape, map(tf.shape, self._tensors)
        )

    def _batch_shape(self):
        shape = self._broadcast()
        return shape[: shape.ndims - self._event_ndims] if shape.ndims else shape

    def _batch_shape_tensor(self):
        shape = self._broadcast_tensor()
        return shape[: tf.size(shape) - self._event_ndims]

    def _event_shape(self):
        shape = self._broadcast()
        if not self._event_ndims:
            return tf.TensorShape([])
        return shape[-self._event_ndims :]

    def _event_shape_tensor(self):
        if not self._event_ndims:
            return tf.constant([], tf.int32)
        return self._broadcast_tensor()[-self._event_ndims :]

    def _sample_shape(self, n):
        return tf.concat([[n], self._broadcast_tensor()], 0)

    def _full(self, value):
        """`value` in the shape of a batch."""
        return value + tf.zeros(self._broadcast_tensor(), value.dtype)


def uniform(shape, dtype, seed):
    """Draws from (0, 1)."""
    tiny = np.finfo(tf.as_dtype(dtype).as_numpy_dtype).tiny
    return tf.random_uniform(shape, tiny, 1.0, dtype, seed)


def logits_and_probs(logits, probs, several=False):
    """Both, from one: of one class (sigmoid) or of several (softmax).

    ValueError if both or neither are given.
    """
    if (logits is None) == (probs is None):
        raise ValueError("Expected either logits or probs.")
    if probs is None:
        logits = tf.convert_to_tensor(logits, name="logits")
        return logits, tf.nn.softmax(logits) if several else tf.sigmoid(logits)
    probs = tf.convert_to_tensor(probs, name="probs")
    if several:
        return tf.log(probs), probs
    return tf.log(probs) - tf.log1p(-probs), probs
