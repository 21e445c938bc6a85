"""Right-padded masks: the lengths that they tell, and what stands past the end."""

from keras import ops

from bnlstm_compat.backend import current

_NOT_RIGHT_PADDED = (
    "BNLSTM expects a right-padded mask: once False, a row stays False. Received a "
    "mask with gaps or left padding; pad at the end instead, e.g. "
    "keras.utils.pad_sequences(..., padding='post')."
)


def lengths_of(mask, x):
    """Lengths [B] of a right-padded mask [B,T] for ``x`` [B,T,.].

    Returns:
      ``(lengths, right_padded)``; in a graph ``right_padded`` is a tensor that tells
      whether the mask is, else None.

    Raises:
      ValueError: for a mask of another shape, or not right-padded.
    """
    mask = ops.cast(mask, "bool")
    fits = len(mask.shape) == 2 and all(
        None in sizes or sizes[0] == sizes[1]
        for sizes in zip(mask.shape, x.shape[:2], strict=True)
    )
    if not fits:
        raise ValueError(
            "BNLSTM expects a mask [batch, steps] that fits its input. Received: "
            f"mask.shape={mask.shape}, sequences.shape={x.shape}"
        )
    right_padded = ops.all(mask[:, :-1] | ~mask[:, 1:])
    lengths = ops.sum(ops.cast(mask, "int32"), axis=1)
    if current.known(right_padded):
        if not bool(right_padded):
            raise ValueError(_NOT_RIGHT_PADDED)
        return lengths, None
    lengths = current.asserted(lengths, right_padded, _NOT_RIGHT_PADDED)
    return lengths, right_padded


def reversed_in_time(x, lengths):
    """``x`` [B,T,.] reversed, within each row's length where given."""
    if lengths is None:
        return ops.flip(x, axis=1)
    return current.reversed_within(x, lengths)


def nan_unless(right_padded, *tensors):
    """The tensors, or NaN where the mask was not right-padded."""
    return [
        current.where(right_padded, z, ops.cast(float("nan"), z.dtype)) for z in tensors
    ]


def filled(outputs, lengths, last, how):
    """Outputs [B,T,H] with what stands past each row's length.

    Args:
      outputs: as computed. lengths: [B] int32. last: h [B,H] at the end.
      how: "zero"; "repeat" the last output (zero before the first), as Keras does; or
        "raw": what the cell computes there, zero past the longest row.
    """
    time = ops.arange(ops.shape(outputs)[1], dtype="int32")[None, :]
    zeros = current.zeros_like(outputs)
    if how == "raw":
        longest = ops.maximum(1, ops.max(lengths))
        return current.where(ops.expand_dims(time < longest, 2), outputs, zeros)
    rest = zeros
    if how == "repeat":
        rest = current.where((lengths > 0)[:, None, None], last[:, None], zeros)
    return current.where(ops.expand_dims(time < lengths[:, None], 2), outputs, rest)
