"""Importing TensorFlow without its start-up chatter on the terminal."""

import contextlib
import os
import sys
import tempfile


@contextlib.contextmanager
def _stderr_held():
    """Keeps what is written to file descriptor 2; shows it only after a failure.

    TensorFlow's C++ parts log there before any setting of theirs is read.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        saved = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            sys.stderr.flush()
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)


def start_tensorflow():
    """Imports TensorFlow and Keras; their logs stay off the terminal."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with _stderr_held():
        import keras  # noqa: F401
        import tensorflow as tf

        tf.config.list_logical_devices()  # starts the devices, which log too
    tf.get_logger().setLevel("ERROR")
