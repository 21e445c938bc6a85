"""Writes graphs of recurrent networks in the many ways people wrote them; no training.

usage: PYTHON variants.py OUT [NAME ...]        PYTHON has TensorFlow 1.15.5

For each variant OUT/NAME.meta and, in OUT/truth.json, what is true of it: a list of
cells, each {family, gates, settings, roles: role -> name of the variable}, or a list of
words of which each must be in what the graph lacks.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

rnn_cell = tf.nn.rnn_cell
B, T, D, H = 4, 5, 3, 6
FORMS = {}


def form(function):
    FORMS[function.__name__] = function
    return function


@form
def usual(z, mean, var, b, g, eps):
    return tf.nn.batch_normalization(z, mean, var, b, g, eps)


@form
def by_root(z, mean, var, b, g, eps):
    out = (z - mean) / tf.sqrt(var + eps) * g
    return out if b is None else out + b


@form
def by_power(z, mean, var, b, g, eps):
    out = g * ((z - mean) * tf.pow(eps + var, -0.5))
    return out if b is None else tf.add(b, out)


@form
def divided(z, mean, var, b, g, eps):
    out = tf.divide(tf.multiply(g, tf.subtract(z, mean)), tf.sqrt(tf.add(eps, var)))
    return out if b is None else tf.nn.bias_add(out, b)


def moments(z, how):
    if how == "squares":
        mean = tf.reduce_mean(z, 0)
        return mean, tf.reduce_mean(tf.square(z), 0) - tf.square(mean)
    if how == "by hand":
        mean = tf.reduce_mean(z, axis=0, keepdims=True)
        var = tf.reduce_mean(tf.square(z - mean), axis=0)
        return tf.squeeze(mean, [0]), var
    if how == "unbiased":
        mean = tf.reduce_mean(z, 0)
        n = tf.cast(tf.shape(z)[0], tf.float32)
        return mean, tf.reduce_sum(tf.square(z - mean), 0) / (n - 1.0)
    return tf.nn.moments(z, [0])


class BNCell(rnn_cell.RNNCell):
    """Batch-normalised LSTM with a switch for each way of writing it."""

    def __init__(
        self,
        units,
        training,
        steps=T,
        gates="fioj",
        eps=1e-5,
        decay=0.95,
        fb=0.0,
        act=tf.tanh,
        form="usual",
        moments=None,
        move="assign",
        row="squeeze",
        per_step=True,
        split="split",
        order=0,
        twist=None,
        inside=True,
        xoffset=False,
    ):
        super().__init__()
        self.units, self.training, self.steps, self.gates = (
            units,
            training,
            steps,
            gates,
        )
        self.eps, self.decay, self.fb, self.act, self.form = eps, decay, fb, act, form
        self.moments, self.move, self.row, self.per_step = moments, move, row, per_step
        self.cut, self.order, self.twist, self.inside = split, order, twist, inside
        self.xoffset = xoffset

    state_size = property(
        lambda s: (s.units, s.units, 1) if s.per_step else (s.units,) * 2
    )
    output_size = property(lambda s: s.units)

    def norm(self, z, site, step, offset):
        size = z.get_shape().as_list()[1]
        zeros, ones = tf.zeros_initializer(), tf.ones_initializer()
        g = tf.get_variable(site + "_a", [size], initializer=ones)
        b = tf.get_variable(site + "_b", [size], initializer=zeros) if offset else None
        shape = [self.steps, size] if self.per_step else [size]
        m = tf.get_variable(site + "_m", shape, initializer=zeros, trainable=False)
        v = tf.get_variable(site + "_v", shape, initializer=ones, trainable=False)
        mean, var = m, v
        if self.per_step:
            if self.row in ("gather", "lookup"):
                take = tf.gather if self.row == "gather" else tf.nn.embedding_lookup
                mean, var = take(m, step), take(v, step)
            else:
                mean, var = m[step], v[step]
        batch_mean, batch_var = moments(z, self.moments)
        eps = self.eps * (2 if self.twist == "two epsilons" and site == "c" else 1)
        apply = FORMS[self.form]

        def train():
            d = self.decay
            to_mean, to_var = batch_mean, batch_var
            if self.twist == "swapped moves":
                to_mean, to_var = batch_var, batch_mean
            if self.twist == "two decays" and site == "xh":
                d = 0.5
            if self.move == "assign":
                up = [
                    mean.assign(mean * d + to_mean * (1 - d)),
                    var.assign(var * d + (1 - d) * to_var),
                ]
            elif self.move == "whole":
                up = [
                    tf.assign(m, m * d + to_mean * (1 - d)),
                    tf.assign(v, v * d + (1 - d) * to_var),
                ]
            elif self.move == "sub":
                up = [
                    tf.assign_sub(m, (m - to_mean) * (1 - d)),
                    tf.assign_sub(v, (1 - d) * (v - to_var)),
                ]
            elif self.move == "scatter":
                up = [
                    tf.scatter_update(m, step, mean * d + to_mean * (1 - d)),
                    tf.scatter_update(v, step, var * d + to_var * (1 - d)),
                ]
            else:
                up = []
            with tf.control_dependencies(up):
                return apply(z, batch_mean, batch_var, b, g, eps)

        def population():
            if self.twist == "twice normalised":
                return apply(apply(z, mean, var, b, g, eps), mean, var, b, g, eps)
            return apply(z, mean, var, b, g, eps)

        if self.training is True:
            return train()
        if self.training is False:
            return population()
        if self.twist == "always moves":
            up = [
                mean.assign(mean * self.decay + batch_mean * (1 - self.decay)),
                var.assign(var * self.decay + batch_var * (1 - self.decay)),
            ]
            with tf.control_dependencies(up):
                return tf.cond(
                    self.training,
                    lambda: apply(z, batch_mean, batch_var, b, g, eps),
                    lambda: apply(tf.identity(z), mean, var, b, g, eps),
                )
        if self.twist == "inverted":
            return tf.cond(self.training, population, train)
        return tf.cond(self.training, train, population)

    def row_of(self, state):
        step = tf.cast(state[2], tf.int32)
        if self.row == "squeeze":
            step = tf.squeeze(tf.gather(step, 0))
        else:
            step = step[0, 0]
        last = self.steps - (2 if self.twist == "one row less" else 1)
        step = tf.minimum(last, step)
        if self.twist == "next row":
            step = tf.minimum(step + 1, last)
        return step

    def call(self, x, state):
        c, h = state[:2]
        step = self.row_of(state) if self.per_step else None
        size, draw = x.get_shape().as_list()[1], tf.random_normal_initializer()
        Wx = tf.get_variable("A", [size, 4 * self.units], initializer=draw)
        Wh = tf.get_variable("B", [self.units, 4 * self.units], initializer=draw)
        if self.twist == "whole h":
            h = tf.cast(tf.cast(h, tf.int32), tf.float32)
        if self.twist == "dropout of h":
            h = tf.nn.dropout(h, rate=0.3)
        px, ph = tf.matmul(x, Wx), tf.matmul(h, Wh)
        if self.twist == "sum normalised":
            z = self.norm(px + ph, "xh", step, True)
        elif self.order:
            z = self.norm(ph, "hh", step, True) + self.norm(
                px, "xh", step, self.xoffset
            )
        else:
            z = self.norm(px, "xh", step, self.xoffset) + self.norm(
                ph, "hh", step, True
            )
        if not self.per_step:
            z = (
                tf.get_variable(
                    "e", [4 * self.units], initializer=tf.zeros_initializer()
                )
                + z
            )
        if self.twist == "clipped z":
            z = tf.clip_by_value(z, -5.0, 5.0)
        if self.twist == "scaled z":
            z = 1.5 * z
        n = self.units
        if self.cut == "split":
            parts = tf.split(z, 4, 1)
        elif self.cut == "sizes":
            parts = tf.split(z, [n, n, n, -1], axis=-1)
        elif self.cut == "strided":
            parts = [z[:, k * n : (k + 1) * n] for k in range(4)]
        else:
            parts = [tf.slice(z, [0, k * n], [-1, n]) for k in range(4)]
        part = dict(zip(self.gates, parts))
        f = part["f"] + self.fb if self.fb else part["f"]
        i = part["i"] + (0.1 if self.twist == "input bias" else 0.0)
        gate = tf.sigmoid
        if self.twist == "sigmoid by hand":
            gate = lambda z: 1.0 / (1.0 + tf.exp(-z))
        new_c = self.act(part["j"]) * gate(i if self.twist else part["i"]) + gate(f) * c
        if self.twist == "relu of c":
            new_c = tf.nn.relu(new_c)
        if self.twist == "added to c":
            new_c += 0.01 * h
        if self.twist == "coupled":
            new_c = c * gate(f) + (1 - gate(f)) * self.act(part["j"])
        top = (
            new_c
            if self.twist == "c not normalised"
            else self.norm(new_c, "c", step, True)
        )
        out = tf.sigmoid if self.twist != "softsign out" else tf.nn.softsign
        new_h = (
            gate(part["o"]) * self.act(top)
            if out is tf.sigmoid
            else out(part["o"]) * self.act(top)
        )
        if self.twist == "zoneout":
            new_h = 0.9 * new_h + 0.1 * h
        grow = 2 if self.twist == "every other row" else 1
        state = (new_c, new_h) + ((state[2] + grow,) if self.per_step else ())
        output = new_h
        if self.twist == "residual":
            output = new_h + tf.pad(x, [[0, 0], [0, n - size]])
        if self.twist == "c out":
            output = new_c
        return output, state


def bn_truth(scope="rnn/bn_cell", per_step=True, **settings):
    names = {
        "kernel": "A",
        "recurrent_kernel": "B",
        "recurrent_beta": "hh_b",
        "cell_beta": "c_b",
    }
    for site, name in (("input", "xh"), ("recurrent", "hh"), ("cell", "c")):
        for role, leaf in (
            ("gamma", "a"),
            ("moving_mean", "m"),
            ("moving_variance", "v"),
        ):
            names[site + "_" + role] = name + "_" + leaf
    if not per_step:
        names["bias"] = "e"
    if settings.pop("xoffset", False):
        names["input_beta"] = "xh_b"
    true = dict(
        epsilon=1e-5,
        decay=0.95,
        activation="tanh",
        forget_bias=0.0,
        gates="fioj",
        units=H,
        input_dim=D,
        moves="in training",
        recurrent_activation="sigmoid",
    )
    if per_step:
        true["max_bn_steps"] = T
    true.update(settings)
    true = {k: v for k, v in true.items() if v is not None}
    return dict(
        family="bn-lstm",
        settings=true,
        roles={k: scope + "/" + v for k, v in names.items()},
    )


def keras_truth(scope, family="lstm", joined=True, **settings):
    if family == "gru":
        names = ["gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias"]
    else:
        names = ["kernel", "bias"] + ([] if joined else ["recurrent_kernel"])
    true = dict(activation="tanh", recurrent_activation="sigmoid", units=H, input_dim=D)
    true.update(settings)
    return dict(family=family, settings=true, roles={n: scope + "/" + n for n in names})


def inputs():
    x = tf.placeholder(tf.float32, [None, T, D], name="x")
    return (
        x,
        tf.placeholder(tf.bool, [], name="on"),
        tf.placeholder(tf.int32, [None], name="n"),
    )


VARIANTS = {}


def variant(function):
    VARIANTS[function.__name__] = function
    return function


def one(name, truth=None, dynamic=None, **options):
    def build():
        x, on, n = inputs()
        training = options.pop("training", on)
        cell = BNCell(H, training, **options)
        tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, **(dynamic or {}))
        return truth

    VARIANTS[name] = build


one("bn_by_root", [bn_truth()], form="by_root", moments="squares")
one(
    "bn_by_power",
    [bn_truth(forget_bias=0.5)],
    form="by_power",
    moments="by hand",
    fb=0.5,
)
one("bn_divided", [bn_truth(gates="ojif")], form="divided", gates="ojif", split="sizes")
one(
    "bn_strided",
    [bn_truth(gates="jfoi", activation="elu")],
    gates="jfoi",
    split="strided",
    act=tf.nn.elu,
    row="index",
)
one("bn_slice", [bn_truth(epsilon=1e-3)], split="slice", eps=1e-3, order=1)
one("bn_scatter", [bn_truth(decay=0.9)], move="scatter", row="gather", decay=0.9)
one("bn_lookup", [bn_truth(decay=0.9)], move="scatter", row="lookup", decay=0.9)
one(
    "bn_shared_whole",
    [bn_truth(per_step=False, decay=0.99)],
    per_step=False,
    move="whole",
    decay=0.99,
)
one(
    "bn_shared_sub",
    [bn_truth(per_step=False, decay=0.999, xoffset=True)],
    per_step=False,
    move="sub",
    decay=0.999,
    xoffset=True,
)
one("bn_never", [bn_truth(moves="never", decay=None)], move="none")
one("bn_inference", [bn_truth(moves="never", decay=None)], training=False)
one("bn_inverted", [bn_truth()], twist="inverted")
one("bn_always_moves", [bn_truth(moves="always")], twist="always moves")
one("bn_sigmoid_by_hand", [bn_truth()], twist="sigmoid by hand")
one("bn_training", ["statistics of the batch"], training=True)
one("bn_unbiased", ["normalisation"], moments="unbiased")
for _twist, _words in {
    "two epsilons": ["epsilons"],
    "two decays": ["decays"],
    "swapped moves": ["move"],
    "twice normalised": [],
    "one row less": ["rows"],
    "next row": ["rows"],
    "every other row": ["rows"],
    "dropout of h": ["dropout"],
    "sum normalised": [],
    "whole h": [],
    "clipped z": [],
    "scaled z": [],
    "input bias": ["number"],
    "relu of c": [],
    "added to c": [],
    "coupled": [],
    "c not normalised": ["cell"],
    "softsign out": ["function"],
    "zoneout": [],
    "residual": ["output"],
    "c out": ["output"],
}.items():
    one("lacks_" + _twist.replace(" ", "_"), _words, twist=_twist)


@variant
def bn_per_step_cell():
    sys.path.insert(
        0, os.path.join(os.path.dirname(os.path.abspath(__file__)), *[".."] * 3)
    )
    from legacy.cell import BNLSTMCell

    x, on, n = inputs()
    tf.nn.dynamic_rnn(BNLSTMCell(H, on, T), x, n, dtype=tf.float32)
    roles = {
        "kernel": "W_xh",
        "recurrent_kernel": "W_hh",
        "recurrent_beta": "hh/offset",
        "cell_beta": "c/offset",
    }
    for site, name in (("input", "xh"), ("recurrent", "hh"), ("cell", "c")):
        for role, leaf in (
            ("gamma", "scale"),
            ("moving_mean", "pop_mean"),
            ("moving_variance", "pop_var"),
        ):
            roles[site + "_" + role] = name + "/" + leaf
    truth = bn_truth()
    truth["roles"] = {role: "rnn/BNLSTMCell/" + leaf for role, leaf in roles.items()}
    return [truth]


def written_out(name, words, last, places=None):
    def build():
        """A loop by hand over all but some steps, or over turned places."""
        x, on, n = inputs()
        cell = rnn_cell.LSTMCell(H)
        taken = tf.TensorArray(tf.float32, T).scatter(
            tf.constant(places or list(range(T))), tf.transpose(x, [1, 0, 2])
        )
        made = tf.TensorArray(tf.float32, T)

        def body(t, made, state):
            output, state = cell(taken.read(t), state)
            return t + 1, made.write(t, output), state

        state = cell.zero_state(tf.shape(x)[0], tf.float32)
        _, made, _ = tf.while_loop(lambda t, *_: t < last, body, (0, made, state))
        made.stack()
        return words

    VARIANTS[name] = build


written_out("lacks_a_step", ["all steps"], T - 1)
written_out("lacks_order", ["array"], T, [1, 0, 2, 4, 3])


@variant
def bn_stack():
    x, on, n = inputs()
    cells = [
        BNCell(H, on),
        BNCell(H + 1, on, gates="ijfo", fb=1.0),
        BNCell(H + 2, on, decay=0.8),
    ]
    tf.nn.dynamic_rnn(rnn_cell.MultiRNNCell(cells), x, n, dtype=tf.float32)
    scope = "rnn/multi_rnn_cell/cell_%d/bn_cell"
    return [
        bn_truth(scope % 0),
        bn_truth(scope % 1, units=H + 1, input_dim=H, gates="ijfo", forget_bias=1.0),
        bn_truth(scope % 2, units=H + 2, input_dim=H + 1, decay=0.8),
    ]


@variant
def bn_both_directions():
    x, on, n = inputs()
    x = tf.transpose(x, [1, 0, 2])
    tf.nn.bidirectional_dynamic_rnn(
        BNCell(H, on),
        BNCell(H, on, gates="oijf"),
        x,
        n,
        dtype=tf.float32,
        time_major=True,
    )
    scope = "bidirectional_rnn/%s/bn_cell"
    return [bn_truth(scope % "fw"), bn_truth(scope % "bw", gates="oijf")]


@variant
def bn_resource():
    x, on, n = inputs()
    with tf.variable_scope("r", use_resource=True):
        tf.nn.dynamic_rnn(BNCell(H, on, move="none"), x, n, dtype=tf.float32)
    return [bn_truth("r/rnn/bn_cell", moves="never", decay=None)]


@variant
def bn_resource_sub():
    x, on, n = inputs()
    with tf.variable_scope("r", use_resource=True):
        tf.nn.dynamic_rnn(
            BNCell(H, on, move="sub", per_step=False), x, dtype=tf.float32
        )
    return [bn_truth("r/rnn/bn_cell", per_step=False)]


@variant
def bn_static():
    x, on, n = inputs()
    tf.nn.static_rnn(BNCell(H, on), tf.unstack(x, axis=1), dtype=tf.float32)
    return [bn_truth()]


@variant
def bn_static_twice():
    x, on, n = inputs()
    cells = rnn_cell.MultiRNNCell([BNCell(H, on), BNCell(H, on, gates="jiof")])
    tf.nn.static_rnn(cells, tf.unstack(x, axis=1), dtype=tf.float32)
    scope = "rnn/multi_rnn_cell/cell_%d/bn_cell"
    return [bn_truth(scope % 0), bn_truth(scope % 1, input_dim=H, gates="jiof")]


@variant
def lstm_static():
    x, on, n = inputs()
    tf.nn.static_rnn(
        rnn_cell.LSTMCell(H, forget_bias=0.3), tf.unstack(x, axis=1), dtype=tf.float32
    )
    return [keras_truth("rnn/lstm_cell", forget_bias=0.3, gates="ijfo")]


@variant
def lstm_static_lengths():
    x, on, n = inputs()
    tf.nn.static_rnn(
        rnn_cell.BasicLSTMCell(H),
        tf.unstack(x, axis=1),
        sequence_length=n,
        dtype=tf.float32,
    )
    return [keras_truth("rnn/basic_lstm_cell", forget_bias=1.0, gates="ijfo")]


@variant
def lstm_relu():
    x, on, n = inputs()
    tf.nn.dynamic_rnn(
        rnn_cell.LSTMCell(H, forget_bias=0.7, activation=tf.nn.relu),
        x,
        n,
        dtype=tf.float32,
    )
    return [
        keras_truth("rnn/lstm_cell", forget_bias=0.7, gates="ijfo", activation="relu")
    ]


@variant
def lstm_resource():
    x, on, n = inputs()
    with tf.variable_scope("r", use_resource=True):
        tf.nn.dynamic_rnn(rnn_cell.LSTMCell(H), x, n, dtype=tf.float32)
    return [keras_truth("r/rnn/lstm_cell", forget_bias=1.0, gates="ijfo")]


@variant
def lstm_dropout():
    x, on, n = inputs()
    keep = tf.placeholder(tf.float32, [], name="keep")
    cells = [
        rnn_cell.DropoutWrapper(rnn_cell.BasicLSTMCell(H), keep, keep) for _ in range(2)
    ]
    tf.nn.dynamic_rnn(rnn_cell.MultiRNNCell(cells), x, n, dtype=tf.float32)
    scope = "rnn/multi_rnn_cell/cell_%d/basic_lstm_cell"
    return [
        keras_truth(scope % 0, forget_bias=1.0),
        keras_truth(scope % 1, forget_bias=1.0, input_dim=H),
    ]


@variant
def lstm_block():
    x, on, n = inputs()
    tf.nn.dynamic_rnn(
        tf.contrib.rnn.LSTMBlockCell(H, forget_bias=0.4), x, n, dtype=tf.float32
    )
    return [keras_truth("rnn/lstm_cell", forget_bias=0.4, gates="ijfo")]


@variant
def lstm_fused():
    x, on, n = inputs()
    tf.contrib.rnn.LSTMBlockFusedCell(H, forget_bias=0.4)(
        tf.transpose(x, [1, 0, 2]), dtype=tf.float32
    )
    return [keras_truth("lstm_fused_cell", forget_bias=0.4, gates="ijfo")]


@variant
def lstm_cudnn_compatible():
    x, on, n = inputs()
    tf.nn.dynamic_rnn(
        tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(H), x, dtype=tf.float32
    )
    return [
        keras_truth("rnn/cudnn_compatible_lstm_cell", forget_bias=0.0, gates="ijfo")
    ]


@variant
def lstm_keras():
    x, on, n = inputs()
    tf.keras.layers.LSTM(H, recurrent_activation="sigmoid", implementation=2, name="k")(
        x
    )
    return [keras_truth("k", joined=False, forget_bias=0.0, gates="ifjo")]


@variant
def lstm_keras_by_gate():
    x, on, n = inputs()
    tf.keras.layers.LSTM(
        H,
        recurrent_activation="sigmoid",
        implementation=1,
        return_sequences=True,
        name="k",
    )(x)
    return [keras_truth("k", joined=False, forget_bias=0.0, gates="ifjo")]


@variant
def gru_lengths():
    x, on, n = inputs()
    tf.nn.dynamic_rnn(
        rnn_cell.GRUCell(H, activation=tf.nn.softsign),
        tf.transpose(x, [1, 0, 2]),
        n,
        dtype=tf.float32,
        time_major=True,
    )
    return [keras_truth("rnn/gru_cell", "gru", gates="ru", activation="softsign")]


@variant
def gru_stack():
    x, on, n = inputs()
    tf.nn.dynamic_rnn(
        rnn_cell.MultiRNNCell([rnn_cell.GRUCell(H), rnn_cell.GRUCell(H + 1)]),
        x,
        n,
        dtype=tf.float32,
    )
    scope = "rnn/multi_rnn_cell/cell_%d/gru_cell"
    return [
        keras_truth(scope % 0, "gru"),
        keras_truth(scope % 1, "gru", units=H + 1, input_dim=H),
    ]


def lacking(name, words, make, **options):
    def build():
        x, on, n = inputs()
        tf.nn.dynamic_rnn(make(), x, dtype=tf.float32, **options)
        return words

    VARIANTS["lacks_" + name] = build


lacking("clip", ["clip"], lambda: rnn_cell.LSTMCell(H, cell_clip=3.0))
lacking(
    "state_dropout",
    [],
    lambda: rnn_cell.DropoutWrapper(rnn_cell.LSTMCell(H), state_keep_prob=0.5),
)
lacking(
    "residual_wrapper",
    ["output"],
    lambda: rnn_cell.ResidualWrapper(rnn_cell.LSTMCell(D)),
)
lacking("basic_rnn", [], lambda: rnn_cell.BasicRNNCell(H))
lacking("ugrnn", [], lambda: tf.contrib.rnn.UGRNNCell(H))
lacking("coupled_gates", [], lambda: tf.contrib.rnn.CoupledInputForgetGateLSTMCell(H))
lacking("grid", [], lambda: tf.contrib.rnn.NASCell(H))
lacking(
    "output_projection",
    ["output"],
    lambda: tf.contrib.rnn.OutputProjectionWrapper(rnn_cell.LSTMCell(H), 2),
)
lacking(
    "input_projection",
    ["input"],
    lambda: tf.contrib.rnn.InputProjectionWrapper(rnn_cell.LSTMCell(H), 2),
)
lacking("layer_norm_gru", [], lambda: tf.contrib.rnn.LayerNormBasicLSTMCell(H))


@variant
def lacks_hard_sigmoid():
    x, on, n = inputs()
    tf.keras.layers.LSTM(H, name="k")(x)
    return ["clip"]


@variant
def lacks_functional_while():
    tf.enable_control_flow_v2()
    try:
        x, on, n = inputs()
        tf.nn.dynamic_rnn(BNCell(H, on, move="none"), x, dtype=tf.float32)
    finally:
        tf.disable_control_flow_v2()
    return ["functional"]


@variant
def lacks_cudnn():
    x, on, n = inputs()
    tf.contrib.cudnn_rnn.CudnnLSTM(1, H)(tf.transpose(x, [1, 0, 2]))
    return ["cuDNN"]


def main(out, names):
    if not os.path.isdir(out):
        os.makedirs(out)
    path, truth = os.path.join(out, "truth.json"), {}
    if os.path.exists(path):
        with open(path) as stream:
            truth = json.load(stream)
    for name in names or sorted(VARIANTS):
        tf.reset_default_graph()
        try:
            truth[name] = VARIANTS[name]()
        except Exception as error:
            print(name, "failed:", repr(error)[:300])
            continue
        tf.train.export_meta_graph(
            os.path.join(out, name + ".meta"), clear_devices=False
        )
    truth["made by"] = "variants.py, TensorFlow " + tf.__version__
    with open(path, "w") as stream:
        json.dump(truth, stream, indent=1, sort_keys=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
