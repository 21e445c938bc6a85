"""`tf.contrib.recurrent`: loops over cells, [B, T, D] or [T, B, D].

Origin: TensorFlow 1.15.5. The loop is `dynamic_rnn`'s, which has the same results and
variables; `use_tpu` changes nothing.
"""

import tensorflow.compat.v1 as tf

NAMES = {
    name: f"{__name__}:{name}"
    for name in ("bidirectional_functional_rnn", "functional_rnn")
}


def functional_rnn(
    cell,
    inputs,
    sequence_length=None,
    initial_state=None,
    dtype=None,
    time_major=False,
    scope=None,
    use_tpu=False,
    reverse=False,
):
    """(outputs, last state); outputs after a sequence's end are 0."""
    axis = 0 if time_major else 1
    if reverse:
        inputs = tf.reverse(inputs, [axis])
    outputs, state = tf.nn.dynamic_rnn(
        cell,
        inputs,
        None if reverse else sequence_length,
        initial_state,
        dtype,
        time_major=time_major,
        scope=scope or "rnn",
    )
    if reverse:
        outputs = tf.reverse(outputs, [axis])
    return outputs, state


def bidirectional_functional_rnn(
    cell_fw,
    cell_bw,
    inputs,
    initial_state_fw=None,
    initial_state_bw=None,
    dtype=None,
    sequence_length=None,
    time_major=False,
    use_tpu=False,
    fast_reverse=False,
    scope=None,
):
    """((outputs forward, backward), (last states))."""

    def turned(values):
        if sequence_length is None:
            return tf.reverse(values, [0 if time_major else 1])
        return tf.reverse_sequence(
            values,
            sequence_length,
            seq_axis=0 if time_major else 1,
            batch_axis=1 if time_major else 0,
        )

    with tf.variable_scope(scope or "bidirectional_rnn"):
        with tf.variable_scope("fw") as each:
            forward, state_forward = functional_rnn(
                cell_fw,
                inputs,
                sequence_length,
                initial_state_fw,
                dtype,
                time_major,
                each,
            )
        with tf.variable_scope("bw") as each:
            backward, state_backward = functional_rnn(
                cell_bw,
                inputs if fast_reverse else turned(inputs),
                sequence_length,
                initial_state_bw,
                dtype,
                time_major,
                each,
                reverse=fast_reverse,
            )
    if not fast_reverse:
        backward = turned(backward)
    return (forward, backward), (state_forward, state_backward)
