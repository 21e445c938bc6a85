"""LSTMs that run along frequency as well as time (Sainath & Li 2016)."""

import collections
import itertools

import tensorflow.compat.v1 as tf

from legacy.contrib.rnn.base import Cell, _get_concat_variable, clipped, depth, rows

__all__ = [
    "BidirectionalGridLSTMCell",
    "GridLSTMCell",
    "TimeFreqLSTMCell",
]


def _windows(inputs, size, skip, start=0, end=None):
    """Slices [B, size] of [B, F], `skip` apart, within start..end."""
    span = (depth(inputs) if end is None else end) - start
    count = int((span - size) / skip) + 1
    return [tf.slice(inputs, [0, start + k * skip], [-1, size]) for k in range(count)]


class TimeFreqLSTMCell(Cell):
    """One LSTM over windows of the input; each also gets the output of the last.

    Variables W_0.. [F+2H, 4H], B [4H], W_{F,I,O}_diag [H]. As in TensorFlow 1.15, the
    state holds c and h of every window side by side, and `state_size` does not count
    them.
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        cell_clip=None,
        initializer=None,
        num_unit_shards=1,
        forget_bias=1.0,
        feature_size=None,
        frequency_skip=1,
        reuse=None,
    ):
        super().__init__(2 * num_units, num_units, reuse)
        self._num_units, self._use_peepholes, self._cell_clip = (
            num_units,
            use_peepholes,
            cell_clip,
        )
        self._shards, self._forget_bias = num_unit_shards, forget_bias
        self._window = feature_size, frequency_skip

    def call(self, inputs, state):
        units, dtype = self._num_units, inputs.dtype
        windows = _windows(inputs, *self._window)
        kernel = _get_concat_variable(
            "W", [depth(windows[0]) + 2 * units, 4 * units], dtype, self._shards
        )
        bias = tf.get_variable("B", [4 * units], dtype, tf.zeros_initializer())
        peep_f = peep_i = peep_o = 0.0
        if self._use_peepholes:
            peep_f, peep_i, peep_o = (
                tf.get_variable(f"W_{gate}_diag", [units], dtype) for gate in "FIO"
            )
        below = tf.zeros([rows(inputs), units], dtype)
        outputs, states = [], []
        for k, window in enumerate(windows):
            c_old, h_old = (
                tf.slice(state, [0, (2 * k + part) * units], [-1, units])
                for part in (0, 1)
            )
            joined = tf.concat([window, h_old, below], 1)
            gates = tf.nn.bias_add(tf.matmul(joined, kernel), bias)
            i, j, f, o = tf.split(gates, 4, 1)
            c = tf.sigmoid(f + self._forget_bias + peep_f * c_old) * c_old
            c = c + tf.sigmoid(i + peep_i * c_old) * tf.tanh(j)
            c = clipped(c, self._cell_clip)
            below = tf.sigmoid(o + peep_o * c) * tf.tanh(c)
            outputs.append(below)
            states += [c, below]
        return tf.concat(outputs, 1), tf.concat(states, 1)


def _state_type(name, prefixes, blocks):
    """Named tuple of every window's c and m: {prefix}_f00_b00_c, ..._m, ..."""
    fields = [
        f"{prefix}_f{k:02d}_b{block:02d}_{part}"
        for prefix in prefixes
        for block, count in enumerate(blocks)
        for k in range(count)
        for part in "cm"
    ]
    return collections.namedtuple(name, fields)


class GridLSTMCell(Cell):
    """Kalchbrenner et al. 2015 as in Sainath & Li 2016: a time and a frequency LSTM.

    Per block b: W_f_b_0.. [F+2H, 4H], B_f_b and (unless shared) W_t_b_0.., B_t_b;
    peepholes W_{F,I,O}_diag_{freqf,freqt,timef,timet}_b. Gates i, j, f, o (i, j, o
    when input and forget gates are coupled).
    """

    _tuple_name, _prefixes = "GridLSTMStateTuple", ("state",)

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        share_time_frequency_weights=False,
        cell_clip=None,
        initializer=None,
        num_unit_shards=1,
        forget_bias=1.0,
        feature_size=None,
        frequency_skip=None,
        num_frequency_blocks=None,
        start_freqindex_list=None,
        end_freqindex_list=None,
        couple_input_forget_gates=False,
        state_is_tuple=True,
        reuse=None,
    ):
        if num_frequency_blocks is None:
            raise ValueError(
                "Expected num_frequency_blocks, a list of counts. Received: None"
            )
        blocks = [int(count) for count in num_frequency_blocks]
        kind = _state_type(self._tuple_name, self._prefixes, blocks)
        size = num_units * len(kind._fields)
        state = kind(*[num_units] * len(kind._fields)) if state_is_tuple else size
        super().__init__(state, size, reuse)
        self._kind = (lambda: kind) if state_is_tuple else (lambda: None)
        self._num_units, self._use_peepholes, self._cell_clip = (
            num_units,
            use_peepholes,
            cell_clip,
        )
        self._shared, self._coupled = (
            share_time_frequency_weights,
            couple_input_forget_gates,
        )
        self._shards, self._forget_bias = num_unit_shards, forget_bias
        self._window, self._blocks = (feature_size, frequency_skip), tuple(blocks)
        self._ranges = None
        if start_freqindex_list:
            starts, ends = tuple(start_freqindex_list), tuple(end_freqindex_list or ())
            if not len(starts) == len(ends) == len(blocks):
                raise ValueError(
                    "Expected start_freqindex_list, end_freqindex_list and "
                    "num_frequency_blocks of one length. Received: "
                    f"{len(starts)}, {len(ends)}, {len(blocks)}"
                )
            self._ranges = tuple(zip(starts, ends, strict=False))

    @property
    def state_tuple_type(self):
        return self._kind()

    def _features(self, inputs, offset=0):
        """The windows of each block of the padded input, which `offset` shifts."""
        end = depth(inputs)
        if offset:
            pad = [0, offset] if offset > 0 else [-offset, 0]
            inputs = tf.pad(inputs, [[0, 0], pad])
        shift = max(offset, 0)
        ranges = self._ranges or ((0, end),)
        blocks = [
            _windows(inputs, *self._window, start + shift, stop + shift)
            for start, stop in ranges
        ]
        found = tuple(len(block) for block in blocks)
        if found != self._blocks:
            raise ValueError(
                f"Expected num_frequency_blocks={list(found)} for inputs {end} wide, "
                f"feature_size={self._window[0]} and frequency_skip="
                f"{self._window[1]}. Received: {list(self._blocks)}"
            )
        return blocks

    def _states(self, state, prefix, block, count):
        """c and m of each window of a block before this step."""
        if self.state_tuple_type is not None:
            names = [f"{prefix}_f{k:02d}_b{block:02d}_" for k in range(count)]
            return [(getattr(state, n + "c"), getattr(state, n + "m")) for n in names]
        # Every block reads from column 0, as in the original.
        parts = [
            tf.slice(state, [0, k * self._num_units], [-1, self._num_units])
            for k in range(2 * count)
        ]
        return list(zip(parts[::2], parts[1::2], strict=False))

    def _weights(self, block, width, dtype):
        """({direction: (matrix, bias)}, {direction: {gate: (freq, time)}})."""
        units, maps, peepholes = self._num_units, {}, {}
        gates = 3 if self._coupled else 4
        directions = ["freq"] if self._shared else ["freq", "time"]
        for direction in directions:
            name = f"{direction[0]}_{block}"
            shape = [width + 2 * units, gates * units]
            matrix = _get_concat_variable("W_" + name, shape, dtype, self._shards)
            bias = tf.get_variable(
                "B_" + name, [gates * units], dtype, tf.zeros_initializer()
            )
            maps[direction] = matrix, bias
        if self._use_peepholes:
            for direction in directions:
                peepholes[direction] = {
                    gate: [
                        tf.get_variable(
                            f"W_{gate}_diag_{direction}{axis}_{block}", [units], dtype
                        )
                        for axis in "ft"
                    ]
                    for gate in ("IO" if self._coupled else "FIO")
                }
        return maps, peepholes

    def _sweep(self, windows, block, state, prefix):
        """One block: outputs [m_time, m_freq, ...] and states [c, m, ...]."""
        maps, peepholes = self._weights(block, depth(windows[0]), windows[0].dtype)
        m_freq = c_freq = tf.zeros(
            [rows(windows[0]), self._num_units], windows[0].dtype
        )
        outputs, states = [], []
        old = self._states(state, prefix, block, len(windows))
        for window, (c_time, m_time) in zip(windows, old, strict=False):
            joined = tf.concat([window, m_time, m_freq], 1)
            before, new, opening = (c_freq, c_time), {}, {}
            for direction, c_old in (("freq", c_freq), ("time", c_time)):
                source = "freq" if self._shared else direction
                matrix, bias = maps[source]
                gates = tf.split(
                    tf.nn.bias_add(tf.matmul(joined, matrix), bias),
                    3 if self._coupled else 4,
                    1,
                )
                see = _peeper(peepholes.get(source))
                i = tf.sigmoid(see("I", gates[0], before))
                if self._coupled:
                    f = 1.0 - i
                else:
                    f = tf.sigmoid(see("F", gates[2] + self._forget_bias, before))
                c = clipped(f * c_old + i * tf.tanh(gates[1]), self._cell_clip)
                new[direction], opening[direction] = c, (gates[-1], see)
            c_freq, c_time = new["freq"], new["time"]
            after = c_freq, c_time
            m_freq, m_time = (
                tf.sigmoid(see("O", gate, after)) * tf.tanh(c)
                for (gate, see), c in zip(
                    (opening["freq"], opening["time"]), (c_freq, c_time), strict=False
                )
            )
            outputs += [m_time, m_freq]
            states += [c_time, m_time]
        return outputs, states

    def _direction(self, blocks, state, prefix):
        swept = [
            self._sweep(windows, block, state, prefix)
            for block, windows in enumerate(blocks)
        ]
        return [list(itertools.chain(*parts)) for parts in zip(*swept, strict=False)]

    def call(self, inputs, state):
        outputs, states = self._direction(self._features(inputs), state, "state")
        kind = self.state_tuple_type
        return tf.concat(outputs, 1), kind(*states) if kind else tf.concat(states, 1)


def _peeper(weights):
    """A function (gate name, gate, (c_freq, c_time)) -> the gate with its peepholes."""

    def see(name, gate, cells):
        if weights is None:
            return gate
        return gate + weights[name][0] * cells[0] + weights[name][1] * cells[1]

    return see


class BidirectionalGridLSTMCell(GridLSTMCell):
    """`GridLSTMCell` up and down the frequencies; variables under fwd/ and bwd/."""

    _tuple_name = "BidirectionalGridLSTMStateTuple"
    _prefixes = "fwd_state", "bwd_state"

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        share_time_frequency_weights=False,
        cell_clip=None,
        initializer=None,
        num_unit_shards=1,
        forget_bias=1.0,
        feature_size=None,
        frequency_skip=None,
        num_frequency_blocks=None,
        start_freqindex_list=None,
        end_freqindex_list=None,
        couple_input_forget_gates=False,
        backward_slice_offset=0,
        reuse=None,
    ):
        super().__init__(
            num_units,
            use_peepholes,
            share_time_frequency_weights,
            cell_clip,
            initializer,
            num_unit_shards,
            forget_bias,
            feature_size,
            frequency_skip,
            num_frequency_blocks,
            start_freqindex_list,
            end_freqindex_list,
            couple_input_forget_gates,
            True,
            reuse,
        )
        self._offset = int(backward_slice_offset)

    def call(self, inputs, state):
        outputs, states = [], []
        for scope, blocks in (
            ("fwd", self._features(inputs)),
            ("bwd", [b[::-1] for b in self._features(inputs, self._offset)]),
        ):
            with tf.variable_scope(scope):
                m, s = self._direction(blocks, state, scope + "_state")
            outputs, states = outputs + m, states + s
        return tf.concat(outputs, 1), self.state_tuple_type(*states)
