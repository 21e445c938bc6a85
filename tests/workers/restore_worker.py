"""Restores a checkpoint by TensorFlow 1's Saver, in a process of its own.

    python restore_worker.py PREFIX RESULTS.npz [NAME=PARTS ...]

Makes a variable for each name in the checkpoint, NAME cut into PARTS as a partitioner
does, and saves the values that the session has after the restore.
"""

import sys

import numpy as np
import tensorflow.compat.v1 as tf


def main(prefix, wanted, *partitioned):
    """Restores everything in ``prefix``."""
    reader = tf.train.NewCheckpointReader(prefix)
    parts = dict(item.split("=") for item in partitioned)
    dtypes = reader.get_variable_to_dtype_map()
    with tf.Graph().as_default(), tf.Session() as session:
        variables = {
            name: tf.get_variable(
                name,
                shape,
                dtypes[name],
                tf.zeros_initializer(),
                partitioner=(
                    tf.fixed_size_partitioner(int(parts[name]))
                    if name in parts
                    else None
                ),
            )
            for name, shape in reader.get_variable_to_shape_map().items()
        }
        saver = tf.train.Saver(variables)
        saver.restore(session, prefix)
        values = session.run(
            {
                name: tf.convert_to_tensor(variable)
                for name, variable in variables.items()
            }
        )
    np.savez(wanted, **{name.replace("/", "\\"): a for name, a in values.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
