"""Canned estimators: linear models, dense networks, both together, and baselines.

Origin: `tf.estimator` of TensorFlow 1.15, with its variable names. Columns are those
of `tf.feature_column`.
"""
