"""Optimisers with weight decay that is apart from the gradient."""

import tensorflow.compat.v1 as tf

from legacy.contrib.opt.base import called

__all__ = [
    "AdamWOptimizer",
    "DecoupledWeightDecayExtension",
    "MomentumWOptimizer",
    "extend_with_decoupled_weight_decay",
]


class DecoupledWeightDecayExtension:
    """Subtracts ``weight_decay * variable`` in addition to an optimiser's update.

    Source: I. Loshchilov and F. Hutter, "Decoupled Weight Decay Regularization", arXiv
    1711.05101. Use it as the first base class, or through
    :func:`extend_with_decoupled_weight_decay`.
    """

    def __init__(self, weight_decay, **kwargs):
        self._decay_var_list = None
        self._weight_decay = weight_decay
        super().__init__(**kwargs)

    def minimize(self, loss, *args, decay_var_list=None, **kwargs):
        """As the optimiser's; ``decay_var_list`` are the variables that decay."""
        self._decay_var_list = decay_var_list and list(decay_var_list)
        return super().minimize(loss, *args, **kwargs)

    def apply_gradients(
        self, grads_and_vars, global_step=None, name=None, decay_var_list=None
    ):
        """As the optimiser's; ``decay_var_list`` are the variables that decay."""
        if decay_var_list:
            self._decay_var_list = list(decay_var_list)
        return super().apply_gradients(grads_and_vars, global_step, name)

    def _decayed(self, var, grad):
        wanted = self._decay_var_list
        if wanted is not None and not any(var is each for each in wanted):
            return tf.no_op()
        # The gradient first: it may still be reading the variable's memory. In 1.15
        # that was a race, which decay often won.
        with tf.control_dependencies([grad]):
            decay = tf.cast(called(self._weight_decay), var.dtype.base_dtype)
            return var.assign_sub(decay * var, self._use_locking).op

    def _apply_dense(self, grad, var):
        with tf.control_dependencies([self._decayed(var, grad)]):
            return super()._apply_dense(grad, var)

    def _resource_apply_dense(self, grad, var):
        with tf.control_dependencies([self._decayed(var, grad)]):
            return super()._resource_apply_dense(grad, var)

    def _apply_sparse(self, grad, var):
        with tf.control_dependencies([self._decayed(var, grad.values)]):
            return super()._apply_sparse(grad, var)


def extend_with_decoupled_weight_decay(base_optimizer):
    """A class like ``base_optimizer`` whose first argument is ``weight_decay``."""

    class OptimizerWithDecoupledWeightDecay(
        DecoupledWeightDecayExtension, base_optimizer
    ):
        """``base_optimizer`` with decoupled weight decay."""

        def __init__(self, weight_decay, *args, **kwargs):
            self._decay_var_list = None
            self._weight_decay = weight_decay
            base_optimizer.__init__(self, *args, **kwargs)

    return OptimizerWithDecoupledWeightDecay


class AdamWOptimizer(extend_with_decoupled_weight_decay(tf.train.AdamOptimizer)):
    """Adam with decoupled weight decay."""

    def __init__(
        self,
        weight_decay,
        learning_rate=0.001,
        beta1=0.9,
        beta2=0.999,
        epsilon=1e-8,
        use_locking=False,
        name="AdamW",
    ):
        super().__init__(
            weight_decay, learning_rate, beta1, beta2, epsilon, use_locking, name
        )


class MomentumWOptimizer(
    extend_with_decoupled_weight_decay(tf.train.MomentumOptimizer)
):
    """Momentum with decoupled weight decay."""

    def __init__(
        self,
        weight_decay,
        learning_rate,
        momentum,
        use_locking=False,
        name="MomentumW",
        use_nesterov=False,
    ):
        super().__init__(
            weight_decay, learning_rate, momentum, use_locking, name, use_nesterov
        )
