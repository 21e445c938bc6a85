"""``tf.contrib.opt``: optimisers of graph mode.

Origin: TensorFlow 1.15.5. Each is written from its paper, named in its docstring. Slots
have the names of 1.15, so that checkpoints keep their meaning. Not here: optimisers for
parameter servers (``ElasticAverageOptimizer``, ``ModelAverageOptimizer``,
``AGNOptimizer``, ``DropStaleGradientOptimizer``), second-order ones (``GGT``,
``Shampoo``), ``AdamGS``, ``LazyAdamGS`` and ``RegAdagrad``.
"""

import numpy as np
import tensorflow.compat.v1 as tf


def clip_gradients_by_global_norm(gradients_variables, clip_norm=20.0):
    """Scales ``(gradient, variable)`` pairs down to a global norm of ``clip_norm``.

    Returns:
      ``(pairs, norm before)``.
    """
    gradients, variables = zip(*gradients_variables, strict=True)
    clipped, norm = tf.clip_by_global_norm(gradients, clip_norm)
    return list(zip(clipped, variables, strict=True)), norm


def _dense(grad):
    return tf.convert_to_tensor(grad)


class _ByFormula(tf.train.Optimizer):
    """An optimiser whose update is one formula, for sparse gradients too."""

    slots = ()

    def _create_slots(self, var_list):
        for variable in var_list:
            for name in self.slots:
                self._zeros_slot(variable, name, self._name)

    def _resource_apply_dense(self, grad, var):
        return self._apply_dense(grad, var)

    def _apply_sparse(self, grad, var):
        return self._apply_dense(_dense(grad), var)

    def _resource_apply_sparse(self, grad, handle, indices):
        dense = tf.IndexedSlices(grad, indices, tf.shape(handle))
        return self._apply_dense(_dense(dense), handle)

    def _value(self, number, var):
        return tf.cast(tf.convert_to_tensor(_called(number)), var.dtype.base_dtype)


def _called(value):
    return value() if callable(value) else value


class AddSignOptimizer(_ByFormula):
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


class AdaMaxOptimizer(_ByFormula):
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
        return self._apply_dense(_dense(grad), var)


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
        rate = _called(self._rate)
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
        return self._apply_dense(_dense(grad), var)


class DecoupledWeightDecayExtension:
    """Subtracts ``weight_decay * variable`` beside an optimiser's own update.

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
            decay = tf.cast(_called(self._weight_decay), var.dtype.base_dtype)
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
    """Keeps an optimiser's moments still where a whole gradient is zero.

    For several tasks with heads of their own: a task that did not run gives zero
    gradients for its head, which must not decay that head's moments.
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


class ExternalOptimizerInterface:
    """Optimises outside of the graph: derive, and give ``_minimize``.

    Args:
      loss: a scalar tensor; var_list: variables, all trainable ones by default.
      equalities: tensors that shall be 0; inequalities: that shall not be negative.
      var_to_bounds: variable -> ``(lower, upper)``.
    """

    def __init__(
        self,
        loss,
        var_list=None,
        equalities=None,
        inequalities=None,
        var_to_bounds=None,
        **optimizer_kwargs,
    ):
        self._loss = loss
        self._vars = list(var_list or tf.trainable_variables())
        self._equalities = list(equalities or ())
        self._inequalities = list(inequalities or ())
        self._kwargs = optimizer_kwargs
        shapes = [variable.shape.as_list() for variable in self._vars]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        self._slices = [
            slice(end - int(np.prod(shape)), end)
            for end, shape in zip(ends, shapes, strict=True)
        ]
        self._shapes = shapes
        self._bounds = self._packed_bounds(var_to_bounds) if var_to_bounds else None
        # Each function of the problem with its gradient: the loss, then constraints.
        self._functions = [
            (tensor, self._flat_gradient(tensor))
            for tensor in [loss, *self._equalities, *self._inequalities]
        ]
        self._values = [tf.placeholder(v.dtype.base_dtype, v.shape) for v in self._vars]
        self._assigns = [
            variable.assign(value)
            for variable, value in zip(self._vars, self._values, strict=True)
        ]
        self._flat = tf.concat([tf.reshape(v, [-1]) for v in self._vars], 0)

    def _packed_bounds(self, var_to_bounds):
        low, high = [], []
        for variable, shape in zip(self._vars, self._shapes, strict=True):
            bounds = next(
                (b for v, b in var_to_bounds.items() if v is variable),
                (-np.inf, np.inf),
            )
            low.append(np.broadcast_to(bounds[0], shape).ravel())
            high.append(np.broadcast_to(bounds[1], shape).ravel())
        return np.column_stack([np.concatenate(low), np.concatenate(high)])

    def _flat_gradient(self, tensor):
        grads = tf.gradients(tensor, self._vars)
        return tf.concat(
            [
                tf.reshape(tf.zeros_like(var) if grad is None else _dense(grad), [-1])
                for grad, var in zip(grads, self._vars, strict=True)
            ],
            0,
        )

    def minimize(
        self,
        session=None,
        feed_dict=None,
        fetches=None,
        step_callback=None,
        loss_callback=None,
        **run_kwargs,
    ):
        """Runs the optimiser and assigns its result to the variables.

        Args:
          fetches: tensors that ``loss_callback`` gets after each evaluation.
          step_callback: a function of the flat variables, after each step.
        """
        session = session or tf.get_default_session()
        fetches = list(fetches or ())

        def feed(flat):
            values = {
                holder: flat[part].reshape(shape)
                for holder, part, shape in zip(
                    self._vars, self._slices, self._shapes, strict=True
                )
            }
            return {**(feed_dict or {}), **values}

        def evaluator(pair, fetched=()):
            def evaluate(flat):
                fed = feed(flat)
                got = session.run([*pair, *fetched], fed, **run_kwargs)
                if fetched and loss_callback is not None:
                    loss_callback(*got[2:])
                return np.asarray(got[0], float), np.asarray(got[1], float)

            return evaluate

        loss, *constraints = self._functions
        equal = [evaluator(pair) for pair in constraints[: len(self._equalities)]]
        unequal = [evaluator(pair) for pair in constraints[len(self._equalities) :]]
        result = self._minimize(
            initial_val=session.run(self._flat),
            loss_grad_func=evaluator(loss, fetches),
            equality_funcs=[lambda x, e=e: e(x)[0] for e in equal],
            equality_grad_funcs=[lambda x, e=e: e(x)[1] for e in equal],
            inequality_funcs=[lambda x, e=e: e(x)[0] for e in unequal],
            inequality_grad_funcs=[lambda x, e=e: e(x)[1] for e in unequal],
            packed_bounds=self._bounds,
            step_callback=step_callback,
            optimizer_kwargs=self._kwargs,
        )
        final = {
            holder: np.asarray(result[part]).reshape(shape)
            for holder, part, shape in zip(
                self._values, self._slices, self._shapes, strict=True
            )
        }
        session.run(self._assigns, final)

    def _minimize(self, **problem):
        """The optimiser; returns the flat variables at the minimum."""
        raise NotImplementedError("ExternalOptimizerInterface needs _minimize")


class ScipyOptimizerInterface(ExternalOptimizerInterface):
    """``scipy.optimize.minimize`` over the variables; ``method`` and ``options`` pass.

    The method is L-BFGS-B, or SLSQP where there are constraints.
    """

    def _minimize(
        self,
        initial_val,
        loss_grad_func,
        equality_funcs,
        equality_grad_funcs,
        inequality_funcs,
        inequality_grad_funcs,
        packed_bounds,
        step_callback,
        optimizer_kwargs,
    ):
        from scipy import optimize

        constraints = [
            {"type": kind, "fun": function, "jac": gradient}
            for kind, functions, gradients in (
                ("eq", equality_funcs, equality_grad_funcs),
                ("ineq", inequality_funcs, inequality_grad_funcs),
            )
            for function, gradient in zip(functions, gradients, strict=True)
        ]
        given = dict(optimizer_kwargs)
        method = given.pop("method", "SLSQP" if constraints else "L-BFGS-B")
        result = optimize.minimize(
            loss_grad_func,
            initial_val.astype(float),
            jac=True,
            method=method,
            callback=step_callback,
            constraints=constraints,
            bounds=packed_bounds,
            **given,
        )
        tf.logging.info("Optimization terminated with: %s", result.message)
        return result.x


NAMES = {
    each.__name__: each
    for each in (
        AdaMaxOptimizer,
        AdamWOptimizer,
        AddSignOptimizer,
        DecoupledWeightDecayExtension,
        ExternalOptimizerInterface,
        LARSOptimizer,
        LazyAdamOptimizer,
        MomentumWOptimizer,
        MovingAverageOptimizer,
        MultitaskOptimizerWrapper,
        NadamOptimizer,
        PowerSignOptimizer,
        ScipyOptimizerInterface,
        VariableClippingOptimizer,
        clip_gradients_by_global_norm,
        extend_with_decoupled_weight_decay,
    )
}
