"""Subjects of ``speed.py`` in TensorFlow 2: Keras's layers, ``BNLSTM``, matmuls alone.

A training step is forward, backward and Adam on the mean squared error of all outputs.
"""

import os

import keras
import numpy as np
import tensorflow as tf

from bnlstm_compat import BNLSTM, keep_memory

if "KEEP_MEMORY" in os.environ:
    assert keep_memory()
VERSIONS = {"tensorflow": tf.__version__, "keras": keras.__version__}


def make(subject):
    """A function that runs ``subject`` once: see ``speed.subject``."""
    batch, steps, features, units = subject["shape"]
    rng = np.random.default_rng(0)

    def normal(*shape):
        return tf.constant(rng.standard_normal(shape), tf.float32)

    x = normal(batch, steps, features)
    compiled, training = subject["compiled"], subject["training"]
    if subject["kind"] == "matmuls":
        return _matmuls(x, normal, units, training)

    def layer():
        if subject["kind"] == "lstm":
            return keras.layers.LSTM(units, return_sequences=True)
        return BNLSTM(units, steps, return_sequences=True, mode=subject["mode"])

    layers = {
        "one": lambda: [layer()],
        "bidirectional": lambda: [keras.layers.Bidirectional(layer())],
        "two stacked": lambda: [layer(), layer()],
    }[subject["made_of"]]()
    model = keras.Sequential([keras.Input((steps, features), batch), *layers])
    if not training:
        infer = tf.function(model, jit_compile=compiled)
        return lambda: infer(x, training=False)
    target = normal(*model.output_shape)
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=compiled)
    def train(x, target):
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = tf.reduce_mean(tf.square(outputs - target))
        variables = model.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        optimizer.apply(gradients, variables)
        return loss

    return lambda: train(x, target)


def _matmuls(x, normal, units, training):
    """What no LSTM can do without: X W at once, h W by step, and their gradients."""
    batch, steps, features = x.shape
    kernel, recurrent = normal(features, 4 * units), normal(units, 4 * units)
    h, d = normal(steps, batch, units), normal(steps, batch, 4 * units)

    def by_step(left, right, **options):
        read = tf.TensorArray(tf.float32, steps).unstack(left)
        written = tf.TensorArray(tf.float32, steps)

        def step(t, written):
            product = tf.matmul(read.read(t), right, **options)
            return t + 1, written.write(t, product)

        _, written = tf.while_loop(lambda t, _: t < steps, step, (0, written))
        return written.read(steps - 1)

    def flat(z):
        return tf.reshape(z, [-1, z.shape[2]])

    @tf.function
    def run(x, h, d):
        results = [tf.matmul(flat(x), kernel), by_step(h, recurrent)]
        if training:
            results.append(by_step(d, recurrent, transpose_b=True))
            for left in (x, h):
                results.append(tf.matmul(flat(left), flat(d), transpose_a=True))
        return results

    return lambda: run(x, h, d)
