"""Optimisers that compare the signs of a gradient and of its average."""

import numpy as np
import tensorflow.compat.v1 as tf

from legacy.contrib.opt.base import ByFormula

__all__ = [
    "AddSignOptimizer",
    "PowerSignOptimizer",
]


class AddSignOptimizer(ByFormula):
    """AddSign: the gradient times ``alpha + decay * sign(g) sign(m)``.

    m is a moving average of gradients with ``beta``. Source: I. Bello et al., "Neural
    Optimizer Search with Reinforcement Learning", arXiv 1709.07417, section 5.
    """

    slots = ("m",)

    def __init__(
        self,
        learning_rate=0.1,
        alpha=1.0,
        beta=0.9,
        sign_decay_fn=None,
        use_locking=False,
        name="AddSignOptimizer",
    ):
        super().__init__(use_locking, name)
        self._rate, self._alpha, self._beta = learning_rate, alpha, beta
        self._decay_fn, self._decay = sign_decay_fn, None

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        if self._decay_fn is not None:
            self._decay = self._decay_fn(global_step)
        return super().apply_gradients(grads_and_vars, global_step, name)

    def _factor(self, signs, var):
        return self._value(self._alpha, var) + signs

    def _apply_dense(self, grad, var):
        beta, m = self._value(self._beta, var), self.get_slot(var, "m")
        moved = m.assign(beta * m + (1 - beta) * grad)
        signs = tf.sign(grad) * tf.sign(moved)
        if self._decay is not None:
            signs *= tf.cast(self._decay, signs.dtype)
        rate = self._value(self._rate, var)
        return var.assign_sub(rate * self._factor(signs, var) * grad).op


class PowerSignOptimizer(AddSignOptimizer):
    """PowerSign: the gradient times ``base ** (decay * sign(g) sign(m))``.

    Source: arXiv 1709.07417, section 5.
    """

    def __init__(
        self,
        learning_rate=0.1,
        base=np.e,
        beta=0.9,
        sign_decay_fn=None,
        use_locking=False,
        name="PowerSignOptimizer",
    ):
        super().__init__(learning_rate, 0.0, beta, sign_decay_fn, use_locking, name)
        self._base = base

    def _factor(self, signs, var):
        return tf.pow(self._value(self._base, var), signs)
