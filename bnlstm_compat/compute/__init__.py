"""What the cell computes: tensors in, tensors out; no layers of Keras."""
