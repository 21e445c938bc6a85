"""An RNN of a graph as Keras layers between the tensors at its border."""

import keras
import tensorflow as tf

from migrate.errors import MigrateError


@keras.saving.register_keras_serializable(package="migrate")
class LengthsToMask(keras.layers.Layer):
    """From sequences [B, T, D] and lengths [B] to the mask [B, T]."""

    def call(self, sequences, lengths):
        return tf.sequence_mask(lengths, tf.shape(sequences)[1])

    def compute_output_spec(self, sequences, lengths):
        return keras.KerasTensor(sequences.shape[:2], "bool")


class _NoMask(keras.layers.Layer):
    """A layer behind which there is no mask; nobody need warn."""

    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True

    def compute_mask(self, inputs, previous=None):
        """None."""
        del inputs, previous


@keras.saving.register_keras_serializable(package="migrate")
class TimeMajor(_NoMask):
    """From [B, T, D] to [T, B, D], and back."""

    def call(self, inputs):
        return tf.transpose(inputs, [1, 0, 2])

    def compute_output_spec(self, inputs):
        first, second, last = inputs.shape
        return keras.KerasTensor((second, first, last), inputs.dtype)


@keras.saving.register_keras_serializable(package="migrate")
class Steps(_NoMask):
    """From [B, T, D] to a list of T tensors [B, D]."""

    def __init__(self, steps, **options):
        super().__init__(**options)
        self.steps = steps

    def call(self, inputs):
        return tf.unstack(inputs, self.steps, axis=1)

    def get_config(self):
        return super().get_config() | {"steps": self.steps}


def connect(place, layers, tensors) -> dict:
    """Puts layers in the place of an RNN.

    Args:
      place: a ``divided.Place``. layers: its cells' layers, lowest first, which give
        their states. tensors: from name to tensor; has what enters the RNN.

    Returns:
      From name to tensor: what leaves it.
    """
    rnn = place.rnn
    static = not isinstance(rnn.inputs, str)
    if static:
        x = keras.ops.stack([tensors[name] for name in rnn.inputs], axis=1)
    else:
        x = tensors[rnn.inputs]
        if rnn.time_major and len(x.shape) == 3:
            x = TimeMajor()(x)
    if len(x.shape) != 3:
        raise MigrateError(
            f"expected a tensor [batch, steps, features] for the RNN {rnn.scope}. "
            f"Received: {rnn.inputs} of shape {list(x.shape)}"
        )
    mask = None
    if rnn.lengths is not None:
        mask = LengthsToMask()(x, tensors[rnn.lengths])
    states = []
    for number, layer in enumerate(layers):
        x, *end = layer(x, mask=mask, initial_state=_starts(place, number, tensors))
        states.append(
            dict(
                zip(("h",) if len(end) == 1 else ("h", "c", "step"), end, strict=False)
            )
        )
    given = {}
    if static:
        steps = Steps(len(rnn.outputs))(x)
        given |= zip(rnn.outputs, steps, strict=True)
    elif rnn.outputs is not None:
        given[rnn.outputs] = TimeMajor()(x) if rnn.time_major else x
    for (number, kind), tensor in zip(rnn.states, rnn.final_states, strict=False):
        if tensor is not None and kind in states[number]:
            given[tensor] = states[number][kind]
    return given


def _starts(place, number, tensors):
    """The initial states of a cell in Keras's order, None if they are zero."""
    own = {
        kind: tensors[name]
        for (cell, kind), name in zip(
            place.rnn.states, place.rnn.initial_states, strict=False
        )
        if cell == number and name in place.starts
    }
    return [own[kind] for kind in ("h", "c") if kind in own] or None
