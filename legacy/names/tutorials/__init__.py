"""Readers and models of TensorFlow's tutorials: MNIST, PTB, translation."""
