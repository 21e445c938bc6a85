"""`tf.contrib.rnn`, and with it `tf.nn.rnn_cell`: names as data.

Variables are named as TensorFlow 1.15 names them (`rnn/basic_lstm_cell/kernel`).
Releases before 1.2 wrote `weights` and `biases`, releases before 1.0 `Linear/Matrix`.
To restore their checkpoints, give `tf.train.Saver` a dictionary {old name: variable}.
"""

from legacy.contrib.written import written

NAMES = written(__name__, __path__)
NAMES.update(
    static_rnn="tensorflow.compat.v1.nn:static_rnn",
    static_state_saving_rnn="tensorflow.compat.v1.nn:static_state_saving_rnn",
    static_bidirectional_rnn="tensorflow.compat.v1.nn:static_bidirectional_rnn",
    best_effort_input_batch_size="tensorflow.python.ops.rnn:_best_effort_input_batch_size",
    transpose_batch_time="tensorflow.python.ops.rnn:_transpose_batch_time",
)
