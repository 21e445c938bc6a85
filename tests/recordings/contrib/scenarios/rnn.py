"""tf.contrib.rnn: every cell over three steps, every loop, wrapper and fused cell."""

from harness import flatten, scenario, values

NEW = ("1.15.5",)


def unrolled(tf, cell, shape=(2, 4), steps=3, inputs=None):
    """Outputs and final state of a cell over fixed inputs (and steps)."""
    if inputs is None:
        inputs = [tf.constant(values(shape, step)) for step in range(steps)]
    outputs, state = tf.contrib.rnn.static_rnn(cell, inputs, dtype=tf.float32)
    return dict(flatten("state", state), outputs=tf.stack(outputs))


@scenario(NEW)
def core_cells(tf):
    r = tf.contrib.rnn
    result = {}
    cells = [
        r.BasicRNNCell(3),
        r.GRUCell(3),
        r.BasicLSTMCell(3, forget_bias=0.5),
        r.LSTMCell(3, use_peepholes=True, cell_clip=0.3, num_proj=2, proj_clip=0.2),
        r.MultiRNNCell([r.LSTMCell(3), r.ResidualWrapper(r.GRUCell(3))]),
        r.DropoutWrapper(r.BasicLSTMCell(3, state_is_tuple=False), 1.0),
        r.DeviceWrapper(r.GRUCell(3), "/cpu:0"),
    ]
    for number, cell in enumerate(cells):
        with tf.variable_scope("m%d" % number):
            for key, value in unrolled(tf, cell).items():
                result["%d_%s" % (number, key)] = value
    return result


@scenario(NEW)
def shared_layers(tf):
    cell = tf.contrib.rnn.BasicLSTMCell(4)
    return unrolled(tf, tf.contrib.rnn.MultiRNNCell([cell] * 2))


@scenario(("1.0.0", "0.12.1"))
def one_cell_in_several_scopes(tf):
    """Weights of its own in each scope; the same where the scope is reused."""
    r = tf.contrib.rnn if hasattr(tf.contrib.rnn, "GRUCell") else tf.nn.rnn_cell
    x = tf.constant(values((2, 3, 4), 1))
    result = {}
    for name, cell in (
        ("one", r.GRUCell(4)),
        ("stack", r.MultiRNNCell([r.DropoutWrapper(r.BasicLSTMCell(4), 1.0)] * 2)),
    ):
        for scope, reuse in (("enc", None), ("dec", None), ("enc", True)):
            with tf.variable_scope(name + scope, reuse=reuse):
                outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
            result["%s_%s_%s" % (name, scope, reuse)] = outputs
        with tf.variable_scope(name + "both"):
            (forward, backward), _ = tf.nn.bidirectional_dynamic_rnn(
                cell, cell, x, sequence_length=[3, 2], dtype=tf.float32
            )
        result.update({name + "_forward": forward, name + "_backward": backward})
    return result


@scenario(("1.0.0", "0.12.1"))
def repeated_layers(tf):
    """Up to 1.0 `[cell] * n` made weights of its own for each layer."""
    cells = getattr(tf.contrib.rnn, "BasicLSTMCell", None)
    home = tf.contrib.rnn if cells else tf.nn.rnn_cell
    result = {}
    for width in (3, 5):
        with tf.variable_scope("w%d" % width):
            cell = home.MultiRNNCell([home.BasicLSTMCell(3, 0.5, None)] * 3)
            outputs, state = tf.nn.dynamic_rnn(
                cell, tf.constant(values((2, 3, width), 1)), dtype=tf.float32
            )
        result.update(flatten("state_%d" % width, state))
        result["outputs_%d" % width] = outputs
    return result


@scenario(NEW)
def coupled(tf):
    r = tf.contrib.rnn
    result = {}
    for number, options in enumerate(
        [
            {"use_peepholes": True, "num_proj": 2, "proj_clip": 0.3},
            {"layer_norm": True, "norm_gain": 0.9, "norm_shift": 0.1},
            {"state_is_tuple": False, "num_unit_shards": 3, "forget_bias": 0.2},
        ]
    ):
        with tf.variable_scope("m%d" % number):
            cell = r.CoupledInputForgetGateLSTMCell(3, **options)
            for key, value in unrolled(tf, cell).items():
                result["%d_%s" % (number, key)] = value
    return result


@scenario(NEW)
def layer_norm_lstm(tf):
    r = tf.contrib.rnn
    with tf.variable_scope("on"):
        result = unrolled(tf, r.LayerNormBasicLSTMCell(5, forget_bias=0.3))
    with tf.variable_scope("off"):
        cell = r.LayerNormBasicLSTMCell(3, layer_norm=False, activation=tf.nn.relu)
        result.update(("off_" + k, v) for k, v in unrolled(tf, cell).items())
    return result


@scenario(NEW)
def layer_norm_lstm_dynamic(tf):
    cell = tf.contrib.rnn.LayerNormBasicLSTMCell(4)
    outputs, state = tf.nn.bidirectional_dynamic_rnn(
        cell,
        tf.contrib.rnn.LayerNormBasicLSTMCell(4),
        tf.constant(values((3, 5, 4), 3)),
        sequence_length=[2, 5, 4],
        dtype=tf.float32,
    )
    return dict(flatten("state", state), **flatten("outputs", outputs))


@scenario(NEW, weights=False)
def initial_values(tf):
    """Starts that no seed decides: norms, biases, ratios."""
    r = tf.contrib.rnn
    r.LayerNormBasicLSTMCell(3, norm_gain=0.7, norm_shift=0.2)(
        tf.zeros([2, 3]), (tf.zeros([2, 3]), tf.zeros([2, 3]))
    )
    with tf.variable_scope("a"):
        unrolled(tf, r.HighwayWrapper(r.GRUCell(4), carry_bias_init=0.5))
    with tf.variable_scope("b"):
        unrolled(tf, r.GRUBlockCellV2(4))
    with tf.variable_scope("c"):
        unrolled(tf, r.IndyGRUCell(4))
    with tf.variable_scope("d"):
        cell = r.PhasedLSTMCell(3, ratio_on=0.3)
        cell((tf.ones([2, 1]), tf.ones([2, 3])), cell.zero_state(2, tf.float32))
    keep = ("beta", "gamma", "bias", "carry_b", "ratio_on")
    return {
        "v_" + v.op.name.replace("/", "."): v
        for v in tf.global_variables()
        if v.op.name.endswith(keep)
    }


@scenario(NEW)
def groups(tf):
    r = tf.contrib.rnn
    with tf.variable_scope("plain"):
        result = unrolled(tf, r.GLSTMCell(4, number_of_groups=2))
    with tf.variable_scope("projected"):
        cell = r.GLSTMCell(6, num_proj=4, number_of_groups=2, activation=tf.nn.relu)
        result.update(("p_" + k, v) for k, v in unrolled(tf, cell).items())
    return result


@scenario(NEW, weights="positive")
def phased(tf):
    result = {}
    for peepholes in (False, True):
        inputs = [
            (tf.constant(values((2, 1), 9, 0, 3)), tf.constant(values((2, 4), t)))
            for t in range(3)
        ]
        with tf.variable_scope("p%d" % peepholes):
            cell = tf.contrib.rnn.PhasedLSTMCell(
                3, use_peepholes=peepholes, trainable_ratio_on=not peepholes
            )
            outputs = unrolled(tf, cell, inputs=inputs)
            result.update(("%d_%s" % (peepholes, k), v) for k, v in outputs.items())
    return result


@scenario(NEW)
def searched(tf):
    r = tf.contrib.rnn
    with tf.variable_scope("plain"):
        result = unrolled(tf, r.NASCell(3))
    with tf.variable_scope("projected"):
        cell = r.NASCell(3, num_proj=2, use_bias=True)
        result.update(("p_" + k, v) for k, v in unrolled(tf, cell).items())
    return result


@scenario(NEW)
def gated(tf):
    r = tf.contrib.rnn
    result = {}
    for number, cell in enumerate(
        [
            r.UGRNNCell(3, forget_bias=0.4, activation=tf.nn.relu),
            r.IntersectionRNNCell(4),
            r.IntersectionRNNCell(3, num_in_proj=3),
            r.SRUCell(4),
            r.IndRNNCell(3, activation=tf.nn.relu),
            r.IndyGRUCell(3),
            r.IndyLSTMCell(3, forget_bias=0.1),
        ]
    ):
        with tf.variable_scope("m%d" % number):
            for key, value in unrolled(tf, cell).items():
                result["%d_%s" % (number, key)] = value
    return result


@scenario(NEW)
def convolutional(tf):
    r = tf.contrib.rnn
    result = {}
    for number, (cell, shape) in enumerate(
        [
            (
                r.Conv1DLSTMCell(
                    input_shape=[4, 2], output_channels=3, kernel_shape=[3]
                ),
                (2, 4, 2),
            ),
            (
                r.Conv2DLSTMCell(
                    input_shape=[3, 4, 2],
                    output_channels=2,
                    kernel_shape=[2, 3],
                    use_bias=False,
                ),
                (2, 3, 4, 2),
            ),
            (
                r.Conv3DLSTMCell(
                    input_shape=[2, 3, 2, 1], output_channels=2, kernel_shape=[2, 2, 1]
                ),
                (2, 2, 3, 2, 1),
            ),
        ]
    ):
        with tf.variable_scope("m%d" % number):
            for key, value in unrolled(tf, cell, shape, steps=2).items():
                result["%d_%s" % (number, key)] = value
    cell = r.ConvLSTMCell(
        1, [4, 2], 3, [3], skip_connection=True, forget_bias=0.2, name="skip"
    )
    start = r.LSTMStateTuple(
        tf.constant(values((2, 4, 3), 1)), tf.constant(values((2, 4, 3), 2))
    )
    output, state = cell(tf.constant(values((2, 4, 2), 3)), start)
    result.update(skip=output, skip_c=state.c)
    return result


@scenario(NEW)
def block_cells(tf):
    r = tf.contrib.rnn
    result = {}
    for number, cell in enumerate(
        [
            r.LSTMBlockCell(3),
            r.LSTMBlockCell(3, use_peephole=True, cell_clip=0.3, forget_bias=0.2),
            r.GRUBlockCell(3),
            r.GRUBlockCellV2(num_units=3),
        ]
    ):
        with tf.variable_scope("m%d" % number):
            for key, value in unrolled(tf, cell).items():
                result["%d_%s" % (number, key)] = value
    return result


@scenario(NEW)
def fused_cells(tf):
    r = tf.contrib.rnn
    inputs = tf.constant(values((4, 3, 2), 5))
    lengths = tf.constant([2, 4, 1])
    result = {}
    for number, (cell, sequence) in enumerate(
        [
            (r.LSTMBlockFusedCell(3, use_peephole=True, cell_clip=0.4), None),
            (r.LSTMBlockFusedCell(3, name="other"), lengths),
            (r.FusedRNNCellAdaptor(r.BasicLSTMCell(3)), lengths),
            (r.FusedRNNCellAdaptor(r.GRUCell(3), use_dynamic_rnn=True), None),
            (r.TimeReversedFusedRNN(r.LSTMBlockFusedCell(3, name="back")), lengths),
            (r.TimeReversedFusedRNN(r.FusedRNNCellAdaptor(r.BasicLSTMCell(3))), None),
        ]
    ):
        with tf.variable_scope("m%d" % number):
            outputs, state = cell(inputs, dtype=tf.float32, sequence_length=sequence)
            result["%d" % number] = outputs
            result.update(flatten("%d_state" % number, state))
    return result


@scenario(NEW)
def frequency_sweep(tf):
    result = {}
    for peepholes in (False, True):
        with tf.variable_scope("p%d" % peepholes):
            cell = tf.contrib.rnn.TimeFreqLSTMCell(
                2,
                use_peepholes=peepholes,
                feature_size=3,
                frequency_skip=2,
                cell_clip=0.5,
                forget_bias=0.3,
                num_unit_shards=2,
            )
            output, state = cell(
                tf.constant(values((2, 7), 1)), tf.constant(values((2, 12), 2))
            )
            result["o%d" % peepholes], result["s%d" % peepholes] = output, state
    return result


@scenario(NEW)
def grids(tf):
    r = tf.contrib.rnn
    result = {}
    for number, options in enumerate(
        [
            {"num_frequency_blocks": [3]},
            {"num_frequency_blocks": [3], "use_peepholes": True, "cell_clip": 0.4},
            {
                "num_frequency_blocks": [3],
                "share_time_frequency_weights": True,
                "use_peepholes": True,
                "couple_input_forget_gates": True,
            },
            {
                "num_frequency_blocks": [3],
                "state_is_tuple": False,
                "num_unit_shards": 2,
            },
            {
                "num_frequency_blocks": [2, 1],
                "start_freqindex_list": [0, 4],
                "end_freqindex_list": [5, 7],
                "couple_input_forget_gates": True,
                "use_peepholes": True,
            },
        ]
    ):
        with tf.variable_scope("m%d" % number):
            cell = r.GridLSTMCell(
                2, feature_size=3, frequency_skip=2, forget_bias=0.3, **options
            )
            for key, value in unrolled(tf, cell, (2, 7), steps=2 - bool(number)).items():
                result["%d_%s" % (number, key)] = value
    for number, offset in enumerate([1]):
        with tf.variable_scope("b%d" % number):
            cell = r.BidirectionalGridLSTMCell(
                2,
                feature_size=3,
                frequency_skip=2,
                num_frequency_blocks=[3],
                use_peepholes=True,
                backward_slice_offset=offset,
            )
            for key, value in unrolled(tf, cell, (2, 7), steps=2).items():
                result["b%d_%s" % (number, key)] = value
    return result


@scenario(NEW)
def wrapped(tf):
    r = tf.contrib.rnn
    result = {}
    for number, cell in enumerate(
        [
            r.InputProjectionWrapper(r.GRUCell(3), 5, activation=tf.nn.relu),
            r.OutputProjectionWrapper(r.BasicLSTMCell(3), 2),
            r.HighwayWrapper(r.GRUCell(4)),
            r.HighwayWrapper(r.GRUCell(4), couple_carry_transform_gates=False),
            r.AttentionCellWrapper(r.BasicLSTMCell(3), 2),
            r.AttentionCellWrapper(
                r.GRUCell(3),
                3,
                attn_size=2,
                attn_vec_size=4,
                input_size=5,
                state_is_tuple=False,
            ),
            r.CompiledWrapper(r.GRUCell(3)),
        ]
    ):
        with tf.variable_scope("m%d" % number):
            for key, value in unrolled(tf, cell).items():
                result["%d_%s" % (number, key)] = value
    words = [tf.constant([[t], [2 * t % 5]]) for t in range(3)]
    with tf.variable_scope("words"):
        cell = r.EmbeddingWrapper(r.BasicLSTMCell(3), 5, 2)
        outputs = unrolled(tf, cell, inputs=words)
        result.update(("w_" + key, value) for key, value in outputs.items())
    return result


@scenario(NEW)
def stacks(tf):
    r = tf.contrib.rnn
    result = {}
    inputs = tf.constant(values((2, 4, 3), 1))
    lengths = tf.constant([3, 4])

    def cells():
        return [r.BasicLSTMCell(2), r.BasicLSTMCell(3)]

    outputs, forward, backward = r.stack_bidirectional_dynamic_rnn(
        cells(), cells(), inputs, dtype=tf.float32, sequence_length=lengths
    )
    result.update(dynamic=outputs)
    result.update(flatten("forward", forward), **flatten("backward", backward))
    with tf.variable_scope("static"):
        outputs, forward, backward = r.stack_bidirectional_rnn(
            cells(),
            cells(),
            tf.unstack(inputs, axis=1),
            dtype=tf.float32,
            sequence_length=lengths,
        )
    result.update(static=tf.stack(outputs))
    result.update(flatten("s_fw", forward), **flatten("s_bw", backward))
    with tf.variable_scope("once"):
        outputs, forward, backward = r.static_bidirectional_rnn(
            r.GRUCell(2), r.GRUCell(2), tf.unstack(inputs, axis=1), dtype=tf.float32
        )
    result.update(once=tf.stack(outputs), once_fw=forward, once_bw=backward)
    return result


@scenario(NEW)
def helpers(tf):
    r = tf.contrib.rnn
    x = tf.constant(values((2, 3, 4), 1))
    return {
        "swapped": r.transpose_batch_time(x),
        "batch": r.best_effort_input_batch_size([x]),
    }
