"""What a pass forward and one backward share: dtypes, shapes, the loop, ``bn`` of z.

The letters are those of ``training``.
"""

import tensorflow as tf

from bnlstm_compat.backend.tensorflow_loop import loop, once_known, opened


class Pass:
    """One pass over a sequence: what it is given, in which dtypes and shapes."""

    def __init__(self, setting, args, extra):
        self.setting, self.args, self.extra = setting, args, extra
        self.dtype = args["cell_gamma"].dtype
        self.compute_dtype = args["x"].dtype
        x, self.rows = args["x"], args["h"].shape
        self.units = self.rows[1]
        self.steps = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
        self.batch = tf.shape(x)[1] if x.shape[1] is None else x.shape[1]
        self.equal_share = 1 / tf.cast(self.batch, self.dtype)
        #: Whether the cell's d is kept: rounded, its parts would not give it again.
        self.keeps_cell_d = self.compute_dtype != self.dtype

    def high(self, z):
        """In the dtype of the moments."""
        return tf.cast(z, self.dtype)

    def low(self, z):
        """In the compute dtype."""
        return tf.cast(z, self.compute_dtype)

    def matmul(self, a, b, **options):
        """A product in the compute dtype, given on in that of the moments."""
        return self.high(tf.matmul(self.low(a), self.low(b), **options))

    def masked(self, h):
        """``h`` with recurrent dropout."""
        mask = self.extra.get("recurrent_mask")
        return h if mask is None else h * tf.cast(mask, h.dtype)

    def inverse(self, variance):
        """``v`` of the equations."""
        return tf.math.rsqrt(variance + self.setting.epsilon)

    def by_step(self, vector):
        """A scale or offset [1,.] or [T,.] as [T,.]."""
        return tf.broadcast_to(vector, [self.steps, vector.shape[1]])

    def covariance(self, e):
        """``C`` [..,U,U] of the centred ``e`` [..,B,U]."""
        return tf.matmul(e, e, transpose_a=True) / tf.cast(self.batch, e.dtype)

    def centred(self, z, site, read, axis=0):
        """``(d, mean, variance)`` of ``z`` over ``axis``, or around given moments."""
        share, use_given = (self._given(read, n) for n in ("share", "use_given"))

        def average(z):
            if share is None:
                return tf.reduce_mean(z, axis)
            return tf.reduce_sum(share * z, axis)

        def unless_given(value, name):
            if use_given is None:
                return value
            return tf.where(use_given, read(name), value)

        mean = unless_given(average(z), f"{site}_mean")
        d = z - (mean if axis == 0 else mean[:, None])
        variance = average(tf.square(d))
        return d, mean, unless_given(variance, f"{site}_variance")

    def through_bn(self, dy, d, s, inverse, read):
        """``dz``, ``dbeta``, ``dgamma`` of the equations, at one step."""
        share = self._given(read, "share")
        dbeta = tf.reduce_sum(dy, 0)
        dgamma = inverse * tf.reduce_sum(dy * d, 0)
        weighted = inverse * dgamma
        if share is not None:
            return s * (dy - share * (dbeta + d * weighted)), dbeta, dgamma
        # Products of whole columns first: those are B times smaller.
        s_share = s * self.equal_share
        return dy * s - d * (s_share * weighted) - s_share * dbeta, dbeta, dgamma

    def running(self, read, new, old):
        """Each of ``new``, or for a row that has finished each of ``old``."""
        if "running" not in self.extra:
            return new
        return tuple(
            tf.where(read("running"), *pair) for pair in zip(new, old, strict=True)
        )

    def running_gradients(self, read, *gradients):
        """The gradients through the step, and those that go past finished rows."""
        if "running" not in self.extra:
            return gradients, [0] * len(gradients)
        running, zero = read("running"), tf.zeros_like(gradients[0])
        through = [tf.where(running, gradient, zero) for gradient in gradients]
        return through, [tf.where(running, zero, gradient) for gradient in gradients]

    def ran(self, z):
        """``z`` [T,B,.], with zeros for the steps that are not run."""
        if "bound" not in self.extra:
            return z
        run = tf.range(self.steps) < self.extra["bound"]
        return tf.where(run[:, None, None], z, tf.zeros_like(z))

    def sequence(self, z):
        """``z`` [T,.,.] as the loops read it, forward and backward.

        TensorFlow's loop copies a tensor to read it by step, so that is done once.
        """
        return z if self.setting.stacked else opened(z, self.steps)

    def loop(self, one_step, known, written, state, fixed=None, **options):
        """``tensorflow_loop.loop``; values are cast to what they are written in.

        Args:
          fixed: dict of what ``read`` gives at all steps alike.
          others: as for ``tensorflow_loop.loop``.
        """
        extra, fixed = self.extra, fixed or {}
        by_step = {k: extra[k] for k in ("share", "running") if k in extra}

        def step(read, state):
            def read_any(name):
                return fixed[name] if name in fixed else read(name)

            state, values = one_step(read_any, state)
            return state, {k: tf.cast(values[k], written[k][0]) for k in written}

        return loop(
            step,
            {**known, **by_step},
            written,
            state,
            self.steps,
            bound=extra.get("bound"),
            unroll=self.setting.unroll,
            ahead=self.setting.stacked,
            **options,
        )

    def over_all_steps(self, left, right, after=None):
        """``sum_t left_t^T right_t`` of [T,B,.], once ``after`` is known.

        By ``setting.pieces`` matmuls, one after the other, for each takes memory of its
        own meanwhile.
        """
        total = None
        for some, others in zip(self._pieces(left), self._pieces(right), strict=True):
            if after is not None:
                some = once_known(after, some)
            some, others = (tf.reshape(z, [-1, z.shape[2]]) for z in (some, others))
            product = tf.matmul(some, others, transpose_a=True)
            after = total = product if total is None else total + product
        return total

    def _pieces(self, z):
        if self.setting.pieces == 1:
            return [z]
        size = -(-self.steps // self.setting.pieces)
        return [z[start : start + size] for start in range(0, self.steps, size)]

    def _given(self, read, name):
        return read(name) if name in self.extra else None
