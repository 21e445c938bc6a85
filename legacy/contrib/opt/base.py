"""What the optimisers here share: one formula for dense and sparse gradients."""

import tensorflow.compat.v1 as tf


def densified(grad):
    return tf.convert_to_tensor(grad)


def called(value):
    return value() if callable(value) else value


class ByFormula(tf.train.Optimizer):
    """An optimiser whose update is one formula, for sparse gradients too."""

    slots = ()

    def _create_slots(self, var_list):
        for variable in var_list:
            for name in self.slots:
                self._zeros_slot(variable, name, self._name)

    def _resource_apply_dense(self, grad, var):
        return self._apply_dense(grad, var)

    def _apply_sparse(self, grad, var):
        return self._apply_dense(densified(grad), var)

    def _resource_apply_sparse(self, grad, handle, indices):
        dense = tf.IndexedSlices(grad, indices, tf.shape(handle))
        return self._apply_dense(densified(dense), handle)

    def _value(self, number, var):
        return tf.cast(tf.convert_to_tensor(called(number)), var.dtype.base_dtype)
