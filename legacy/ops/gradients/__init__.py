"""Gradients with the operations that those of TensorFlow 1.15 had."""
