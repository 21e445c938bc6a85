"""Canned models of `tf.contrib.learn`: linear, dense, both together; names as data.

Origin: TensorFlow 1.15.5, with its variable names. Columns are those of
`tf.contrib.layers` or of `tf.feature_column`.
"""

_MODELS = {"linear": "Linear", "dense": "DNN", "combined": "DNNLinearCombined"}
NAMES = {
    model + kind: f"{__name__}.{home}:{model}{kind}"
    for home, model in _MODELS.items()
    for kind in ("Classifier", "Regressor", "Estimator")
}
