"""`tf.contrib.tfprof.model_analyzer`: counts of parameters and operations."""

import tensorflow.compat.v1 as tf

_OPTIONS = tf.profiler.ProfileOptionBuilder
TRAINABLE_VARS_PARAMS_STAT_OPTIONS = _OPTIONS.trainable_variables_parameter()
FLOAT_OPS_OPTIONS = _OPTIONS.float_operation()
PRINT_ALL_TIMING_MEMORY = _OPTIONS.time_and_memory()


def print_model_analysis(
    graph,
    run_meta=None,
    op_log=None,
    tfprof_cmd="scope",
    tfprof_options=TRAINABLE_VARS_PARAMS_STAT_OPTIONS,
):
    """`tf.profiler.profile` by its earlier name."""
    return tf.profiler.profile(
        graph, run_meta, op_log, cmd=tfprof_cmd, options=tfprof_options
    )
