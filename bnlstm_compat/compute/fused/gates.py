"""The gates f, i, o, j [B,H] of a step, from what they are activations of [B,4H].

Two classes with the same interface.
"""

import numpy as np
import tensorflow as tf

from bnlstm_compat import spec
from bnlstm_compat.compute.fused.setting import activate

#: Activations as ``m tanh(m z) + n``: m and n.
_BY_TANH = {"tanh": (1, 0), "sigmoid": (0.5, 0.5)}


def gates_of(setting):
    """The one that a ``Setting`` asks for."""
    by_tanh = {*_activations(setting)} <= {*_BY_TANH}
    joined = setting.stacked and setting.joined_gates and by_tanh
    return (Joined if joined else Apart)(setting)


def _activations(setting):
    """The name of each gate's."""
    r, q = setting.recurrent_activation, setting.activation
    return [q if gate == "j" else r for gate in spec.GATES]


class Apart:
    """A tensor for each."""

    def __init__(self, setting):
        self._activations = _activations(setting)

    def sizes(self, units):
        """The names of the tensors, to their features."""
        return dict.fromkeys(spec.GATES, units)

    def activated(self, z):
        """The tensors by name."""
        parts = tf.split(z, len(spec.GATES), axis=1)
        parts = map(activate, parts, self._activations)
        return dict(zip(spec.GATES, parts, strict=True))

    def parts(self, tensors):
        """f, i, o, j of the tensors by name."""
        return [tensors[gate] for gate in spec.GATES]


class Joined:
    """One tensor [B,4H]: XLA computes, writes and reads it by one kernel each.

    The sigmoid of z is ``tanh(z / 2) / 2 + 1 / 2``.
    """

    def __init__(self, setting):
        self._by_tanh = [_BY_TANH[name] for name in _activations(setting)]

    def sizes(self, units):
        """See ``Apart``, here and below."""
        return {"gates": len(spec.GATES) * units}

    def activated(self, z):
        units = z.shape[1] // len(spec.GATES)
        m, n = np.repeat(np.transpose(self._by_tanh), units, axis=1)
        m, n = (tf.constant(vector, z.dtype) for vector in (m, n))
        return {"gates": m * tf.tanh(m * z) + n}

    def parts(self, tensors):
        return tf.split(tensors["gates"], len(spec.GATES), axis=1)
