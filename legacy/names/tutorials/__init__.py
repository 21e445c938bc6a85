"""Readers and models of the tutorials that TensorFlow shipped: MNIST, PTB, translation."""
