"""Cells that take a whole sequence, time first: [T, B, D], or a list of [B, D]."""

import abc

import tensorflow.compat.v1 as tf

__all__ = [
    "FusedRNNCell",
    "FusedRNNCellAdaptor",
    "TimeReversedFusedRNN",
]


class FusedRNNCell(metaclass=abc.ABCMeta):
    """cell(inputs, initial_state, dtype, lengths, scope) -> (outputs, state)."""

    @abc.abstractmethod
    def __call__(
        self,
        inputs,
        initial_state=None,
        dtype=None,
        sequence_length=None,
        scope=None,
    ):
        """Runs over all steps; outputs have the form of `inputs`."""


class FusedRNNCellAdaptor(FusedRNNCell):
    """An ordinary cell, driven by `dynamic_rnn` or `static_rnn`."""

    def __init__(self, cell, use_dynamic_rnn=False):
        self._cell, self._dynamic = cell, use_dynamic_rnn

    def __call__(
        self,
        inputs,
        initial_state=None,
        dtype=None,
        sequence_length=None,
        scope=None,
    ):
        listed = isinstance(inputs, list)
        common = {
            "initial_state": initial_state,
            "dtype": dtype,
            "sequence_length": sequence_length,
            "scope": scope,
        }
        if self._dynamic:
            inputs = tf.stack(inputs) if listed else inputs
            outputs, state = tf.nn.dynamic_rnn(
                self._cell, inputs, time_major=True, **common
            )
            return (tf.unstack(outputs) if listed else outputs), state
        inputs = inputs if listed else tf.unstack(inputs)
        outputs, state = tf.nn.static_rnn(self._cell, inputs, **common)
        return (outputs if listed else tf.stack(outputs)), state


class TimeReversedFusedRNN(FusedRNNCell):
    """Runs another fused cell from each sequence's last step to its first."""

    def __init__(self, cell):
        self._cell = cell

    def __call__(
        self,
        inputs,
        initial_state=None,
        dtype=None,
        sequence_length=None,
        scope=None,
    ):
        outputs, state = self._cell(
            _backwards(inputs, sequence_length),
            initial_state=initial_state,
            dtype=dtype,
            sequence_length=sequence_length,
            scope=scope,
        )
        return _backwards(outputs, sequence_length), state


def _backwards(sequence, lengths):
    if isinstance(sequence, list):
        return sequence[::-1]
    if lengths is None:
        return tf.reverse(sequence, [0])
    return tf.reverse_sequence(sequence, lengths, seq_axis=0, batch_axis=1)
