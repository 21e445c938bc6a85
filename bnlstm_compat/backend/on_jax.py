"""What only JAX does so: see ``on_tensorflow``, which describes the functions."""

import functools

import jax
import keras
import numpy as np

from bnlstm_compat.backend.on_others import (  # noqa: F401 - the names of every backend
    asserted,
    batched,
    replicas_mean,
    replicas_sum,
    reversed_within,
    set_row,
    tensors,
)

concatenate = jax.numpy.concatenate
mean = jax.numpy.mean
ones_like = jax.numpy.ones_like
rsqrt = jax.lax.rsqrt
segment_sum = jax.ops.segment_sum
split = jax.numpy.split
square = jax.numpy.square
stop_gradient = jax.lax.stop_gradient
sum = jax.numpy.sum
where = jax.numpy.where
zeros_like = jax.numpy.zeros_like
# XLA would fuse the reading of [T,B,4H] into arithmetic, which then is not vectorised:
# measured, twice the time of a whole step.
INPUTS_AT_ONCE = False
ERRORS = (ValueError, TypeError, RuntimeError)


@functools.partial(jax.custom_vjp, nondiff_argnums=(3,))
def batch_norm(z, gamma, beta, epsilon):
    """With the gradient written out: see ``fused.training``, "Backward through bn"."""
    return _batch_norm(z, gamma, beta, epsilon)[0]


def _batch_norm(z, gamma, beta, epsilon):
    centre = z.mean(0)
    d = z - centre
    variance = square(d).mean(0)
    inverse = rsqrt(variance + epsilon)
    y = d * (inverse * gamma)
    if beta is not None:
        y = y + beta
    return (y, centre, variance), (d, inverse, gamma, beta is None)


def _batch_norm_gradient(epsilon, saved, given):
    del epsilon
    d, inverse, gamma, without_beta = saved
    dy = given[0]
    d_beta, d_gamma = dy.sum(0), inverse * (dy * d).sum(0)
    dz = inverse * gamma * (dy - (d_beta + d * (inverse * d_gamma)) / len(d))
    return dz, d_gamma, None if without_beta else d_beta


batch_norm.defvjp(_batch_norm, _batch_norm_gradient)


def known(tensor):
    """Whether ``tensor`` is not being traced."""
    return not isinstance(tensor, jax.core.Tracer)


def static(tensor):
    """The value of ``tensor`` as an array unless it is being traced."""
    return np.asarray(tensor) if known(tensor) else None


def zeros(shape, dtype):
    """NumPy's: JAX's own would be traced."""
    return np.zeros(shape, dtype)


_FUNCTIONS = {
    keras.activations.tanh: jax.numpy.tanh,
    keras.activations.sigmoid: jax.nn.sigmoid,
    keras.activations.relu: jax.nn.relu,
}


def function(activation):
    """JAX's own where known: Keras's tanh makes float32 of float64."""
    return _FUNCTIONS.get(activation, activation)


def loop(one_step, known, found, state, steps, *, bound=None, unroll=False):
    """A scan. It runs all steps: a gradient needs to know beforehand how many."""
    del found, bound

    def step(state, parts):
        return one_step(parts.__getitem__, state)

    return jax.lax.scan(step, tuple(state), known, steps, unroll=unroll or 1)


def passes(run, dataset, model, *, compiled):
    """One at a time, traced with the model's variables as arguments."""
    if not compiled:
        return dataset, lambda batch: [run(tensors(batch))]

    @jax.jit
    def traced(values, batch):
        with keras.StatelessScope(zip(model.variables, values, strict=True)):
            return run(batch)

    def one(batch):
        return [traced([v.value for v in model.variables], tensors(batch))]

    return dataset, one
