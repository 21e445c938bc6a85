"""``tf.TensorArray`` with the operations of TensorFlow 1.15."""

import tensorflow.compat.v1 as tf

from legacy.ops.replace import stands_for


@stands_for("tensorflow.python.ops.tensor_array_ops:_GraphTensorArray.size")
def size(self, name=None):
    """The size as an operation of the graph, even if it is known."""
    return tf.raw_ops.TensorArraySizeV3(
        handle=self.handle, flow_in=self.flow, name=name
    )
