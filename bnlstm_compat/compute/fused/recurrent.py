"""``bn(u W)`` of the state, step by step: two ways to take its moments.

u [B,H] is h (with dropout), W the recurrent kernel [H,4H]. Both classes have the same
interface. The letters and equations are those of ``training``.
"""

from typing import NamedTuple

import tensorflow as tf


class Backward(NamedTuple):
    """What one step backward gives.

    ``du`` [B,H]; ``dbeta``, ``dgamma`` [4H]; ``added``: what the step adds to
    ``sums``; ``written``: what is kept of the step.
    """

    du: tf.Tensor
    dbeta: tf.Tensor
    dgamma: tf.Tensor
    added: dict
    written: dict


def recurrent_site(run):
    """The way that the setting names."""
    way = OfFactor if "recurrent" in run.setting.factored else OfProduct
    return way(run)


class OfProduct:
    """Moments of z = u W itself."""

    def __init__(self, run):
        self._run, self._kernel = run, run.args["recurrent_kernel"]
        #: The features of what ``forward`` gives as the mean.
        self.mean_size = 4 * run.units
        #: Whether u is not simply the output before.
        self._keeps_u = "running" in run.extra or "recurrent_mask" in run.extra
        #: Whether the backward pass makes the outputs again. In TensorFlow's loop they
        #: then take the place of what it frees.
        self._makes_outputs = not (run.setting.stacked or self._keeps_u)

    def kept(self):
        """What the backward pass needs of each step, to (dtype, shape)."""
        low, rows = self._run.compute_dtype, self._run.rows
        kept = {"recurrent_d": (low, [rows[0], 4 * rows[1]])}
        return {**kept, "u": (low, rows)} if self._keeps_u else kept

    #: Of those, what one step backward reads.
    reads = ("recurrent_d",)
    #: Whether the gates are kept for it. It makes them again from d.
    keeps_gates = False

    def forward(self, u, read):
        """``(bn(u W) without its offset, (mean, variance), kept)``."""
        run = self._run
        z = run.high(tf.matmul(u, self._kernel))
        d, *moments = run.centred(z, "recurrent", read)
        scaled = d * (read("recurrent_gamma") * run.inverse(moments[1]))
        return scaled, moments, {"recurrent_d": d, "u": u}

    def again(self, read):
        """bn(u W) without its offset, from what was kept; not if gates were."""
        return read("recurrent_d") * read("recurrent_s")

    def mean(self, means):
        """The means [T,4H] of z from those of all steps."""
        return means

    def sums(self):
        """What is added up over all steps, at its start."""
        return {}

    def written(self):
        """What each step backward writes, to (dtype, shape)."""
        written = {"recurrent_d": self.kept()["recurrent_d"]}
        if self._makes_outputs:
            written["outputs"] = (self._run.compute_dtype, self._run.rows)
        return written

    def backward(self, dgates, s, inverse, read):
        """The ``Backward`` of one step, from the gradient of bn(u W)."""
        run = self._run
        d = run.high(read("recurrent_d"))
        dz, dbeta, dgamma = run.through_bn(dgates, d, s, inverse, read)
        du = run.matmul(dz, self._kernel, transpose_b=True)
        return Backward(du, dbeta, dgamma, {}, {"recurrent_d": dz})

    def kernel_gradient(self, saved, outputs, results, sums):
        """dW [H,4H], once all steps are done."""
        del sums
        if self._keeps_u:
            u = saved["u"] if self._run.setting.stacked else saved["u"].stack()
        else:
            if self._makes_outputs:
                outputs = results["outputs"].stack()
            u = tf.concat([self._run.args["h"][None], outputs[:-1]], 0)
        return self._run.over_all_steps(u, results["recurrent_d"].stack())


class OfFactor:
    """Moments of z from those of u, its left factor: for many rows."""

    reads, keeps_gates = ("recurrent_e",), True

    def __init__(self, run):
        self._run = run
        self._kernel = run.high(run.args["recurrent_kernel"])
        self.mean_size = run.units

    def kept(self):
        """See ``OfProduct``, here and below."""
        return {"recurrent_e": (self._run.compute_dtype, self._run.rows)}

    def forward(self, u, read):
        run = self._run
        mean = tf.reduce_mean(run.high(u), 0)
        e = run.high(u) - mean
        z = run.matmul(e, self._kernel)
        variance = tf.reduce_mean(tf.square(z), 0)
        scaled = z * (read("recurrent_gamma") * run.inverse(variance))
        return scaled, (mean, variance), {"recurrent_e": e}

    def mean(self, means):
        return tf.matmul(means, self._kernel)

    def sums(self):
        return {"recurrent_kernel": tf.zeros_like(self._kernel)}

    def written(self):
        return {}

    def backward(self, dgates, s, inverse, read):
        run, kernel = self._run, self._kernel
        e = run.high(read("recurrent_e"))
        product = run.matmul(e, dgates, transpose_a=True)
        dgamma = inverse * tf.reduce_sum(product * kernel, 0)
        dvar = -0.5 * s * inverse * dgamma
        dkernel = product * s + (2 * dvar) * tf.matmul(run.covariance(e), kernel)
        du = run.matmul(dgates, kernel * s, transpose_b=True)
        du -= tf.reduce_mean(du, 0)
        quadratic = tf.matmul(kernel * dvar, kernel, transpose_b=True)
        du += run.matmul(e, quadratic * (2 * run.equal_share))
        dbeta = tf.reduce_sum(dgates, 0)
        return Backward(du, dbeta, dgamma, {"recurrent_kernel": dkernel}, {})

    def kernel_gradient(self, saved, outputs, results, sums):
        del saved, outputs, results
        return self._run.low(sums["recurrent_kernel"])
