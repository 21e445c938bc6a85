"""Stacks of bidirectional layers; each layer reads both directions of the one below."""

import tensorflow.compat.v1 as tf

__all__ = [
    "stack_bidirectional_dynamic_rnn",
    "stack_bidirectional_rnn",
]


def _layers(cells_fw, cells_bw, states_fw, states_bw):
    """Checked (forward cell, backward cell, start, start) of each layer."""
    for name, cells in (("cells_fw", cells_fw), ("cells_bw", cells_bw)):
        if not isinstance(cells, list) or not cells:
            raise ValueError(
                f"Expected {name} to be a list of cells, one a layer. "
                f"Received: {name}={cells!r}"
            )
    if len(cells_fw) != len(cells_bw):
        raise ValueError(
            "Expected as many forward as backward cells. "
            f"Received: {len(cells_fw)} and {len(cells_bw)}"
        )
    starts = []
    for name, states in (
        ("initial_states_fw", states_fw),
        ("initial_states_bw", states_bw),
    ):
        if states is not None and (
            not isinstance(states, list) or len(states) != len(cells_fw)
        ):
            raise ValueError(
                f"Expected {name} to be a list of {len(cells_fw)} states, one a "
                f"layer. Received: {name}={states!r}"
            )
        starts.append(states or [None] * len(cells_fw))
    return zip(cells_fw, cells_bw, *starts, strict=False)


def stack_bidirectional_rnn(
    cells_fw,
    cells_bw,
    inputs,
    initial_states_fw=None,
    initial_states_bw=None,
    dtype=None,
    sequence_length=None,
    scope=None,
):
    """Static stack: list of [B, D] -> (list of [B, 2H], forward, backward states).

    Variables stack_bidirectional_rnn/cell_{layer}/{fw,bw}/...
    """
    finals = []
    layers = _layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    with tf.variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (forward, backward, start_fw, start_bw) in enumerate(layers):
            with tf.variable_scope(f"cell_{number}") as layer:
                inputs, *final = tf.nn.static_bidirectional_rnn(
                    forward,
                    backward,
                    inputs,
                    start_fw,
                    start_bw,
                    dtype=dtype,
                    sequence_length=sequence_length,
                    scope=layer,
                )
            finals.append(final)
    return inputs, *zip(*finals, strict=False)


def stack_bidirectional_dynamic_rnn(
    cells_fw,
    cells_bw,
    inputs,
    initial_states_fw=None,
    initial_states_bw=None,
    dtype=None,
    sequence_length=None,
    parallel_iterations=None,
    time_major=False,
    scope=None,
    swap_memory=False,
):
    """Dynamic stack: [B, T, D] -> ([B, T, 2H], forward states, backward states).

    Variables stack_bidirectional_rnn/cell_{layer}/bidirectional_rnn/{fw,bw}/...
    """
    finals = []
    layers = _layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    with tf.variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (forward, backward, start_fw, start_bw) in enumerate(layers):
            with tf.variable_scope(f"cell_{number}"):
                outputs, final = tf.nn.bidirectional_dynamic_rnn(
                    forward,
                    backward,
                    inputs,
                    initial_state_fw=start_fw,
                    initial_state_bw=start_bw,
                    dtype=dtype,
                    sequence_length=sequence_length,
                    parallel_iterations=parallel_iterations,
                    swap_memory=swap_memory,
                    time_major=time_major,
                )
            inputs = tf.concat(outputs, 2)
            finals.append(final)
    return inputs, *zip(*finals, strict=False)
