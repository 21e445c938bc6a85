"""`tf.contrib.framework`: names as data. Mostly tf_slim and TensorFlow's own."""

from legacy.contrib.written import written

_HOMES = {
    "tf_slim": "add_arg_scope arg_scope arg_scoped_arguments current_arg_scope"
    " has_arg_scope",
    "tf_slim.ops.variables": "VariableDeviceChooser add_model_variable"
    " assert_global_step assert_or_get_global_step assign_from_checkpoint"
    " assign_from_checkpoint_fn assign_from_values assign_from_values_fn"
    " create_global_step filter_variables get_global_step get_local_variables"
    " get_model_variables get_or_create_global_step get_trainable_variables"
    " get_unique_variable get_variable_full_name get_variables get_variables_by_name"
    " get_variables_by_suffix get_variables_to_restore global_variable local_variable"
    " model_variable variable",
    "tensorflow.compat.v1": "TensorSpec argsort assert_same_float_dtype assert_scalar"
    " convert_to_tensor_or_sparse_tensor is_tensor sort",
    "tensorflow.compat.v1.train": "init_from_checkpoint list_variables load_checkpoint"
    " load_variable",
    "tensorflow.python.framework.ops": "prepend_name_scope strip_name_scope",
    "tensorflow.python.framework.smart_cond": "smart_case smart_cond"
    " smart_constant_value",
    "tensorflow.python.framework.tensor_spec": "BoundedTensorSpec",
    "tensorflow.python.ops.confusion_matrix": "remove_squeezable_dimensions",
    "tensorflow.python.ops.data_flow_ops": "RecordInput",
    "tensorflow.python.util.deprecation": "deprecated deprecated_arg_values"
    " deprecated_args",
}

NAMES = {
    **written(__name__, __path__),
    **{
        name: f"{home}:{name}" for home, all_ in _HOMES.items() for name in all_.split()
    },
}
NAMES.update(
    convolutional_delta_orthogonal="tensorflow.python.ops.init_ops:ConvolutionDeltaOrthogonal",
    convolutional_orthogonal_1d="tensorflow.python.ops.init_ops:ConvolutionOrthogonal1D",
    convolutional_orthogonal_2d="tensorflow.python.ops.init_ops:ConvolutionOrthogonal2D",
    convolutional_orthogonal_3d="tensorflow.python.ops.init_ops:ConvolutionOrthogonal3D",
    nest="tensorflow.python.util.nest",
)
