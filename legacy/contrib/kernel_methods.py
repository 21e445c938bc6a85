"""`tf.contrib.kernel_methods`: random Fourier features. Origin: TensorFlow 1.15.5."""

import math

import numpy as np
import tensorflow.compat.v1 as tf

NAMES = {"RandomFourierFeatureMapper": f"{__name__}:RandomFourierFeatureMapper"}


class RandomFourierFeatureMapper:
    """Maps [B, input_dim] to [B, output_dim], whose products are a Gaussian kernel.

    As the original did, `map` seeds NumPy's global generator with `seed`.
    """

    def __init__(self, input_dim, output_dim, stddev=1.0, seed=1, name=None):
        self.input_dim, self.output_dim = input_dim, output_dim
        self._stddev, self._seed, self._name = stddev, seed, name

    @property
    def name(self):
        """The given name, or one of its own."""
        return self._name or str(id(self))

    def map(self, input_tensor):
        """The features; ValueError for a tensor that is not [B, input_dim]."""
        shape = input_tensor.shape
        if shape.ndims != 2 or shape[1] != self.input_dim:
            raise ValueError(
                f"Expected a tensor [B, {self.input_dim}]. Received: {shape}"
            )
        np.random.seed(self._seed)
        size = self.input_dim, self.output_dim
        omega = np.random.normal(scale=1.0 / self._stddev, size=size)
        bias = np.random.uniform(0.0, 2 * np.pi, self.output_dim)
        omega, bias = (tf.constant(each, tf.float32) for each in (omega, bias))
        angles = tf.matmul(input_tensor, omega) + bias
        return math.sqrt(2.0 / self.output_dim) * tf.cos(angles)
