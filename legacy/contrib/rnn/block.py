"""Cells whose step is one fused kernel of TensorFlow."""

import tensorflow.compat.v1 as tf
from tensorflow.python.framework import ops

from legacy.contrib.rnn.base import BuiltCell, LSTMStateTuple, Plain, state_of

__all__ = [
    "GRUBlockCell",
    "GRUBlockCellV2",
    "LSTMBlockCell",
    "LSTMBlockFusedCell",
    "LSTMBlockWrapper",
]


def _gradient(op_type):
    """Registers a gradient for a kernel, if TensorFlow has none."""

    def register(function):
        try:
            ops.gradient_registry.lookup(op_type)
        except LookupError:
            tf.RegisterGradient(op_type)(function)
        return function

    return register


@_gradient("LSTMBlockCell")
def _lstm_gradient(op, *grads):
    x, c_old, h_old, w, wci, wcf, wco, b = op.inputs
    i, c, f, o, ci, co, _ = op.outputs
    into_c, gates, *peepholes = tf.raw_ops.LSTMBlockCellGrad(
        x=x,
        cs_prev=c_old,
        h_prev=h_old,
        w=w,
        wci=wci,
        wcf=wcf,
        wco=wco,
        b=b,
        i=i,
        cs=c,
        f=f,
        o=o,
        ci=ci,
        co=co,
        cs_grad=grads[1],
        h_grad=grads[6],
        use_peephole=op.get_attr("use_peephole"),
    )
    into_x, into_h = _halves(tf.matmul(gates, w, transpose_b=True), x, h_old)
    into_w = tf.matmul(tf.concat([x, h_old], 1), gates, transpose_a=True)
    return into_x, into_c, into_h, into_w, *peepholes, tf.reduce_sum(gates, 0)


@_gradient("GRUBlockCell")
def _gru_gradient(op, *grads):
    x, h_old, w_ru, w_c, b_ru, b_c = op.inputs
    r, u, c, _ = op.outputs
    into_x, into_h, candidate, gates = tf.raw_ops.GRUBlockCellGrad(
        x=x,
        h_prev=h_old,
        w_ru=w_ru,
        w_c=w_c,
        b_ru=b_ru,
        b_c=b_c,
        r=r,
        u=u,
        c=c,
        d_h=grads[3],
    )
    into_w = tf.matmul(tf.concat([x, h_old], 1), gates, transpose_a=True)
    into_w_c = tf.matmul(tf.concat([x, h_old * r], 1), candidate, transpose_a=True)
    biases = tf.reduce_sum(gates, 0), tf.reduce_sum(candidate, 0)
    return into_x, into_h, into_w, into_w_c, *biases


def _halves(joined, x, h):
    return tf.split(joined, [int(x.shape[1]), int(h.shape[1])], 1)


class _BlockLSTM:
    """The variables of a fused LSTM, as created: kernel, bias, w_{i,f,o}_diag."""

    def _set_up(self, num_units, forget_bias, cell_clip, use_peephole):
        if isinstance(cell_clip, bool):  # 1.0: (num_units, forget_bias, use_peephole)
            cell_clip, use_peephole = None, cell_clip
        self._num_units, self._use_peephole = num_units, use_peephole
        clip = -1.0 if cell_clip is None else cell_clip
        self._settings = {"forget_bias": forget_bias, "cell_clip": clip}
        self._settings["use_peephole"] = use_peephole

    def _make_weights(self, input_size):
        if input_size is None:
            raise ValueError(
                "Expected inputs whose last dimension is known. Received: None"
            )
        units = self._num_units
        self._kernel = self.add_weight("kernel", [int(input_size) + units, 4 * units])
        self._bias = self.add_weight(
            "bias", [4 * units], initializer=tf.constant_initializer(0.0)
        )
        if self._use_peephole:
            self._diagonals = [self.add_weight(f"w_{g}_diag", [units]) for g in "ifo"]
        self.built = True

    def _weights(self, dtype):
        zero = None if self._use_peephole else tf.zeros([self._num_units], dtype)
        i, f, o = self._diagonals if self._use_peephole else (zero, zero, zero)
        return {"w": self._kernel, "wci": i, "wcf": f, "wco": o, "b": self._bias}


class LSTMBlockCell(_BlockLSTM, BuiltCell):
    """An LSTM step in one kernel (gates i, j, f, o): kernel [D+H, 4H], bias [4H]."""

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        cell_clip=None,
        use_peephole=False,
        dtype=None,
        reuse=None,
        name="lstm_cell",
    ):
        super().__init__(state_of(num_units), num_units, reuse, dtype=dtype, name=name)
        self._set_up(num_units, forget_bias, cell_clip, use_peephole)

    def build(self, inputs_shape):
        self._make_weights(inputs_shape[1])

    def call(self, inputs, state):
        if len(state) != 2:
            raise ValueError(f"Expected a state (c, h). Received: state={state}")
        step = tf.raw_ops.LSTMBlockCell(
            x=inputs,
            cs_prev=state[0],
            h_prev=state[1],
            **self._weights(inputs.dtype),
            **self._settings,
        )
        return step.h, LSTMStateTuple(step.cs, step.h)


class LSTMBlockWrapper(Plain, tf.layers.Layer):
    """A whole sequence at once: inputs [T, B, D] or a list of [B, D].

    A subclass gives `num_units` and `_call_cell(inputs, c, h, dtype, lengths)` ->
    (all c, all h), each [T, B, H].
    """

    def __init__(self, trainable=True, name=None, dtype=None, reuse=None, **layer):
        layer.setdefault("_reuse", reuse)
        super().__init__(trainable=trainable, name=name, dtype=dtype, **layer)

    @property
    def num_units(self):
        raise NotImplementedError

    def call(self, inputs, initial_state=None, dtype=None, sequence_length=None):
        listed = isinstance(inputs, list)
        inputs = tf.stack(inputs) if listed else inputs
        batch = tf.dimension_value(inputs.shape[1]) or tf.shape(inputs)[1]
        steps = tf.dimension_value(inputs.shape[0]) or tf.shape(inputs)[0]
        if initial_state is None:
            if dtype is None:
                raise ValueError(
                    "Expected either initial_state or dtype. Received neither."
                )
            shape = tf.stack([batch, self.num_units])
            initial_state = [tf.zeros(shape, dtype)] * 2
        if len(initial_state) != 2:
            raise ValueError(
                f"Expected an initial_state (c, h). Received: {initial_state}"
            )
        dtype = dtype or initial_state[0].dtype
        if sequence_length is not None:
            sequence_length = tf.convert_to_tensor(sequence_length)
        states, outputs = self._call_cell(
            inputs, *initial_state, dtype, sequence_length
        )
        if sequence_length is None:
            last = LSTMStateTuple(states[-1], outputs[-1])
        else:
            lengths = sequence_length
            valid = tf.sequence_mask(lengths, steps, dtype=dtype)
            mask = tf.expand_dims(tf.transpose(valid, [1, 0]), [-1])
            outputs *= tf.tile(mask, [1, 1, self.num_units])
            # A length of 0 leaves the initial state.
            with_first = [
                tf.concat([tf.expand_dims(start, [0]), later], 0)
                for start, later in zip(initial_state, (states, outputs), strict=True)
            ]
            last = LSTMStateTuple(
                *(
                    tf.gather_nd(
                        one, tf.stack([lengths, _counted(batch, lengths.dtype)], axis=1)
                    )
                    for one in with_first
                )
            )
        return tf.unstack(outputs) if listed else outputs, last


def _counted(batch, dtype):
    """0, 1, ... up to the number of rows, as int32, which is a range's own type."""
    return tf.range(batch) if dtype == tf.int32 else tf.range(batch, dtype=dtype)


class LSTMBlockFusedCell(_BlockLSTM, LSTMBlockWrapper):
    """An LSTM over the whole sequence in one kernel; variables as LSTMBlockCell."""

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        cell_clip=None,
        use_peephole=False,
        reuse=None,
        dtype=None,
        name="lstm_fused_cell",
    ):
        super().__init__(name=name, dtype=dtype, reuse=reuse)
        self._set_up(num_units, forget_bias, cell_clip, use_peephole)

    @property
    def num_units(self):
        return self._num_units

    def build(self, input_shape):
        self._make_weights(input_shape[2])

    def _call_cell(self, inputs, c, h, dtype, sequence_length):
        steps = tf.dimension_value(inputs.shape[0]) or tf.shape(inputs)[0]
        weights = self._weights(dtype)
        if sequence_length is not None:
            steps = tf.reduce_max(sequence_length)
        run = tf.raw_ops.BlockLSTM(
            seq_len_max=tf.cast(steps, tf.int64),
            x=inputs,
            cs_prev=c,
            h_prev=h,
            **weights,
            **self._settings,
        )
        return run.cs, run.h


class GRUBlockCell(BuiltCell):
    """A GRU step in one kernel: w_ru [D+H, 2H], b_ru [2H], w_c [D+H, H], b_c [H]."""

    _variables = "w_ru", "b_ru", "w_c", "b_c"

    def __init__(self, num_units=None, cell_size=None, reuse=None, name="gru_cell"):
        if (num_units is None) == (cell_size is None):
            raise ValueError(
                "Expected exactly one of num_units and cell_size. Received: "
                f"num_units={num_units}, cell_size={cell_size}"
            )
        self._num_units = cell_size if num_units is None else num_units
        super().__init__(self._num_units, self._num_units, reuse, name=name)

    def build(self, input_shape):
        height, units = int(input_shape[1]) + self._num_units, self._num_units
        names = iter(self._variables)
        self._weights = []
        for width, start in ((2 * units, 1.0), (units, 0.0)):
            self._weights += [
                self.add_weight(next(names), [height, width]),
                self.add_weight(
                    next(names), [width], initializer=tf.constant_initializer(start)
                ),
            ]
        self.built = True

    def call(self, inputs, state):
        w_ru, b_ru, w_c, b_c = self._weights
        step = tf.raw_ops.GRUBlockCell(
            x=inputs, h_prev=state, w_ru=w_ru, w_c=w_c, b_ru=b_ru, b_c=b_c
        )
        return step.h, step.h


class GRUBlockCellV2(GRUBlockCell):
    """`GRUBlockCell` with the variable names of `GRUCell`."""

    _variables = "gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias"
