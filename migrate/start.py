"""Importing TensorFlow without its start-up chatter on the terminal."""

import os

from legacy.terminal import stderr_held


def start_tensorflow():
    """Imports TensorFlow and Keras; their logs stay off the terminal."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with stderr_held():
        import keras  # noqa: F401
        import tensorflow as tf

        tf.config.list_logical_devices()  # starts the devices, which log too
    tf.get_logger().setLevel("ERROR")
