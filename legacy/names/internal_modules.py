"""Modules that were never public, but that scripts used.

Origin: the modules visible as attributes of ``tensorflow`` and ``tensorflow.nn`` in
TensorFlow 0.8 to 0.12 and 1.x, and the deep imports of public scripts.
"""

_OPS = "tensorflow.python.ops."
_FRAMEWORK = "tensorflow.python.framework."

_OPS_MODULES = (
    "array_ops",
    "candidate_sampling_ops",
    "clip_ops",
    "control_flow_ops",
    "ctc_ops",
    "data_flow_ops",
    "embedding_ops",
    "functional_ops",
    "gen_array_ops",
    "gen_math_ops",
    "gen_nn_ops",
    "image_ops",
    "init_ops",
    "io_ops",
    "linalg_ops",
    "logging_ops",
    "math_ops",
    "nn_ops",
    "parsing_ops",
    "random_ops",
    "resource_variable_ops",
    "sparse_ops",
    "state_ops",
    "string_ops",
    "tensor_array_ops",
    "variables",
)
_FRAMEWORK_MODULES = (
    "common_shapes",
    "constant_op",
    "op_def_library",
    "op_def_registry",
    "ops",
    "random_seed",
    "sparse_tensor",
    "tensor_shape",
    "tensor_util",
)
_MODULES = {
    **{name: _OPS + name for name in _OPS_MODULES},
    **{name: _FRAMEWORK + name for name in _FRAMEWORK_MODULES},
    "nest": "tensorflow.python.util.nest",
    "vs": _OPS + "variable_scope",
}

_READER = {
    "CheckpointReader": (
        "tensorflow.python.training.py_checkpoint_reader:CheckpointReader"
    ),
    "NewCheckpointReader": "tensorflow.compat.v1:train.NewCheckpointReader",
}
_READER["EventsWriter"] = "legacy.names.events:EventsWriter"

# A target without a colon is a module, as user code sees it.
TABLE = {
    "tensorflow": {
        **_MODULES,
        "platform": "tensorflow.python.platform",
        "pywrap_tensorflow": "tensorflow.python.pywrap_tensorflow",
        "seq2seq": "tensorflow.nn.seq2seq",
        "rnn_cell": "tensorflow.nn.rnn_cell",
    },
    "tensorflow.nn": {
        **_MODULES,
        "make_all": "tensorflow.python.util.all_util:make_all",
        "np": "numpy",
    },
    "tensorflow.graph_util": {"set_cpu0": "legacy.names.devices:set_cpu0"},
    "tensorflow.python.pywrap_tensorflow": _READER,
    "tensorflow.pywrap_tensorflow": _READER,
    "tensorflow.python.util.nest": {
        "is_sequence": "tensorflow.compat.v1:nest.is_nested",
        "is_sequence_or_composite": (
            "tensorflow.python.util.nest:is_nested_or_composite"
        ),
    },
    "tensorflow.nn.rnn_cell": {
        "sigmoid": "tensorflow.compat.v1:sigmoid",
        "tanh": "tensorflow.compat.v1:tanh",
    },
    "tensorflow.nn.seq2seq": {
        "linear": "legacy.contrib.rnn.base:_linear",
        "shape": "tensorflow.compat.v1:shape",
        "xrange": range,
        "zip": zip,
    },
    "tensorflow.models.rnn.rnn": {},
    "tensorflow.examples.tutorials.mnist.mnist": {
        name: "legacy.names.tutorials.mnist_model:" + name
        for name in (
            "IMAGE_PIXELS",
            "IMAGE_SIZE",
            "NUM_CLASSES",
            "evaluation",
            "inference",
            "loss",
            "training",
        )
    },
    "tensorflow.contrib.slim.nets": {
        name: f"tf_slim.nets.{name}:"
        for name in (
            "alexnet",
            "inception",
            "overfeat",
            "resnet_utils",
            "resnet_v1",
            "resnet_v2",
            "vgg",
        )
    },
    **{
        f"tensorflow.python.estimator.{module}": {}
        for module in (
            "estimator",
            "export.export",
            "inputs.numpy_io",
            "inputs.pandas_io",
            "model_fn",
            "run_config",
        )
    },
    "tensorflow.python.ops.summary_ops": {},
    **{
        path: {"_RNNCell": "legacy.contrib.rnn.standard_cells:RNNCell"}
        for path in (
            "tensorflow.python.ops.rnn_cell_impl",
            "tensorflow.contrib.rnn.python.ops.core_rnn_cell_impl",
        )
    },
    "tensorflow.python.training": {
        "training_ops": "tensorflow.python.ops.gen_training_ops",
    },
    "tensorflow.models.rnn.translate.data_utils": {
        name: "legacy.names.tutorials.translate:" + name
        for name in (
            "EOS_ID",
            "GO_ID",
            "PAD_ID",
            "UNK_ID",
            "basic_tokenizer",
            "create_vocabulary",
            "data_to_token_ids",
            "initialize_vocabulary",
            "sentence_to_token_ids",
        )
    },
    "tensorflow.models.rnn.translate.seq2seq_model": {
        "Seq2SeqModel": "legacy.names.tutorials.translate:Seq2SeqModel",
        "data_utils": "tensorflow.models.rnn.translate.data_utils",
    },
    "tensorflow.models.rnn.ptb.reader": {
        name: "legacy.names.tutorials.ptb:" + name
        for name in ("ptb_iterator", "ptb_producer", "ptb_raw_data")
    },
}

# Paths that give all names of one implementation module.
MOUNTS = {
    "tensorflow.nn.rnn_cell": "legacy.contrib.rnn",
    "tensorflow.python.ops.rnn_cell": "legacy.contrib.rnn",
    "tensorflow.python.ops.rnn_cell_impl": "legacy.contrib.rnn",
    "tensorflow.models.rnn.rnn_cell": "legacy.contrib.rnn",
    "tensorflow.nn.seq2seq": "legacy.contrib.legacy_seq2seq",
    "tensorflow.python.ops.seq2seq": "legacy.contrib.legacy_seq2seq",
    "tensorflow.models.rnn.seq2seq": "legacy.contrib.legacy_seq2seq",
    "tensorflow.tensorboard.plugins.projector": "legacy.contrib.projector",
}

# Internal modules that also give our own names of these public modules: they were the
# homes of the functions whose call forms changed.
INHERITS = {
    "tensorflow.python.framework.ops": ("tensorflow",),
    "tensorflow.python.ops.array_ops": ("tensorflow",),
    "tensorflow.python.ops.control_flow_ops": ("tensorflow",),
    "tensorflow.python.ops.image_ops": ("tensorflow.image",),
    "tensorflow.python.ops.init_ops": ("tensorflow",),
    "tensorflow.python.ops.logging_ops": ("tensorflow",),
    "tensorflow.python.ops.math_ops": ("tensorflow",),
    "tensorflow.python.ops.nn": ("tensorflow.nn",),
    "tensorflow.python.ops.nn_impl": ("tensorflow.nn",),
    "tensorflow.python.ops.nn_ops": ("tensorflow.nn",),
    "tensorflow.python.ops.rnn": ("tensorflow.nn",),
    "tensorflow.python.ops.sparse_ops": ("tensorflow",),
    "tensorflow.python.training.saver": ("tensorflow.train",),
    "tensorflow.python.training.summary_io": ("tensorflow.train",),
    "tensorflow.python.training.training": ("tensorflow.train",),
    "tensorflow.models.rnn.rnn": ("tensorflow.nn",),
    "tensorflow.python.estimator.estimator": ("tensorflow.estimator",),
    "tensorflow.python.estimator.export.export": ("tensorflow.estimator.export",),
    "tensorflow.python.estimator.inputs.numpy_io": ("tensorflow.estimator.inputs",),
    "tensorflow.python.estimator.inputs.pandas_io": ("tensorflow.estimator.inputs",),
    "tensorflow.python.estimator.model_fn": ("tensorflow.estimator",),
    "tensorflow.python.estimator.run_config": ("tensorflow.estimator",),
}

# Where a name that an internal module has lost is looked for: internal modules were
# the homes of the public names.
PUBLIC = (
    "tensorflow",
    "tensorflow.nn",
    "tensorflow.train",
    "tensorflow.nn.rnn_cell",
    "tensorflow.losses",
    "tensorflow.image",
    "tensorflow.summary",
    "tensorflow.layers",
    "tensorflow.graph_util",
    "tensorflow.initializers",
    "tensorflow.metrics",
    "tensorflow.saved_model",
    "tensorflow.sparse",
    "tensorflow.linalg",
)
