"""Subjects of ``whole_speed.py`` in Keras: what ``migrate.model`` makes."""

import keras
import tensorflow as tf

import migrate
from whole_speed_data import feed

VERSIONS = {"tensorflow": tf.__version__, "keras": keras.__version__}


def make(subject):
    """A function that runs ``subject`` once: see ``whole_speed.subject``."""
    output = "loss" if subject["training"] else "scores"
    model = migrate.model(subject["checkpoint"], outputs=[output])
    given = {
        name: array for name, array in feed(subject).items() if name in model.input
    }
    if not subject["training"]:
        infer = tf.function(lambda inputs: model(inputs, training=False)[output])
        return lambda: infer(given).numpy()
    optimizer = keras.optimizers.Adam(1e-4)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step(inputs):
        with tf.GradientTape() as tape:
            loss = model(inputs, training=True)[output]
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return lambda: step(given).numpy()
