"""Optimisers around another one: averages, clipped variables, several tasks."""

import tensorflow.compat.v1 as tf

__all__ = [
    "MovingAverageOptimizer",
    "MultitaskOptimizerWrapper",
    "VariableClippingOptimizer",
    "clip_gradients_by_global_norm",
]


def clip_gradients_by_global_norm(gradients_variables, clip_norm=20.0):
    """Scales ``(gradient, variable)`` pairs down to a global norm of ``clip_norm``.

    Returns:
      ``(pairs, norm before)``.
    """
    gradients, variables = zip(*gradients_variables, strict=True)
    clipped, norm = tf.clip_by_global_norm(gradients, clip_norm)
    return list(zip(clipped, variables, strict=True)), norm


class MovingAverageOptimizer(tf.train.Optimizer):
    """Wraps an optimiser; keeps moving averages of the variables.

    ``swapping_saver`` saves averages under the names of the variables, for use at test
    time.
    """

    def __init__(
        self, opt, average_decay=0.9999, num_updates=None, sequential_update=True
    ):
        super().__init__(False, type(self).__name__)
        self._opt = opt
        self._sequential = sequential_update
        self._averages = tf.train.ExponentialMovingAverage(average_decay, num_updates)
        self._names = None

    def compute_gradients(self, *args, **kwargs):
        """As the wrapped optimiser's."""
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """Applies the gradients, then moves the averages."""
        train = self._opt.apply_gradients(grads_and_vars, global_step, name)
        variables = [variable for _, variable in grads_and_vars]
        before = [train] if self._sequential else []
        with tf.control_dependencies(before):
            move = self._averages.apply(variables)
        self._names = {
            variable.op.name: self._averages.average_name(variable)
            for variable in variables
        }
        return tf.group(train, move, name="train_with_avg")

    def swapping_saver(self, var_list=None, name="swapping_saver", **kwargs):
        """A saver with averages and variables swapped."""
        if self._names is None:
            raise RuntimeError(
                "swapping_saver needs apply_gradients or minimize to be called first"
            )
        variables = var_list if var_list is not None else tf.global_variables()
        if not isinstance(variables, dict):
            variables = {variable.op.name: variable for variable in variables}
        swapped = {}
        for key, variable in variables.items():
            other = self._names.get(variable.op.name)
            average = other and next(
                (v for v in variables.values() if v.op.name == other), None
            )
            if average is None:
                swapped.setdefault(key, variable)
            else:
                keys = {v.op.name: k for k, v in variables.items()}
                swapped[key], swapped[keys[other]] = average, variable
        return tf.train.Saver(swapped, name=name, **kwargs)

    def get_slot(self, var, name):
        return self._opt.get_slot(var, name)

    def get_slot_names(self):
        return self._opt.get_slot_names()

    def variables(self):
        return self._opt.variables()


class VariableClippingOptimizer(tf.train.Optimizer):
    """Wraps an optimiser; clips norms of variables after each update.

    Args:
      vars_to_clip_dims: variable -> the dimensions over which its norm is taken.
      max_norm: the largest norm.
    """

    def __init__(
        self,
        opt,
        vars_to_clip_dims,
        max_norm,
        use_locking=False,
        colocate_clip_ops_with_vars=False,
        name="VariableClipping",
    ):
        super().__init__(use_locking, name)
        self._opt, self._max_norm = opt, max_norm
        self._dims = [(var, list(dims)) for var, dims in vars_to_clip_dims.items()]
        del colocate_clip_ops_with_vars

    def compute_gradients(self, *args, **kwargs):
        """As the wrapped optimiser's."""
        return self._opt.compute_gradients(*args, **kwargs)

    def get_slot(self, *args, **kwargs):
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args, **kwargs):
        return self._opt.get_slot_names(*args, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """Applies the gradients, then clips."""
        pairs = list(grads_and_vars)
        with tf.name_scope(name, self._name):
            train = self._opt.apply_gradients(pairs, global_step)
            touched = [variable for _, variable in pairs]
            with tf.control_dependencies([train]):
                clips = [
                    variable.assign(
                        tf.clip_by_norm(variable.read_value(), self._max_norm, dims)
                    )
                    for variable, dims in self._dims
                    if any(variable is each for each in touched)
                ]
                return tf.group(train, *clips)


class MultitaskOptimizerWrapper:
    """Does not update a variable's moments if its whole gradient is zero.

    This is for several tasks that have a head each. A task that did not run gives zero
    gradients for its head. They must not decay the moments of that head.
    """

    def __init__(self, opt):
        if not isinstance(opt, tf.train.Optimizer):
            raise TypeError(
                f"MultitaskOptimizerWrapper needs an Optimizer. Received: {opt!r}"
            )
        self._opt = opt
        for name in ("_apply_dense", "_resource_apply_dense"):
            setattr(opt, name, self._guarded(getattr(opt, name)))

    @staticmethod
    def _guarded(apply):
        def guarded(grad, *args, **kwargs):
            return tf.cond(
                tf.reduce_all(tf.equal(grad, 0)),
                tf.no_op,
                lambda: tf.group(apply(grad, *args, **kwargs)),
            )

        return guarded

    def __getattr__(self, name):
        return getattr(self._opt, name)
