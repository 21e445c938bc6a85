"""`tf.contrib.learn`: its early Estimator as an adaptor, modes, metrics: names as data.

Its canned models (LinearClassifier, DNNRegressor, ...), monitors and Experiment are not
emulated; `tf.estimator` and `tf.train` have what took their place.
"""

_PUBLIC = """BaseEstimator Estimator MetricSpec ModeKeys ModelFnOps NotFittedError
PredictionKey ProblemType SKCompat infer_real_valued_columns_from_input_fn"""

NAMES = {name: "legacy.contrib.learn.estimator:" + name for name in _PUBLIC.split()}
NAMES.update(
    RunConfig="legacy.estimator.spec:RunConfig",
    NanLossDuringTrainingError="tensorflow.compat.v1.train:NanLossDuringTrainingError",
)
