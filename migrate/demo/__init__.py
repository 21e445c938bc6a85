"""The demo: a checkpoint of TensorFlow 1.15.5 and an old script, carried over."""
