"""``bn(x W)`` of the inputs, all steps being known: two ways to take its moments.

x is [T,B,D], W the kernel [D,4H]. Both classes have the same interface. The letters and
equations are those of ``training``.
"""

from typing import Any, NamedTuple

import tensorflow as tf


class Forward(NamedTuple):
    """Mean and variance [T,4H] of x W, and what is saved of it by name."""

    mean: tf.Tensor
    variance: tf.Tensor
    saved: dict


class Backward(NamedTuple):
    """Gradients of W [D,4H] and of the scale [T,4H]; what that of x comes from."""

    kernel: tf.Tensor
    gamma: tf.Tensor
    rest: Any


def input_site(run):
    """The way that the setting names."""
    return (OfFactor if "input" in run.setting.factored else OfProduct)(run)


class OfProduct:
    """Moments of z = x W itself."""

    #: Of what is saved, what one step reads, forward and backward.
    reads_forward, reads_backward = ("input_d", "input_s"), ("input_d",)

    def __init__(self, run):
        self._run, self._kernel = run, run.args["kernel"]
        #: What one step backward writes, to (dtype, shape): the gradient of x W in the
        #: place of d.
        self.written = {"input_d": (run.compute_dtype, [run.rows[0], 4 * run.units])}

    def forward(self):
        """The ``Forward`` of all steps."""
        run = self._run
        z = run.high(tf.matmul(run.args["x"], self._kernel))
        d, mean, variance = run.centred(z, "input", run.extra.__getitem__, axis=1)
        d = run.sequence(run.low(d))
        s = run.args["input_gamma"] * run.inverse(variance)
        return Forward(mean, variance, {"input_d": d, "input_s": s})

    def one_step(self, read):
        """bn(x W) [B,4H] of one step, without its offset."""
        return self._run.high(read("input_d")) * read("input_s")

    def vectors(self, s, inverse):
        """What one step backward reads, by name: vectors [T,.]."""
        return {"input_s": s, "input_inverse": inverse}

    def sums(self):
        """What is added up over all steps, at its start."""
        return {}

    def backward_step(self, dgates, vectors, read):
        """What one step adds to ``sums``, dgamma [4H], and what it writes."""
        d, s = self._run.high(read("input_d")), vectors["input_s"]
        inverse = vectors["input_inverse"]
        dz, _, dgamma = self._run.through_bn(dgates, d, s, inverse, read)
        return {}, dgamma, {"input_d": dz}

    def backward(self, saved, s, inverse, found, sums, after):
        """The ``Backward``, once all steps are done.

        Args:
          saved: by ``forward``. s, inverse: [T,4H].
          found: what the steps left: what is ``written``, and "input_gamma" [T,4H].
          sums: what they added up. after: the other kernel's gradient.
        """
        del saved, s, inverse, sums
        # Of steps that were not run it still is d.
        dz = self._run.ran(found["input_d"])
        kernel = self._run.over_all_steps(self._run.args["x"], dz, after)
        return Backward(kernel, found["input_gamma"], dz)

    def x_gradient(self, saved, rest):
        """The gradient of x [T,B,D]."""
        del saved
        return tf.matmul(rest, self._kernel, transpose_b=True)


class OfFactor:
    """Moments of z from those of x, its left factor: for many rows, few features."""

    reads_forward, reads_backward = ("input_e", "input_s"), ("input_e",)

    def __init__(self, run):
        self._run = run
        self._kernel = run.high(run.args["kernel"])
        # In the place of the gates, where those are kept in one tensor.
        dgates = (run.compute_dtype, [run.rows[0], 4 * run.units])
        self.written = {"gates": dgates} if run.setting.to_input else {}

    def forward(self):
        """See ``OfProduct``, here and below."""
        run, x = self._run, self._run.args["x"]
        mean = tf.reduce_mean(run.high(x), 1)
        e = run.high(x) - mean[:, None]
        covariance = run.covariance(tf.cast(e, tf.float64))
        flat = tf.reshape(covariance, [run.steps, x.shape[2] ** 2])
        variance = tf.matmul(flat, _pairs(tf.cast(run.args["kernel"], flat.dtype)))
        variance = tf.nn.relu(run.high(variance))
        saved = {
            "input_e": run.low(e),
            "input_s": run.args["input_gamma"] * run.inverse(variance),
            "input_covariance": run.high(covariance),
        }
        return Forward(tf.matmul(mean, self._kernel), variance, saved)

    def one_step(self, read):
        run = self._run
        scaled = self._kernel * read("input_s")
        if self._kernel.shape[0] == 1:
            return run.high(read("input_e")) * scaled
        return run.matmul(read("input_e"), scaled)

    def vectors(self, s, inverse):
        return {"input_s": s, "input_inverse": inverse}

    def sums(self):
        return {"kernel": tf.zeros_like(self._kernel)}

    def backward_step(self, dgates, vectors, read):
        run = self._run
        e = run.high(read("input_e"))
        product = run.matmul(e, dgates, transpose_a=True)
        dgamma = vectors["input_inverse"] * tf.reduce_sum(product * self._kernel, 0)
        return {"kernel": product * vectors["input_s"]}, dgamma, {"gates": dgates}

    def backward(self, saved, s, inverse, found, sums, after):
        del after
        dgamma = found["input_gamma"]
        dvar = -0.5 * s * inverse * dgamma
        dkernel = sums["kernel"] + self._from_variances(saved["input_covariance"], dvar)
        return Backward(self._run.low(dkernel), dgamma, (found.get("gates"), dvar))

    def x_gradient(self, saved, rest):
        run, (dgates, dvar) = self._run, rest
        scaled = run.high(dgates) * saved["input_s"][:, None]
        de = run.matmul(scaled, run.args["kernel"], transpose_b=True)
        size = self._kernel.shape[0]
        quadratic = tf.matmul(dvar, _pairs(self._kernel), transpose_b=True)
        quadratic = tf.reshape(quadratic, [run.steps, size, size])
        of_variances = run.matmul(saved["input_e"], quadratic * (2 * run.equal_share))
        return run.low(de + (of_variances - tf.reduce_mean(de, 1, keepdims=True)))

    def _from_variances(self, covariance, dvar):
        """``sum_t 2 dvar_t (C_t W)`` [D,4H]."""
        size, gates = self._kernel.shape
        flat = tf.reshape(covariance, [self._run.steps, size * size])
        weighted = tf.matmul(flat, dvar, transpose_a=True)
        weighted = tf.reshape(weighted, [size, size, gates])
        return 2 * tf.reduce_sum(weighted * self._kernel, 1)


def _pairs(kernel):
    """The products of every two rows of the kernel, [D D,4H]: C times it is var."""
    size, gates = kernel.shape
    return tf.reshape(kernel[:, None] * kernel, [size * size, gates])
