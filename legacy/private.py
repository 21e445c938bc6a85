"""The names inside TensorFlow and Keras 2 that this package uses, and what for.

All other code here uses public names, which both TensorFlow 2.16 and 2.21 have. A
release of TensorFlow may move or drop the names below without notice.
tests/graph_mode/test_private.py looks them all up, and tells what stops working if one
is gone.

Not here: the names that ``legacy.names`` and ``legacy.contrib`` give to scripts as they
are, and the functions in whose place ``legacy.ops`` puts its own. The first are in the
tables of these packages, the second beside each function. The same test looks them up.
"""

_TF = "tensorflow.python."
_KERAS = "tf_keras.src."

# Where the name is -> what it is used for.
USES = {
    # Who gets TensorFlow 1
    _TF + "util.deprecation:_PRINT_DEPRECATION_WARNINGS": (
        "old scripts run without a warning for each old name"
    ),
    # Graphs and their operations
    _TF + "data.ops.dataset_ops:UnaryUnchangedStructureDataset": (
        "tf.data is optimized as in 1.15: the data set around a variant tensor"
    ),
    _TF + "data.ops.dataset_ops:DatasetV2._flat_structure": (
        "tf.data is optimized as in 1.15: types and shapes for the kernels"
    ),
    _TF + "data.ops.dataset_ops:DatasetV2._functions": (
        "tf.data is optimized as in 1.15, unless a function reads a variable"
    ),
    _TF + "data.ops.dataset_ops:DatasetV2._inputs": (
        "tf.data is optimized as in 1.15, unless an input's function reads a variable"
    ),
    _TF + "data.ops.dataset_ops:DatasetV2._variant_tensor": (
        "tf.data is optimized as in 1.15: what the kernels take"
    ),
    _TF + "framework.composite_tensor:CompositeTensor": (
        "ragged and other composite tensors keep the functions of TensorFlow 2"
    ),
    _TF + "framework.dtypes:DType._is_ref_dtype": (
        "data sets whose functions capture reference variables are not optimized"
    ),
    _TF + "framework.op_def_registry:get": (
        "which operations this TensorFlow has, and whether one keeps a state"
    ),
    _TF + "framework.ops:SymbolicTensor": (
        "scripts print the class of a tensor under its old name"
    ),
    _TF + "framework.ops:Operation._add_control_inputs": (
        "draws in a loop are made in the order of the iterations"
    ),
    _TF + "framework.ops:Operation._get_control_flow_context": (
        "draws in a loop are made in the order of the iterations: which are in it"
    ),
    _TF + "framework.ops:colocate_with": (
        "operations stand beside another; tf.colocate_with logs a warning"
    ),
    _TF + "framework.ops:gradient_registry": (
        "a registered gradient gives way to that of 1.15, or is registered once"
    ),
    _TF + "framework.tensor_util:try_evaluate_constant": (
        "axes of a broadcast are worked out while the graph is built"
    ),
    _TF + "ops.array_grad:_BatchGatherGrad": "the gradient of a batched tf.gather",
    _TF + "ops.array_ops:shape_internal": (
        "the shape in a gradient, constant or worked out in the graph"
    ),
    _TF + "ops.gradients_util:_maybe_colocate_with": (
        "the ones that tf.gradients starts from stand where TensorFlow puts them"
    ),
    _TF + "ops.math_ops:reduced_shape": "the gradients of reductions",
    _TF + "ops.nn_grad:_BroadcastMul": "the gradients of two cross entropies",
    _TF + "ops.nn_ops:Convolution": "convolution layers make the operations of 1.15",
    _TF + "ops.nn_ops:_get_noise_shape": "tf.nn.dropout checks its noise shape",
    _TF + "ops.ref_variable:RefVariable": (
        "scripts print the class of a variable under its old module"
    ),
    _TF + "ops.shape_util:maybe_set_static_shape": "random draws know their shape",
    _TF + "ops.shape_util:shape_tensor": "random draws take any form of a shape",
    _TF + "ops.tensor_array_grad:_GetGradSource": "the gradients of tf.TensorArray",
    _TF + "ops.variable_scope:_VariableStore._get_default_initializer": (
        "tf.get_variable starts from what the script's release started from"
    ),
    _TF + "ops.variable_scope:_VariableStore._get_single_variable": (
        "a variable's regularization loss is made once, as in 1.15"
    ),
    _TF + "training.saving.saveable_object_util:op_list_to_dict": (
        "tf.train.Saver finds the names of variables as TensorFlow does"
    ),
    _TF + "training.saving.saveable_object_util:set_cpu0": (
        "sharded checkpoints are merged on the processor"
    ),
    _TF + "training.slot_creator:_create_slot_var": (
        "slots of optimizers are made, or looked up, as in the script's release"
    ),
    _TF + "types.data:DatasetV2": "data sets count as no composite tensors here",
    _TF + "util.tf_decorator:make_decorator": (
        "AutoGraph leaves the cells' code as it is"
    ),
    _TF + "util.tf_decorator:unwrap": "the public names of a decorated function",
    _TF + "util.tf_export:get_v1_names": "the public names of a function",
    _TF + "util.tf_export:get_v2_names": "the public names of a function",
    # Names of Keras 2's layers and cells
    _KERAS + "engine.base_layer:to_snake_case": "layers have the names of 1.15",
    _KERAS + "engine.base_layer_v1:to_snake_case": "layers have the names of 1.15",
    _KERAS + "layers.rnn.base_rnn:backend": "cells put no name scope around weights",
    _KERAS + "layers.rnn.stacked_rnn_cells:backend": (
        "cells put no name scope around weights"
    ),
    _KERAS + "utils.conv_utils:convert_data_format": "transposed convolutions",
    _KERAS + "utils.conv_utils:deconv_output_length": "transposed convolutions",
    _KERAS + "utils.generic_utils:to_snake_case": "layers have the names of 1.15",
    # Graphs in files
    _TF + "framework.meta_graph:import_scoped_meta_graph": (
        "old MetaGraphs are imported below a name scope"
    ),
    _TF + "framework.meta_graph:read_meta_graph_file": "old .meta files are read",
    _TF + "saved_model.loader_impl:SavedModelLoader": "old SavedModels are loaded",
    # Cells and decoders
    _KERAS + "layers.rnn.legacy_cells:_zero_state_tensors": (
        "states of attention and of decoders start at zero"
    ),
    _TF + "framework.smart_cond:smart_cond": (
        "tf.contrib.crf takes the short way if the number of steps is known"
    ),
    _TF + "ops.rnn:_transpose_batch_time": (
        "decoders take and give either the batch or the time first"
    ),
    # Distributions
    _TF + "ops.distributions.bijector_impl:Bijector": "the base of all bijectors",
    _TF + "ops.distributions.identity_bijector:Identity": (
        "a transformed distribution without a bijector"
    ),
    _TF + "ops.distributions.util:fill_triangular": "the bijector FillTriangular",
    _TF + "ops.distributions.util:fill_triangular_inverse": (
        "the bijector FillTriangular"
    ),
    _TF + "ops.distributions.util:gen_new_seed": "mixtures draw as in 1.15",
    _TF + "ops.distributions.util:softplus_inverse": "the bijector Softplus",
    # Look-up tables, feature columns, data sets
    _TF + "data.util.nest:flatten": "tf.contrib.data takes lists as one element",
    _TF + "feature_column.feature_column_v2:FeatureTransformationCache": (
        "tf.contrib.feature_column.sequence_input_layer"
    ),
    _TF + "feature_column.feature_column_v2:SequenceDenseColumn": (
        "tf.contrib.feature_column.sequence_input_layer"
    ),
    _TF + "feature_column.feature_column_v2:_normalize_feature_columns": (
        "tf.contrib.feature_column.sequence_input_layer"
    ),
    _TF + "ops.lookup_ops:FastHashSpec": "tables hash unknown words as in 1.15",
    _TF + "ops.lookup_ops:index_table_from_file": "vocabularies in files",
    _TF + "ops.lookup_ops:index_table_from_tensor": "vocabularies in lists",
    _TF + "ops.lookup_ops:index_to_string_table_from_tensor": (
        "tf.contrib.lookup: from numbers back to words"
    ),
    _TF + "training.checkpoint_ops:_load_and_remap_matrix_initializer": (
        "tf.contrib.framework: variables that start from a checkpoint"
    ),
    _TF + "training.checkpoint_ops:_load_embedding_initializer": (
        "tf.contrib.framework: embeddings that start from a checkpoint"
    ),
    # Estimators
    _TF + "ops.clustering_ops:CLUSTERS_VAR_NAME": "the estimator KMeans",
    _TF + "ops.clustering_ops:COSINE_DISTANCE": "the estimator KMeans",
    _TF + "ops.clustering_ops:KMEANS_PLUS_PLUS_INIT": "the estimator KMeans",
    _TF + "ops.clustering_ops:KMeans": "the estimator KMeans",
    _TF + "ops.clustering_ops:RANDOM_INIT": "the estimator KMeans",
    _TF + "ops.clustering_ops:SQUARED_EUCLIDEAN_DISTANCE": "the estimator KMeans",
    _TF + "saved_model.model_utils.export_output:ClassificationOutput": (
        "signatures of exported classifiers"
    ),
    _TF + "saved_model.model_utils.export_output:PredictOutput": (
        "signatures of exported estimators"
    ),
    _TF + "saved_model.model_utils.export_output:RegressionOutput": (
        "signatures of exported regressors"
    ),
    _TF + "saved_model.model_utils.mode_keys:EstimatorModeKeys": (
        "the modes of an estimator: train, eval, infer"
    ),
    _TF + "training.training_util:_get_or_create_global_step_read": (
        "estimators count a step as in 1.15"
    ),
}
