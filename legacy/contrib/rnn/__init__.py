"""`tf.contrib.rnn`, and with it `tf.nn.rnn_cell`: names as data.

Variables are named as TensorFlow 1.15 names them (`rnn/basic_lstm_cell/kernel`).
Releases before 1.2 wrote `weights` and `biases`, releases before 1.0 `Linear/Matrix`.
To restore their checkpoints, give `tf.train.Saver` a dictionary {old name: variable}.
"""

_HERE = "legacy.contrib.rnn."
_HOMES = {
    "core": "BasicLSTMCell BasicRNNCell DeviceWrapper DropoutWrapper GRUCell LSTMCell"
    " LSTMStateTuple LayerRNNCell MultiRNNCell RNNCell ResidualWrapper",
    "base": "_Linear _get_concat_variable _get_sharded_variable _like_rnncell _linear"
    " _state_size_with_prefix",
    "block": "GRUBlockCell GRUBlockCellV2 LSTMBlockCell LSTMBlockFusedCell"
    " LSTMBlockWrapper",
    "conv": "Conv1DLSTMCell Conv2DLSTMCell Conv3DLSTMCell ConvLSTMCell _conv",
    "fused": "FusedRNNCell FusedRNNCellAdaptor TimeReversedFusedRNN",
    "gated": "IndRNNCell IndyGRUCell IndyLSTMCell IntersectionRNNCell SRUCell"
    " UGRNNCell",
    "grid": "BidirectionalGridLSTMCell GridLSTMCell TimeFreqLSTMCell",
    "lstm": "CoupledInputForgetGateLSTMCell GLSTMCell LayerNormBasicLSTMCell NASCell"
    " PhasedLSTMCell",
    "loops": "stack_bidirectional_dynamic_rnn stack_bidirectional_rnn",
    "wrappers": "AttentionCellWrapper CompiledWrapper EmbeddingWrapper HighwayWrapper"
    " InputProjectionWrapper OutputProjectionWrapper",
}

NAMES = {
    name: _HERE + home + ":" + name
    for home, names in _HOMES.items()
    for name in names.split()
}
NAMES.update(
    static_rnn="tensorflow.compat.v1.nn:static_rnn",
    static_state_saving_rnn="tensorflow.compat.v1.nn:static_state_saving_rnn",
    static_bidirectional_rnn="tensorflow.compat.v1.nn:static_bidirectional_rnn",
    best_effort_input_batch_size="tensorflow.python.ops.rnn:_best_effort_input_batch_size",
    transpose_batch_time="tensorflow.python.ops.rnn:_transpose_batch_time",
)
