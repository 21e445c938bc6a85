"""`tf.contrib.util`: names as data; all of it is still in TensorFlow."""

NAMES = {
    "constant_value": "tensorflow.compat.v1:get_static_value",
    "make_ndarray": "tensorflow.compat.v1:make_ndarray",
    "make_tensor_proto": "tensorflow.compat.v1:make_tensor_proto",
}
NAMES.update(
    {
        name: "tensorflow.python.framework.meta_graph:" + name
        for name in ("ops_used_by_graph_def", "stripped_op_list_for_graph")
    }
)
