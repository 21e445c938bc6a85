"""`tf.contrib.learn`: its early Estimator as an adaptor, modes, metrics: names as data.

Its canned models (LinearClassifier, DNNRegressor, ...) and heads are not emulated.
"""

_PUBLIC = """BaseEstimator Estimator MetricSpec ModeKeys ModelFnOps NotFittedError
PredictionKey ProblemType SKCompat infer_real_valued_columns_from_input_fn"""

NAMES = {name: "legacy.contrib.learn.estimator:" + name for name in _PUBLIC.split()}
NAMES.update(
    RunConfig="legacy.contrib.learn.run_config:RunConfig",
    TaskType="legacy.contrib.learn.run_config:TaskType",
    Experiment="legacy.contrib.learn.learn_runner:Experiment",
    **{
        name: "legacy.contrib.learn.utils:" + name
        for name in (
            "ExportStrategy",
            "InputFnOps",
            "build_parsing_serving_input_fn",
            "make_export_strategy",
        )
    },
    **{
        name: "legacy.contrib.learn.io:" + name
        for name in (
            "extract_dask_data",
            "extract_dask_labels",
            "extract_pandas_data",
            "extract_pandas_labels",
            "extract_pandas_matrix",
        )
    },
    NanLossDuringTrainingError="tensorflow.compat.v1.train:NanLossDuringTrainingError",
)
