"""Restores a graph by TensorFlow 1's Saver and runs it, in a process of its own.

    python graph_worker.py META PREFIX FEEDS.npz RESULTS.npz TENSOR ...

Imports META, restores PREFIX, feeds the arrays of FEEDS.npz by the names of
placeholders, and saves the TENSORs. It runs with TensorFlow 1.15.5, too.
"""

import sys

import numpy as np
import tensorflow.compat.v1 as tf


def main(meta, prefix, feeds, wanted, *tensors):
    """See above."""
    with np.load(feeds) as arrays:
        given = {
            name.replace("\\", "/") + ":0": array for name, array in arrays.items()
        }
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(meta)
        saver.restore(session, prefix)
        found = session.run({name: name + ":0" for name in tensors}, given)
    np.savez(wanted, **{name.replace("/", "\\"): a for name, a in found.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
