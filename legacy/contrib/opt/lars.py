"""Momentum with a rate for each layer."""

import tensorflow.compat.v1 as tf

from legacy.contrib.opt.base import called, densified

__all__ = [
    "LARSOptimizer",
]


class LARSOptimizer(tf.train.Optimizer):
    """Momentum with a rate for each layer: weight norm over gradient norm.

    Source: Y. You et al., "Large Batch Training of Convolutional Networks", arXiv
    1708.03888.
    """

    def __init__(
        self,
        learning_rate,
        momentum=0.9,
        weight_decay=0.0001,
        eeta=0.001,
        epsilon=0.0,
        name="LARSOptimizer",
        skip_list=None,
        use_nesterov=False,
    ):
        if momentum < 0.0:
            raise ValueError(f"momentum should be positive: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"weight_decay should be positive: {weight_decay}")
        super().__init__(use_locking=False, name=name)
        self._decay, self._eeta, self._epsilon = weight_decay, eeta, epsilon
        self._skip = skip_list or ()
        self._rate, self._momentum, self._nesterov = (
            learning_rate,
            momentum,
            use_nesterov,
        )

    def _create_slots(self, var_list):
        for variable in var_list:
            self._zeros_slot(variable, "momentum", self._name)

    def _scaled(self, grad, var):
        rate = called(self._rate)
        if any(skipped in var.op.name for skipped in self._skip):
            return grad, rate
        weights, gradient = tf.norm(var, ord=2), tf.norm(grad, ord=2)
        trust = (
            self._eeta * weights / (gradient + self._decay * weights + self._epsilon)
        )
        trust = tf.where(
            weights > 0,
            tf.where(gradient > 0, trust, tf.ones_like(trust)),
            tf.ones_like(trust),
        )
        return grad + self._decay * var, rate * trust

    def _apply_dense(self, grad, var):
        grad, rate = self._scaled(grad, var)
        return tf.raw_ops.ApplyMomentum(
            var=var._ref(),
            accum=self.get_slot(var, "momentum")._ref(),
            lr=tf.constant(1.0, var.dtype.base_dtype),
            grad=tf.cast(rate, grad.dtype) * grad,
            momentum=tf.cast(self._momentum, var.dtype.base_dtype),
            use_nesterov=self._nesterov,
        ).op

    def _apply_sparse(self, grad, var):
        return self._apply_dense(densified(grad), var)
