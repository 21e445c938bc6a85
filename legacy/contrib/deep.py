"""Modules inside the families of `tf.contrib` that scripts import by their own paths.

{path: the family's table, or a module all of whose names the path has}. Paths of the
form FAMILY.python.PACKAGE.MODULE need no entry: they have the family's names.
"""

_CONTRIB = "tensorflow.contrib."


def _paths(below, names, home):
    """`home` for each of the modules `names` below a path."""
    return {f"{_CONTRIB}{below}.{name}": home for name in names.split()}


_RNN = _paths(
    "rnn",
    "core_rnn_cell core_rnn_cell_impl fused_rnn_cell gru_ops lstm_ops rnn_cell",
    "legacy.contrib.rnn",
)

_UTILS, _SUMMARIES = "tf_slim.layers.utils", "tf_slim.layers.summaries"
_LAYERS = {
    # Attributes of `tf.contrib.layers` in 0.12.
    **_paths(
        "layers",
        "embedding_ops feature_column feature_column_ops initializers layers "
        "optimizers regularizers target_column",
        "legacy.contrib.layers",
    ),
    **_paths("layers", "utils", _UTILS),
    **_paths("layers", "summaries", _SUMMARIES),
    **_paths("layers.python.layers", "utils", _UTILS),
    **_paths("layers.python.layers", "summaries", _SUMMARIES),
}

_INNER_SLIM = "slim.python.slim"
_SLIM = {
    **_paths(
        "slim", "initializers layers optimizers regularizers", "legacy.contrib.layers"
    ),
    **_paths("slim", "utils", _UTILS),
    **{
        f"{_CONTRIB}{_INNER_SLIM}.{name}": f"tf_slim.{name}"
        for name in "evaluation learning model_analyzer queues summaries".split()
    },
    **{
        f"{_CONTRIB}{_INNER_SLIM}.data.{name}": f"tf_slim.data.{name}"
        for name in "data_decoder data_provider dataset dataset_data_provider "
        "parallel_reader prefetch_queue tfexample_decoder".split()
    },
    **{
        f"{_CONTRIB}{path}.{name}": f"tf_slim.nets.{name}"
        for path in ("slim.nets", f"{_INNER_SLIM}.nets")
        for name in "alexnet inception inception_v1 inception_v2 inception_v3 overfeat "
        "resnet_utils resnet_v1 resnet_v2 vgg".split()
    },
}

_INNER_LEARN = "learn.python.learn"
_ESTIMATORS = """_sklearn constants debug dnn dnn_linear_combined estimator head kmeans
linear logistic_regressor metric_key model_fn prediction_key"""
_PREPROCESSING = "legacy.contrib.learn.preprocessing"
_DATASETS = "legacy.contrib.learn.datasets"
_LEARN = {
    **_paths("learn", "estimators metric_spec", "legacy.contrib.learn"),
    **_paths("learn.estimators", _ESTIMATORS, "legacy.contrib.learn"),
    **_paths(f"{_INNER_LEARN}.estimators", _ESTIMATORS, "legacy.contrib.learn"),
    **_paths(
        f"{_INNER_LEARN}.estimators", "run_config", "legacy.contrib.learn.run_config"
    ),
    **_paths(_INNER_LEARN, "learn_io", "legacy.contrib.learn.io"),
    **_paths(
        f"{_INNER_LEARN}.learn_io",
        "dask_io generator_io graph_io numpy_io pandas_io",
        "legacy.contrib.learn.io",
    ),
    **_paths(_INNER_LEARN, "utils", "legacy.contrib.learn.utils"),
    **_paths(
        f"{_INNER_LEARN}.utils",
        "input_fn_utils saved_model_export_utils",
        "legacy.contrib.learn.utils",
    ),
    **_paths(_INNER_LEARN, "learn_runner", "legacy.contrib.learn.learn_runner"),
    **_paths(_INNER_LEARN, "monitors", "legacy.contrib.learn.monitors"),
    **_paths(_INNER_LEARN, "datasets", _DATASETS),
    **_paths(f"{_INNER_LEARN}.datasets", "synthetic text_datasets", _DATASETS),
    **_paths(_INNER_LEARN, "preprocessing", _PREPROCESSING),
    **_paths(
        f"{_INNER_LEARN}.preprocessing",
        "categorical categorical_vocabulary text",
        _PREPROCESSING,
    ),
}

_HOOKS = {
    name: "tensorflow.compat.v1.train:" + name
    for name in "CheckpointSaverHook FinalOpsHook GlobalStepWaiterHook "
    "LoggingTensorHook NanLossDuringTrainingError NanTensorHook SecondOrStepTimer "
    "SessionRunHook StepCounterHook StopAtStepHook SummarySaverHook".split()
}

MODULES = {
    **_RNN,
    **_LAYERS,
    **_SLIM,
    **_LEARN,
    **_paths("learn", "basic_session_run_hooks", _HOOKS),
    **_paths(_INNER_LEARN, "basic_session_run_hooks", _HOOKS),
    **_paths("lookup", "lookup_ops", "legacy.contrib.lookup"),
    **_paths(
        "tensorboard.plugins.projector",
        "projector_config_pb2",
        "legacy.contrib.projector",
    ),
}
