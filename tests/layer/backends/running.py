"""Passes and gradients of layers, by the means of the backend that is tested."""

import contextlib

import keras
import numpy as np

from bnlstm_compat import backend

BACKEND = keras.backend.backend()
if BACKEND == "jax":
    import jax
    import jax.experimental
elif BACKEND == "torch":
    import torch
else:
    import tensorflow as tf

#: How a pass is run where nothing else is said: JAX compiles each operation that is
#: run eagerly, which takes minutes over many tests.
WAY = "compiled" if BACKEND == "jax" else "eager"


@contextlib.contextmanager
def float64():
    """Allows float64, which JAX gives only if it is asked for."""
    if BACKEND != "jax":
        yield
    else:
        new = hasattr(jax, "enable_x64")  # before JAX 0.8 in jax.experimental
        allowed = jax.enable_x64 if new else jax.experimental.enable_x64
        with allowed(True):
            yield


def arrays(results):
    """Tensors, in any structure, as NumPy arrays."""
    return keras.tree.map_structure(backend.array, results)


def call(layer, x, way=WAY, **given):
    """The layer's results as arrays; its statistics move."""
    if way == "eager":
        return arrays(layer(x, **given))
    fixed = {"training": given.pop("training", False)}
    if BACKEND == "tensorflow":
        return arrays(
            tf.function(lambda x, given: layer(x, **given, **fixed))(x, given)
        )
    outputs, variables = jax.jit(
        lambda trained, other, x, given: layer.stateless_call(
            trained, other, x, **given, **fixed
        )
    )(
        [v.value for v in layer.trainable_variables],
        [v.value for v in layer.non_trainable_variables],
        x,
        given,
    )
    for variable, value in zip(layer.non_trainable_variables, variables, strict=True):
        variable.assign(value)
    return arrays(outputs)


class Loss:
    """A loss of variables and inputs, with its gradient; no variable moves.

    Arguments: a function of the inputs, as tensors, that gives the loss and, as a list,
    other tensors; the variables that a gradient is wanted of; all that move.
    """

    def __init__(self, function, variables, moving=()):
        self.function, self.variables, self.moving = function, variables, moving
        if BACKEND == "jax":
            self._value = jax.jit(self._traced)
            self._gradient = jax.jit(
                jax.value_and_grad(self._traced, (0, 1), has_aux=True)
            )
        elif BACKEND == "tensorflow":
            self._graph = tf.function(function)

    def _traced(self, values, inputs, moving):
        given = zip([*self.variables, *self.moving], [*values, *moving], strict=True)
        with keras.StatelessScope(given):
            return self.function(inputs)

    def _moving(self):
        return [variable.value for variable in self.moving]

    def value(self, values, inputs):
        """The loss."""
        if BACKEND == "jax":
            return float(self._value(values, inputs, self._moving())[0])
        return float(self._run(values, inputs)[0])

    def gradient(self, values, inputs):
        """``(loss, others, gradients by variable, gradients by input)``."""
        if BACKEND == "jax":
            found = self._gradient(values, inputs, self._moving())
            (loss, others), (own, given) = found
            return loss, others, own, given
        return self._run(values, inputs, differentiated=True)

    def _run(self, values, inputs, differentiated=False):
        before = [np.array(keras.ops.convert_to_numpy(v.value)) for v in self.moving]
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        raw = [variable.value for variable in self.variables]
        if BACKEND == "torch":
            inputs = [torch.tensor(i, requires_grad=differentiated) for i in inputs]
            for one in raw:
                one.grad = None
            loss, others = self.function(inputs)
            found = [None] * (len(raw) + len(inputs))
            if differentiated:
                loss.backward()
                found = [one.grad for one in (*raw, *inputs)]
            results = loss.detach(), others, found
        else:
            inputs = [tf.constant(i) for i in inputs]
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                loss, others = self._graph(inputs)
            found = tape.gradient(loss, [*raw, *inputs]) if differentiated else []
            # Of rows that are looked up TensorFlow gives tf.IndexedSlices.
            found = [tf.convert_to_tensor(gradient) for gradient in found]
            results = loss, others, found
        for variable, value in zip(self.moving, before, strict=True):
            variable.assign(value)
        loss, others, found = results
        return loss, others, found[: len(raw)], found[len(raw) :]
