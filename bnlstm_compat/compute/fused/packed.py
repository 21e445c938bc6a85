"""Vectors that travel together, by name."""

import tensorflow as tf


class Packed:
    """Vectors by name in one tensor, one after the other on its last axis.

    Few and large reads and writes: each costs XLA a kernel of its own.
    """

    def __init__(self, sizes):
        self._sizes = dict(sizes)
        self.size = sum(self._sizes.values())

    def pack(self, vectors):
        """The vectors [...,size] as one tensor; ``vectors`` may hold others, too."""
        return tf.concat([vectors[name] for name in self._sizes], -1)

    def unpack(self, tensor):
        """The vectors by name."""
        parts = tf.split(tensor, list(self._sizes.values()), -1)
        return dict(zip(self._sizes, parts, strict=True))
