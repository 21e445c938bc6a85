"""tf.contrib.grid_rnn, recurrent and kernel_methods."""

from harness import flatten, scenario, values

LAST = ("1.15.5",)


def _unrolled(tf, cell, shape=(2, 4)):
    inputs = [tf.constant(values(shape, step)) for step in range(3)]
    outputs, state = tf.contrib.rnn.static_rnn(cell, inputs, dtype=tf.float32)
    return dict(flatten("state", state), **flatten("outputs", outputs))


@scenario(LAST)
def grid_cells(tf):
    g, result = tf.contrib.grid_rnn, {}
    cells = [
        g.Grid1BasicRNNCell(3),
        g.Grid2BasicRNNCell(3, tied=True),
        g.Grid1BasicLSTMCell(3),
        g.Grid2BasicLSTMCell(3, non_recurrent_fn=tf.nn.tanh),
        g.Grid1LSTMCell(3, use_peepholes=True),
        g.Grid2LSTMCell(3, tied=True, forget_bias=0.5),
        g.Grid2LSTMCell(3, state_is_tuple=False, output_is_tuple=False),
        g.Grid3LSTMCell(3),
        g.Grid2GRUCell(3),
        g.GridRNNCell(
            3, 3, input_dims=[0, 1], output_dims=[1, 2], priority_dims=[2],
            non_recurrent_dims=[1], tied=False,
        ),
    ]
    for number, cell in enumerate(cells):
        with tf.variable_scope("m%d" % number, initializer=tf.zeros_initializer()):
            for key, value in _unrolled(tf, cell).items():
                result["%d_%s" % (number, key)] = value
    return result


@scenario(LAST, gradients=False)
def functional_loops(tf):
    r, inputs = tf.contrib.recurrent, tf.constant(values((2, 3, 4), 5))
    cell = tf.contrib.rnn.LSTMCell
    outputs, state = r.functional_rnn(
        cell(3), inputs, sequence_length=[2, 3], dtype=tf.float32
    )
    both, states = r.bidirectional_functional_rnn(
        cell(3), cell(2), inputs, dtype=tf.float32, sequence_length=[2, 3]
    )
    result = dict(flatten("both", both), **flatten("states", states))
    result.update(flatten("state", state), outputs=outputs)
    return result


@scenario(LAST, gradients=False)
def fourier_features(tf):
    mapper = tf.contrib.kernel_methods.RandomFourierFeatureMapper(4, 6, 2.0, seed=3)
    return {"features": mapper.map(tf.constant(values((2, 4), 1)))}
