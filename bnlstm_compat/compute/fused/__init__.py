"""A sequence on TensorFlow, fast: compiled loops, gradients written by hand."""
