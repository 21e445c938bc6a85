"""Feature columns of `tf.contrib.layers`: what a feature is, how it becomes numbers.

A column is a named tuple. Its text orders the columns of a model, so the names of types
and first fields are those of the original. Sparse columns give `ids(features)` (a
SparseTensor of int64) and `weights(features)` (one of float, or None).
"""
