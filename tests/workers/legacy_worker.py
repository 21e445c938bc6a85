"""Runs ``legacy.BNLSTMCell`` on recordings in a process of its own, in one mode.

    python legacy_worker.py MODE CASES.npz RESULTS.npz [RUNS]

MODE is two words joined by ``-``: v1 or v2 (control flow), ref or resource (variables).
``cases.py`` packs CASES. With RUNS, a training pass is run so many times from the same
start, and the statistics of each are the results; else all passes are run.
"""

import os
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # brings MultiRNNCell back on TensorFlow 2
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import tensorflow.compat.v1 as tf

from helpers import cases
from helpers import graph_cells as graphs


def main(mode, given, wanted, runs=0):
    """Runs every case of the file ``given``."""
    control_flow, variables = mode.split("-")
    tf.disable_v2_behavior()
    if control_flow == "v2":
        tf.enable_control_flow_v2()
    if variables == "resource":
        tf.enable_resource_variables()
    found, built = {}, {}
    for name, (case, prefix) in cases.unpack(given).items():
        scenario = name.partition(":")[2]
        if scenario not in built:  # one graph serves the recordings of all versions
            built[scenario] = graphs.Graph(
                case, gradients=not runs, multi=tf.nn.rnn_cell.MultiRNNCell
            )
        graph = built[scenario]
        graph.switch(case)
        if runs:
            tables = []
            for _ in range(int(runs)):
                graph.reset()
                graph.run(True)
                tables.append(graph.statistics())
            passes = {
                key: np.stack([table[key] for table in tables]) for key in tables[0]
            }
        else:
            passes = graph.all_passes()
            passes["out|from_checkpoint|outputs"] = graph.final_from(prefix)
        found.update({f"{name}#{key}": value for key, value in passes.items()})
    np.savez(wanted, **{key.replace("/", "\\"): value for key, value in found.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
