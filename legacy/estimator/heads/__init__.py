"""Heads: from a model's logits to predictions, loss, metrics and a training step.

Origin: TensorFlow 1.15's heads of canned estimators. Labels have the shape [B, 1] (or
[B]), of a regression with several outputs [B, D], and logits [B, D].
"""
