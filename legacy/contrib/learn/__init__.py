"""`tf.contrib.learn`: its early Estimator, canned models, metrics: names as data."""

from legacy.contrib.learn import canned

_PUBLIC = """BaseEstimator Estimator MetricSpec ModeKeys ModelFnOps NotFittedError
PredictionKey ProblemType SKCompat infer_real_valued_columns_from_input
infer_real_valued_columns_from_input_fn"""

_HEADS = """Head binary_svm_head multi_class_head multi_label_head no_op_train_fn
poisson_regression_head regression_head"""

NAMES = {name: "legacy.contrib.learn.estimator:" + name for name in _PUBLIC.split()}
NAMES.update(
    canned.NAMES,
    **{name: "legacy.contrib.learn.heads:" + name for name in _HEADS.split()},
)
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
    **{
        name: "legacy.contrib.learn.graph_io:" + name
        for name in (
            "read_batch_examples",
            "read_batch_features",
            "read_batch_record_features",
        )
    },
    NanLossDuringTrainingError="tensorflow.compat.v1.train:NanLossDuringTrainingError",
)
