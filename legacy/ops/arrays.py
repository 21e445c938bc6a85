"""``tf.TensorArray`` with the operations of TensorFlow 1.15."""

from tensorflow.python.ops import gen_data_flow_ops

from legacy.ops.replace import stands_for


@stands_for("tensorflow.python.ops.tensor_array_ops:_GraphTensorArray.size")
def size(self, name=None):
    """Asks the graph, also if the size is known."""
    return gen_data_flow_ops.tensor_array_size_v3(
        handle=self.handle, flow_in=self.flow, name=name
    )
