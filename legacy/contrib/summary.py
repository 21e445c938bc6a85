"""``tf.contrib.summary`` of TensorFlow 1.5 to 1.15: summaries with a writer's scope."""

_OPS = "tensorflow.python.ops.summary_ops_v2:"
_V1 = "tensorflow.compat.v1:summary."
_SAME = (
    "SummaryWriter always_record_summaries audio create_file_writer "
    "create_summary_file_writer eval_dir flush generic graph histogram image "
    "import_event never_record_summaries "
    "record_summaries_every_n_global_steps scalar should_record_summaries "
    "summary_writer_initializer_op"
).split()

NAMES = {
    **{name: _OPS + name for name in _SAME},
    "all_summary_ops": _V1 + "all_v2_summary_ops",
    "initialize": _V1 + "initialize",
}
