"""Optimisers that work outside of the graph."""

import numpy as np
import tensorflow.compat.v1 as tf

from legacy.contrib.opt.base import densified

__all__ = [
    "ExternalOptimizerInterface",
    "ScipyOptimizerInterface",
]


class ExternalOptimizerInterface:
    """Optimises outside of the graph; a subclass has a method ``_minimize``.

    Args:
      loss: a scalar tensor.
      var_list: variables; by default all trainable ones.
      equalities: tensors that must become 0.
      inequalities: tensors that must not become negative.
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
                tf.reshape(
                    tf.zeros_like(var) if grad is None else densified(grad), [-1]
                )
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
    """``scipy.optimize.minimize`` over the variables, with ``method`` and ``options``.

    By default the method is L-BFGS-B, or SLSQP if there are constraints.
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
