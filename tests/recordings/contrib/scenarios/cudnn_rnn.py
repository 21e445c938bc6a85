"""tf.contrib.cudnn_rnn without cuDNN: the compatible cells; the layers against stacks
of them, which is how real TensorFlow restores a layer's checkpoint without a GPU."""

from harness import flatten, scenario, values


@scenario(("1.15.5",))
def cells(tf):
    c = tf.contrib.cudnn_rnn
    x = tf.constant(values((4, 3, 2), 1))
    result = {}
    for name in ("CudnnCompatibleLSTMCell", "CudnnCompatibleGRUCell"):
        outputs, state = tf.nn.dynamic_rnn(
            getattr(c, name)(3), x, dtype=tf.float32, scope=name
        )
        result[name] = outputs
        result.update(flatten(name + "_state", state))
    return result


@scenario(("1.15.5",))
def layers(tf):
    """Real: stacks of cells under a layer's name; here: the layers."""
    c, r = tf.contrib.cudnn_rnn, tf.contrib.rnn
    x = tf.constant(values((5, 2, 3), 1))
    if type(tf).__name__ == "Facade":
        one, (h, s) = c.CudnnLSTM(2, 3, direction="bidirectional")(x, training=True)
        two, (g,) = c.CudnnGRU(2, 3)(x, training=False)
        return {"one": one, "h": h, "s": s, "two": two, "g": g}
    cell = c.CudnnCompatibleLSTMCell
    with tf.variable_scope("cudnn_lstm"):
        one, forward, backward = r.stack_bidirectional_dynamic_rnn(
            [cell(3), cell(3)], [cell(3), cell(3)], x, dtype=tf.float32, time_major=True
        )
    states = [state for pair in zip(forward, backward) for state in pair]
    gru = c.CudnnCompatibleGRUCell
    with tf.variable_scope("cudnn_gru"):
        two, g = tf.nn.dynamic_rnn(
            tf.nn.rnn_cell.MultiRNNCell([gru(3), gru(3)]),
            x,
            dtype=tf.float32,
            time_major=True,
        )
    return {
        "one": one,
        "h": tf.stack([s.h for s in states]),
        "s": tf.stack([s.c for s in states]),
        "two": two,
        "g": tf.stack(g),
    }
