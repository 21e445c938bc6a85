"""Reversal in time within each sequence's length, as a Keras layer."""

from typing import Any

import keras

from bnlstm_compat import backend
from bnlstm_compat.arguments import Tensor

_PACKAGE = "bnlstm_compat"


@keras.saving.register_keras_serializable(package=_PACKAGE)
class ReverseSequences(keras.layers.Layer):
    """Reverses [B,T,.] in time, each row within its length.

    Lengths come as a right-padded mask [B,T], which is passed on; padding stays where
    it is. Without a mask the whole axis is reversed. Before and after a stack of
    ``BNLSTM`` layers, this makes the backward half of TensorFlow 1's
    ``bidirectional_dynamic_rnn``.

    Source: TensorFlow 1's ``bidirectional_dynamic_rnn``, around cells of
    arXiv 1603.09025.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Inputs [B,T,.] and mask [B,T] or None to the same shape."""
        if mask is None:
            return keras.ops.flip(inputs, axis=1)
        lengths = keras.ops.sum(keras.ops.cast(mask, "int32"), axis=1)
        return backend.current.reversed_within(inputs, lengths)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """The input's."""
        return input_shape
