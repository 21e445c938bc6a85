"""Families of `tf.contrib` whose functions today's TensorFlow has under other names.

One table a family: {public name: "module:attribute"}. What a family had and nobody has
today is left out, and said by the error for its name.
"""

_V1 = "tensorflow.compat.v1:"
_TRAIN = _V1 + "train."


def _same(root, names):
    """Names that `root` has unchanged."""
    return {name: root + name for name in names.split()}


STAGING = {"StagingArea": "tensorflow.python.ops.data_flow_ops:StagingArea"}

SIGNAL = _same(
    _V1 + "signal.",
    "frame hamming_window hann_window inverse_stft inverse_stft_window_fn "
    "linear_to_mel_weight_matrix mfccs_from_log_mel_spectrograms overlap_and_add stft",
)

JIT = {"experimental_jit_scope": _V1 + "xla.experimental.jit_scope"}
XLA = {"compile": _V1 + "xla.experimental.compile"}

_BACKPROP = "tensorflow.python.eager.backprop:"
_CONTEXT = "tensorflow.python.eager.context:"
EAGER = {
    **_same(_V1, "GradientTape TensorSpec custom_gradient executing_eagerly"),
    **_same(_V1, "enable_eager_execution function make_template"),
    "defun": _V1 + "function",
    "Checkpoint": _TRAIN + "Checkpoint",
    "Checkpointable": "tensorflow.python.trackable.autotrackable:AutoTrackable",
    "EagerVariableStore": ("tensorflow.python.ops.variable_scope:EagerVariableStore"),
    "Iterator": "tensorflow.python.data.ops.iterator_ops:OwnedIterator",
    "Saver": _TRAIN + "Saver",
    "Variable": ("tensorflow.python.ops.resource_variable_ops:ResourceVariable"),
    "gradients_function": _BACKPROP + "gradients_function",
    "implicit_gradients": _BACKPROP + "implicit_grad",
    "implicit_value_and_gradients": _BACKPROP + "implicit_val_and_grad",
    "in_eager_mode": _V1 + "executing_eagerly",
    "num_gpus": _CONTEXT + "num_gpus",
    "py_func": _V1 + "py_function",
    "run": _V1 + "app.run",
    "run_all_tests_in_graph_and_eager_modes": (
        "tensorflow.python.framework.test_util:run_all_in_graph_and_eager_modes"
    ),
    "run_test_in_graph_and_eager_modes": (
        "tensorflow.python.framework.test_util:run_in_graph_and_eager_modes"
    ),
    "value_and_gradients_function": _BACKPROP + "val_and_grad_function",
    **_same(
        _CONTEXT,
        "ASYNC DEVICE_PLACEMENT_EXPLICIT DEVICE_PLACEMENT_SILENT "
        "DEVICE_PLACEMENT_WARN SYNC execution_mode",
    ),
}

CHECKPOINT = {
    "CheckpointManager": _TRAIN + "CheckpointManager",
    "Checkpointable": "tensorflow.python.trackable.autotrackable:AutoTrackable",
    "CheckpointableBase": "tensorflow.python.trackable.base:Trackable",
    "List": "tensorflow.python.trackable.data_structures:List",
    "Mapping": "tensorflow.python.trackable.data_structures:Mapping",
    "NoDependency": "tensorflow.python.trackable.data_structures:NoDependency",
    "object_metadata": "tensorflow.python.checkpoint.checkpoint:object_metadata",
}

_DISTRIBUTE = _V1 + "distribute."
DISTRIBUTE = {
    **_same(_DISTRIBUTE, "OneDeviceStrategy ReplicaContext get_replica_context"),
    **_same(_DISTRIBUTE, "has_strategy in_cross_replica_context get_strategy"),
    "CrossDeviceOps": _DISTRIBUTE + "CrossDeviceOps",
    "DistributionStrategy": _DISTRIBUTE + "Strategy",
    "MirroredStrategy": "legacy.contrib.distribute:MirroredStrategy",
    "CollectiveAllReduceStrategy": (
        "legacy.contrib.distribute:CollectiveAllReduceStrategy"
    ),
    "get_distribution_strategy": _DISTRIBUTE + "get_strategy",
    "has_distribution_strategy": _DISTRIBUTE + "has_strategy",
    "get_loss_reduction": _DISTRIBUTE + "get_loss_reduction",
}

CLUSTER_RESOLVER = _same(
    _DISTRIBUTE + "cluster_resolver.",
    "ClusterResolver GCEClusterResolver KubernetesClusterResolver "
    "SimpleClusterResolver SlurmClusterResolver TFConfigClusterResolver "
    "TPUClusterResolver UnionResolver",
)
CLUSTER_RESOLVER["UnionClusterResolver"] = CLUSTER_RESOLVER.pop("UnionResolver")

AUTOGRAPH = {
    **_same(_V1 + "autograph.", "to_code to_graph"),
    **_same(_V1 + "autograph.experimental.", "Feature do_not_convert"),
    **_same(_V1 + "autograph.experimental.", "set_loop_options"),
    "convert": "tensorflow.python.autograph.impl.api:convert",
}

FEATURE_COLUMN = {
    **_same(
        _V1 + "feature_column.",
        "sequence_categorical_column_with_hash_bucket "
        "sequence_categorical_column_with_identity "
        "sequence_categorical_column_with_vocabulary_file "
        "sequence_categorical_column_with_vocabulary_list sequence_numeric_column",
    ),
    "sequence_input_layer": "legacy.contrib.feature_column:sequence_input_layer",
}

HOOKS = {"ProfilerHook": _TRAIN + "ProfilerHook"}

LITE = _same(
    _V1 + "lite.",
    "Interpreter OpHint OpsSet Optimize TFLiteConverter TargetSpec TocoConverter "
    "experimental toco_convert",
)

MODEL_ANALYZER = {
    "ALL_ADVICE": "tensorflow.python.profiler.model_analyzer:ALL_ADVICE",
    "advise": _V1 + "profiler.advise",
    "Profiler": _V1 + "profiler.Profiler",
    "FLOAT_OPS_OPTIONS": "legacy.contrib.tfprof:FLOAT_OPS_OPTIONS",
    "PRINT_ALL_TIMING_MEMORY": "legacy.contrib.tfprof:PRINT_ALL_TIMING_MEMORY",
    "TRAINABLE_VARS_PARAMS_STAT_OPTIONS": (
        "legacy.contrib.tfprof:TRAINABLE_VARS_PARAMS_STAT_OPTIONS"
    ),
    "print_model_analysis": "legacy.contrib.tfprof:print_model_analysis",
}
OPTIMIZER_V2 = {
    **_same(
        _TRAIN,
        "AdadeltaOptimizer AdagradOptimizer AdamOptimizer GradientDescentOptimizer "
        "MomentumOptimizer RMSPropOptimizer",
    ),
    "OptimizerV2": _TRAIN + "Optimizer",
}

SAVED_MODEL = {
    "load_keras_model": "legacy.names.keras_saving:load_from_saved_model",
    "save_keras_model": "legacy.names.keras_saving:save_keras_model",
}

# `from tensorflow.contrib.framework.python.ops import audio_ops`: of the speech
# commands tutorial.
AUDIO_OPS = {
    **_same("tensorflow.python.ops.gen_audio_ops:", "audio_spectrogram mfcc"),
    **_same(_V1 + "audio.", "decode_wav encode_wav"),
}

DEPRECATED = _same(
    "legacy.names.train:",
    "audio_summary histogram_summary image_summary merge_all_summaries "
    "merge_summary scalar_summary",
)

LEARN_BASE = _same(
    "legacy.contrib.learn.datasets:",
    "Dataset Datasets load_boston load_csv_with_header load_csv_without_header "
    "load_iris maybe_download",
)
LEARN_MNIST = _same(
    "legacy.names.tutorials.mnist:",
    "DataSet dense_to_one_hot extract_images extract_labels load_mnist read_data_sets",
)

FAMILIES = {
    "autograph": AUTOGRAPH,
    "checkpoint": CHECKPOINT,
    "cluster_resolver": CLUSTER_RESOLVER,
    "compiler.jit": JIT,
    "compiler.xla": XLA,
    "deprecated": DEPRECATED,
    "distribute": DISTRIBUTE,
    "eager": EAGER,
    "feature_column": FEATURE_COLUMN,
    "framework.python.ops.audio_ops": AUDIO_OPS,
    "hooks": HOOKS,
    "learn.datasets.base": LEARN_BASE,
    "learn.datasets.mnist": LEARN_MNIST,
    "lite": LITE,
    "optimizer_v2": OPTIMIZER_V2,
    "saved_model": SAVED_MODEL,
    "signal": SIGNAL,
    "staging": STAGING,
    "tfprof.model_analyzer": MODEL_ANALYZER,
}
