"""Relatives of Adam: AdaMax, Nadam, and Adam for sparse gradients."""

import tensorflow.compat.v1 as tf

from legacy.contrib.opt.base import ByFormula, densified

__all__ = [
    "AdaMaxOptimizer",
    "LazyAdamOptimizer",
    "NadamOptimizer",
]


class AdaMaxOptimizer(ByFormula):
    """AdaMax: Adam with the infinity norm of past gradients.

    Source: D. Kingma and J. Ba, "Adam", arXiv 1412.6980, algorithm 2.
    """

    slots = ("m", "v")

    def __init__(
        self,
        learning_rate=0.001,
        beta1=0.9,
        beta2=0.999,
        epsilon=1e-8,
        use_locking=False,
        name="AdaMax",
    ):
        super().__init__(use_locking, name)
        self._rate, self._epsilon = learning_rate, epsilon
        self._beta1, self._beta2 = beta1, beta2

    def _create_slots(self, var_list):
        first = min(var_list, key=lambda variable: variable.name)
        self._create_non_slot_variable(self._beta1, "beta1_power", first)
        super()._create_slots(var_list)

    def _power(self):
        return self._get_non_slot_variable("beta1_power", tf.get_default_graph())

    def _apply_dense(self, grad, var):
        beta1, beta2 = self._value(self._beta1, var), self._value(self._beta2, var)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        moved = m.assign(beta1 * m + (1 - beta1) * grad)
        norm = v.assign(tf.maximum(beta2 * v, tf.abs(grad)))
        rate = self._value(self._rate, var) / (1 - tf.cast(self._power(), grad.dtype))
        return var.assign_sub(
            rate * moved / (norm + self._value(self._epsilon, var))
        ).op

    def _finish(self, update_ops, name_scope):
        with tf.control_dependencies(update_ops):
            power = self._power()
            return tf.group(*update_ops, power.assign(power * self._beta1))


class NadamOptimizer(tf.train.AdamOptimizer):
    """Adam with Nesterov's momentum, as TensorFlow 1 had it.

    The step looks ahead by ``beta1 * m + (1 - beta1) * g``. Source: T. Dozat,
    "Incorporating Nesterov Momentum into Adam", 2016.
    """

    def _apply_dense(self, grad, var):
        beta1, beta2 = self._beta1_t, self._beta2_t
        beta1_power, beta2_power = self._get_beta_accumulators()
        (beta1, beta2, rate, epsilon, beta1_power, beta2_power) = (
            tf.cast(value, var.dtype.base_dtype)
            for value in (
                beta1,
                beta2,
                self._lr_t,
                self._epsilon_t,
                beta1_power,
                beta2_power,
            )
        )
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        moved = m.assign(beta1 * m + (1 - beta1) * grad)
        square = v.assign(beta2 * v + (1 - beta2) * tf.square(grad))
        ahead = beta1 * moved + (1 - beta1) * grad
        rate *= tf.sqrt(1 - beta2_power) / (1 - beta1_power)
        return var.assign_sub(rate * ahead / (tf.sqrt(square) + epsilon)).op

    _resource_apply_dense = _apply_dense

    def _apply_sparse(self, grad, var):
        return self._apply_dense(densified(grad), var)


class LazyAdamOptimizer(tf.train.AdamOptimizer):
    """Adam whose moments move only in the rows that a sparse gradient touches."""

    def _apply_sparse(self, grad, var):
        return self._rows(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        return self._rows(grad, handle, indices)

    def _rows(self, grad, var, indices):
        cast = var.dtype.base_dtype
        beta1_power, beta2_power = self._get_beta_accumulators()
        beta1, beta2, rate, epsilon = (
            tf.cast(value, cast)
            for value in (self._beta1_t, self._beta2_t, self._lr_t, self._epsilon_t)
        )
        rate *= tf.sqrt(1 - tf.cast(beta2_power, cast)) / (
            1 - tf.cast(beta1_power, cast)
        )
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows = beta1 * tf.gather(m, indices) + (1 - beta1) * grad
        v_rows = beta2 * tf.gather(v, indices) + (1 - beta2) * tf.square(grad)
        step = rate * m_rows / (tf.sqrt(v_rows) + epsilon)
        return tf.group(
            tf.scatter_update(m, indices, m_rows),
            tf.scatter_update(v, indices, v_rows),
            tf.scatter_sub(var, indices, step),
        )
