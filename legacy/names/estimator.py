"""``tf.estimator``: session hooks are ``tf.train``'s; the rest is ``legacy.estimator``.

Origin: the public API of TensorFlow 1.15.
"""

_TRAIN = "tensorflow.compat.v1:train."
_OUTPUTS = "tensorflow.python.saved_model.model_utils.export_output:"
_HERE = "legacy.estimator."

_HOOKS = (
    "CheckpointSaverHook",
    "CheckpointSaverListener",
    "FeedFnHook",
    "FinalOpsHook",
    "GlobalStepWaiterHook",
    "LoggingTensorHook",
    "NanLossDuringTrainingError",
    "NanTensorHook",
    "ProfilerHook",
    "SecondOrStepTimer",
    "SessionRunArgs",
    "SessionRunContext",
    "SessionRunHook",
    "SessionRunValues",
    "StepCounterHook",
    "StopAtStepHook",
    "SummarySaverHook",
    "VocabInfo",
)
_KINDS = ("Classifier", "Regressor", "Estimator")
_MODELS = {
    "baseline": "Baseline",
    "combined": "DNNLinearCombined",
    "dense": "DNN",
    "linear": "Linear",
}
_HOMES = {
    **{
        f"canned.{home}": tuple(model + kind for kind in _KINDS)
        for home, model in _MODELS.items()
    },
    "heads.base": ("Head",),
    "heads.classes": ("BinaryClassHead", "MultiClassHead"),
    "heads.labels": ("MultiLabelHead",),
    "heads.regression": (
        "LogisticRegressionHead",
        "PoissonRegressionHead",
        "RegressionHead",
    ),
    "core": ("Estimator", "add_metrics", "train_and_evaluate"),
    "export": ("BestExporter", "Exporter", "FinalExporter", "LatestExporter"),
    "parsing": ("classifier_parse_example_spec", "regressor_parse_example_spec"),
    "spec": (
        "EstimatorSpec",
        "EvalSpec",
        "ModeKeys",
        "RunConfig",
        "TrainSpec",
        "WarmStartSettings",
    ),
}

TABLE = {
    "tensorflow.estimator": {
        **{name: _TRAIN + name for name in _HOOKS},
        **{
            name: f"{_HERE}{home}:{name}"
            for home, names in _HOMES.items()
            for name in names
        },
    },
    "tensorflow.estimator.experimental": {
        "KMeans": f"{_HERE}kmeans:KMeans",
        **{
            name: f"{_HERE}canned.logits:{name}"
            for name in (
                "call_logit_fn",
                "dnn_logit_fn_builder",
                "linear_logit_fn_builder",
            )
        },
    },
    "tensorflow.estimator.tpu": {
        name: "legacy.contrib.tpu:" + name
        for name in (
            "InputPipelineConfig",
            "RunConfig",
            "TPUConfig",
            "TPUEstimator",
            "TPUEstimatorSpec",
        )
    },
    "tensorflow.estimator.inputs": {
        name: f"{_HERE}inputs:{name}" for name in ("numpy_input_fn", "pandas_input_fn")
    },
    "tensorflow.estimator.export": {
        **{
            name: _OUTPUTS + name
            for name in (
                "ClassificationOutput",
                "ExportOutput",
                "PredictOutput",
                "RegressionOutput",
            )
        },
        **{
            name: f"{_HERE}export:{name}"
            for name in (
                "ServingInputReceiver",
                "TensorServingInputReceiver",
                "build_parsing_serving_input_receiver_fn",
                "build_raw_serving_input_receiver_fn",
            )
        },
    },
}
