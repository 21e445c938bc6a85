"""``tf.graph_util.set_cpu0`` of TensorFlow 0.12."""

import tensorflow.compat.v1 as tf


def set_cpu0(device_string):
    """The device ``device_string`` with its kind replaced by ``/device:CPU:0``.

    Returns a string: job, replica and task stay as they are.
    """
    parsed = tf.DeviceSpec.from_string(device_string)
    return parsed.replace(device_type="CPU", device_index=0).to_string()
