"""`tf.contrib.mixed_precision`: losses scaled up for gradients in half precision."""

import tensorflow.compat.v1 as tf

_PUBLIC = """ExponentialUpdateLossScaleManager FixedLossScaleManager LossScaleManager
LossScaleOptimizer"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}


class LossScaleManager:
    """Gives a loss scale, and adapts it once gradients are known to be finite."""

    def get_loss_scale(self):
        raise NotImplementedError

    def update_loss_scale(self, finite_grads):
        raise NotImplementedError


class FixedLossScaleManager(LossScaleManager):
    """One scale of at least 1 for all steps."""

    def __init__(self, loss_scale):
        if loss_scale < 1:
            raise ValueError(f"Expected loss_scale >= 1. Received: {loss_scale}")
        self._scale = tf.convert_to_tensor(loss_scale, dtype=tf.float32)

    def get_loss_scale(self):
        return self._scale

    def update_loss_scale(self, finite_grads):
        return tf.no_op()


class ExponentialUpdateLossScaleManager(LossScaleManager):
    """Grows after `incr_every_n_steps` finite steps in a row, shrinks after
    `decr_every_n_nan_or_inf` others; never below 1, nor beyond float32."""

    def __init__(
        self,
        init_loss_scale,
        incr_every_n_steps,
        decr_every_n_nan_or_inf=2,
        incr_ratio=2,
        decr_ratio=0.8,
    ):
        self._limits = incr_every_n_steps, decr_every_n_nan_or_inf
        self._ratios = incr_ratio, decr_ratio
        start = tf.convert_to_tensor(init_loss_scale, tf.float32)
        self._scale = tf.Variable(
            start, name="loss_scale", dtype=tf.float32, trainable=False
        )
        self._good = tf.Variable(0, name="good_steps", trainable=False)
        self._bad = tf.Variable(0, name="bad_steps", trainable=False)

    def get_loss_scale(self):
        return self._scale

    def _after(self, good, bad, scale):
        return tf.group(
            tf.assign(self._good, good),
            tf.assign(self._bad, bad),
            tf.assign(self._scale, scale),
        )

    def update_loss_scale(self, finite_grads):
        """An operation for after the step."""
        scale, good, bad = (
            tf.identity(each) for each in (self._scale, self._good, self._bad)
        )

        def finite():
            grown = scale * self._ratios[0]
            grown = tf.where(tf.is_finite(grown), grown, scale)
            due = good + 1 >= self._limits[0]
            return self._after(
                tf.where(due, 0, good + 1),
                tf.where(due, 0, bad),
                tf.where(due, grown, scale),
            )

        def broken():
            shrunk = tf.maximum(1.0, scale * self._ratios[1])
            due = bad + 1 >= self._limits[1]
            return self._after(
                0, tf.where(due, 0, bad + 1), tf.where(due, shrunk, scale)
            )

        with tf.control_dependencies([scale, good, bad]):
            return tf.cond(finite_grads, finite, broken)


class LossScaleOptimizer(tf.train.Optimizer):
    """`opt` on a scaled loss; it skips a step whose gradients are not finite."""

    def __init__(self, opt, loss_scale_manager):
        super().__init__(use_locking=False, name="LossScaleOptimizer")
        self._opt, self._manager = opt, loss_scale_manager

    def compute_gradients(self, loss, var_list=None, *args, **kwargs):
        scale = self._manager.get_loss_scale()
        loss = loss() if callable(loss) else loss
        scaled = loss * tf.cast(scale, loss.dtype.base_dtype)
        pairs = self._opt.compute_gradients(scaled, var_list, *args, **kwargs)
        back = tf.reciprocal(scale)
        return [
            (
                gradient
                if gradient is None
                else gradient * tf.cast(back, gradient.dtype),
                v,
            )
            for gradient, v in pairs
        ]

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        grads_and_vars = list(grads_and_vars)
        finite = tf.reduce_all(
            [tf.reduce_all(tf.is_finite(g)) for g, _ in grads_and_vars if g is not None]
        )
        step = tf.cond(
            finite,
            lambda: self._opt.apply_gradients(grads_and_vars, global_step, name),
            tf.no_op,
        )
        with tf.control_dependencies([finite]):
            return tf.group(step, self._manager.update_loss_scale(finite))
