"""Variants of the LSTM: coupled gates, layer normalization, groups, phases, search."""

import tensorflow.compat.v1 as tf

from legacy.contrib.rnn.base import (
    BuiltCell,
    Cell,
    LSTMStateTuple,
    _get_concat_variable,
    clipped,
    dense,
    depth,
    layer_norm,
    state_of,
)

__all__ = [
    "CoupledInputForgetGateLSTMCell",
    "GLSTMCell",
    "LayerNormBasicLSTMCell",
    "NASCell",
    "PhasedLSTMCell",
]


class CoupledInputForgetGateLSTMCell(Cell):
    """Greff et al. 2015, "CIFG": i = 1 - f. Gates in the order j, f, o.

    Variables W_0.. [D+P, 3H], B [3H], W_{F,O}_diag [H], W_P_0.. [H, P].
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        initializer=None,
        num_proj=None,
        proj_clip=None,
        num_unit_shards=1,
        num_proj_shards=1,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=tf.tanh,
        reuse=None,
        layer_norm=False,
        norm_gain=1.0,
        norm_shift=0.0,
    ):
        state = state_of(num_units, num_proj)
        super().__init__(
            state if state_is_tuple else sum(state), num_proj or num_units, reuse
        )
        self._num_units, self._num_proj, self._proj_clip = (
            num_units,
            num_proj,
            proj_clip,
        )
        self._use_peepholes, self._initializer = use_peepholes, initializer
        self._shards = num_unit_shards, num_proj_shards
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple
        self._activation = activation
        self._norm = (norm_gain, norm_shift) if layer_norm else None

    def call(self, inputs, state):
        units, act = self._num_units, self._activation
        c_old, h_old = (
            state
            if self._state_is_tuple
            else tf.split(state, [units, self._num_proj or units], 1)
        )
        joined = tf.concat([inputs, h_old], 1)
        dtype = inputs.dtype
        kernel = _get_concat_variable(
            "W", [depth(joined), 3 * units], dtype, self._shards[0]
        )
        bias = tf.get_variable("B", [3 * units], dtype, tf.zeros_initializer())
        gates = tf.matmul(joined, kernel)
        if self._norm is None:
            gates = tf.nn.bias_add(gates, bias)
        j, f, o = tf.split(gates, 3, 1)
        if self._norm:
            j = layer_norm(j, "transform", *self._norm)
            f = layer_norm(f, "forget", *self._norm)
            o = layer_norm(o, "output", *self._norm)
        f = f + self._forget_bias
        if self._use_peepholes:
            see_f = tf.get_variable("W_F_diag", [units], dtype)
            see_o = tf.get_variable("W_O_diag", [units], dtype)
            f = f + see_f * c_old
        f = tf.sigmoid(f)
        c = f * c_old + (1 - f) * act(j)
        if self._norm:
            c = layer_norm(c, "state", *self._norm)
        if self._use_peepholes:
            o = o + see_o * c
        h = tf.sigmoid(o) * act(c)
        if self._num_proj is not None:
            shape = [units, self._num_proj]
            h = clipped(
                tf.matmul(
                    h, _get_concat_variable("W_P", shape, dtype, self._shards[1])
                ),
                self._proj_clip,
            )
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else tf.concat([c, h], 1)


class LayerNormBasicLSTMCell(Cell):
    """Ba et al. 2016, eq. 20-22, with the dropout of Semeniuta et al. 2016, on g only.

    Variables kernel [D+H, 4H], {input,transform,forget,output,state}/{gamma,beta} [H];
    without layer_norm, kernel and bias [4H]. Gates in the order i, j, f, o.
    """

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        input_size=None,
        activation=tf.tanh,
        layer_norm=True,
        norm_gain=1.0,
        norm_shift=0.0,
        dropout_keep_prob=1.0,
        dropout_prob_seed=None,
        reuse=None,
    ):
        super().__init__(state_of(num_units), num_units, reuse)
        self._num_units, self._forget_bias = num_units, forget_bias
        self._activation = activation
        self._norm = (norm_gain, norm_shift) if layer_norm else None
        self._keep_prob, self._seed = dropout_keep_prob, dropout_prob_seed

    def call(self, inputs, state):
        c_old, h_old = state
        joined, size = tf.concat([inputs, h_old], 1), 4 * self._num_units
        kernel = tf.get_variable("kernel", [depth(joined), size], inputs.dtype)
        gates = tf.matmul(joined, kernel)
        if self._norm is None:
            # No initialiser: the original leaves it to the scope (Glorot, not zeros).
            gates = tf.nn.bias_add(gates, tf.get_variable("bias", [size], inputs.dtype))
        i, j, f, o = tf.split(gates, 4, 1)
        if self._norm:
            i, j, f, o = (
                layer_norm(gate, scope, *self._norm)
                for gate, scope in zip(
                    (i, j, f, o),
                    ("input", "transform", "forget", "output"),
                    strict=False,
                )
            )
        g = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            g = tf.nn.dropout(g, self._keep_prob, seed=self._seed)
        c = c_old * tf.sigmoid(f + self._forget_bias) + tf.sigmoid(i) * g
        if self._norm:
            c = layer_norm(c, "state", *self._norm)
        h = self._activation(c) * tf.sigmoid(o)
        return h, LSTMStateTuple(c, h)


class GLSTMCell(Cell):
    """Kuchaiev & Ginsburg 2017, "G-LSTM": inputs and state are split into G groups.

    Variables group{k}/kernel, bias_{i,j,f,o} [H], projection/kernel [H, P].
    """

    def __init__(
        self,
        num_units,
        initializer=None,
        num_proj=None,
        number_of_groups=1,
        forget_bias=1.0,
        activation=tf.tanh,
        reuse=None,
    ):
        for name, size in (("num_units", num_units), ("num_proj", num_proj or 0)):
            if size % number_of_groups:
                raise ValueError(
                    f"Expected {name} to be a multiple of number_of_groups="
                    f"{number_of_groups}. Received: {name}={size}"
                )
        super().__init__(state_of(num_units, num_proj), num_proj or num_units, reuse)
        self._num_units, self._num_proj = num_units, num_proj
        self._initializer, self._number_of_groups = initializer, number_of_groups
        self._forget_bias, self._activation = forget_bias, activation

    def call(self, inputs, state):
        c_old, h_old = state
        if depth(inputs) % self._number_of_groups:
            raise ValueError(
                "Expected an input depth that is a multiple of number_of_groups="
                f"{self._number_of_groups}. Received: {depth(inputs)}"
            )
        with tf.variable_scope(tf.get_variable_scope(), initializer=self._initializer):
            parts = []
            split = [tf.split(t, self._number_of_groups, 1) for t in (inputs, h_old)]
            for k, group in enumerate(zip(*split, strict=False)):
                with tf.variable_scope(f"group{k}"):
                    size = 4 * self._num_units // self._number_of_groups
                    parts.append(tf.split(dense(group, size, bias=False), 4, 1))
            i, j, f, o = (
                tf.nn.bias_add(
                    tf.concat(gate, 1),
                    tf.get_variable(
                        "bias_" + name,
                        [self._num_units],
                        inputs.dtype,
                        tf.zeros_initializer(),
                    ),
                )
                for name, gate in zip("ijfo", zip(*parts, strict=False), strict=False)
            )
        # The original squashes j with tanh whatever the activation is.
        c = tf.sigmoid(f + self._forget_bias) * c_old + tf.sigmoid(i) * tf.tanh(j)
        h = tf.sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            with tf.variable_scope("projection"):
                h = dense(h, self._num_proj, bias=False)
        return h, LSTMStateTuple(c, h)


class PhasedLSTMCell(Cell):
    """Neil et al. 2016: a time gate k, which is open for `ratio_on` of each period.

    Inputs are (time [B, 1], x [B, D]). Variables mask_gates/, new_input/ and
    output_gate/{kernel,bias}; period, phase, ratio_on [H].
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        leak=0.001,
        ratio_on=0.1,
        trainable_ratio_on=True,
        period_init_min=1.0,
        period_init_max=1000.0,
        reuse=None,
    ):
        super().__init__(state_of(num_units), num_units, reuse, autocast=False)
        self._num_units, self._use_peepholes, self._leak = (
            num_units,
            use_peepholes,
            leak,
        )
        self._ratio = ratio_on, trainable_ratio_on
        self._period_range = period_init_min, period_init_max

    def _rhythm(self):
        low, high = self._period_range

        def log_uniform(shape, dtype=tf.float32, partition_info=None):
            draw = tf.random_uniform(shape, tf.log(low), tf.log(high), dtype)
            return tf.exp(draw)

        size = [self._num_units]
        period = tf.get_variable("period", size, initializer=log_uniform)
        phase = tf.get_variable(
            "phase",
            size,
            initializer=tf.random_uniform_initializer(0.0, period.initial_value),
        )
        ratio_on = tf.get_variable(
            "ratio_on",
            size,
            initializer=tf.constant_initializer(self._ratio[0]),
            trainable=self._ratio[1],
        )
        return period, phase, ratio_on

    def _openness(self, time):
        period, phase, ratio_on = self._rhythm()
        period, phase = tf.cast(period, time.dtype), tf.cast(phase, time.dtype)
        shifted = time - phase
        # The remainder is piecewise linear: its gradient for the time is one, and
        # none is taken for the period through it.
        remainder = tf.stop_gradient(tf.mod(shifted, period) - shifted) + shifted
        cycle = tf.cast(remainder / period, tf.float32)
        rise = 2 * cycle / ratio_on
        return tf.where(
            cycle < 0.5 * ratio_on,
            rise,
            tf.where(cycle < ratio_on, 2 - rise, self._leak * cycle),
        )

    def call(self, inputs, state):
        c_old, h_old = state
        time, x = inputs

        def gate(scope, units, squash, *extra):
            with tf.variable_scope(scope):
                return squash(dense([x, h_old, *extra], units))

        peep = [c_old] if self._use_peepholes else []
        i, f = tf.split(
            gate("mask_gates", 2 * self._num_units, tf.sigmoid, *peep), 2, 1
        )
        c = c_old * f + i * gate("new_input", self._num_units, tf.tanh)
        peep = [c] if self._use_peepholes else []
        h = tf.tanh(c) * gate("output_gate", self._num_units, tf.sigmoid, *peep)
        k = self._openness(time)
        c, h = k * c + (1 - k) * c_old, k * h + (1 - k) * h_old
        return h, LSTMStateTuple(c, h)


class NASCell(BuiltCell):
    """The cell that Zoph & Le 2016 found by search (their figure 8).

    Variables recurrent_kernel [P, 8H], kernel [D, 8H], bias [8H], projection_weights.
    """

    def __init__(self, num_units, num_proj=None, use_bias=False, reuse=None, **layer):
        super().__init__(
            state_of(num_units, num_proj), num_proj or num_units, reuse, **layer
        )
        self._num_units, self._num_proj, self._use_bias = num_units, num_proj, use_bias

    def build(self, inputs_shape):
        width = 8 * self._num_units
        self.recurrent_kernel = self.add_weight(
            "recurrent_kernel", [self.output_size, width]
        )
        self.kernel = self.add_weight("kernel", [int(inputs_shape[-1]), width])
        if self._use_bias:
            self.bias = self.add_weight(
                "bias", [width], initializer=tf.zeros_initializer
            )
        if self._num_proj is not None:
            self.projection_weights = self.add_weight(
                "projection_weights", [self._num_units, self._num_proj]
            )
        self.built = True

    def call(self, inputs, state):
        c_old, h_old = state
        from_h = tf.matmul(h_old, self.recurrent_kernel)
        if self._use_bias:
            from_h = tf.nn.bias_add(from_h, self.bias)
        x = tf.split(tf.matmul(inputs, self.kernel), 8, 1)
        h = tf.split(from_h, 8, 1)
        sigmoid, tanh, relu = tf.sigmoid, tf.tanh, tf.nn.relu
        leaf = [
            squash(x[k] * h[k] if k == 3 else x[k] + h[k])
            for k, squash in enumerate(
                [sigmoid, relu, sigmoid, relu, tanh, sigmoid, tanh, sigmoid]
            )
        ]
        c = tanh(tanh(leaf[0] * leaf[1]) + c_old) * tanh(leaf[2] + leaf[3])
        gate = tanh(tanh(leaf[4] * leaf[5]) + sigmoid(leaf[6] + leaf[7]))
        out = tanh(c * gate)
        if self._num_proj is not None:
            out = tf.matmul(out, self.projection_weights)
        return out, LSTMStateTuple(c, out)
