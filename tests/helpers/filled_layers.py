"""Small layers with weights of which none is at its starting value."""

import os

import keras
import numpy as np
import pytest

from bnlstm_compat import BNLSTM, BNLSTMWeights, reference, spec

B, T, D, H, M = 4, 6, 3, 5, 4
#: For a batch of B: the longest is not the first, and one stands alone at the end.
LENGTHS = np.array([3, 6, 1, 5])
#: With oneDNN kept from AVX-512 on a processor that has it, TensorFlow 2.21 ends in a
#: segmentation fault at a plain ``tf.matmul`` in bfloat16: docs/evidence/processors.md.
needs_bfloat16 = pytest.mark.skipif(
    os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper() in ("SSE41", "AVX", "AVX2")
    and os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0",
    reason="ONEDNN_MAX_CPU_ISA makes TensorFlow crash in bfloat16",
)


def random_weights(
    dtype=np.float32, max_bn_steps=M, seed=1, affine_per_step=False, units=H
):
    """A cell's weights."""
    rng = np.random.default_rng(seed)
    arrays = {
        w.name: rng.uniform(0.2, 1.0, w.shape(D, units, max_bn_steps, affine_per_step))
        for w in spec.WEIGHTS
    }
    for name in ("kernel", "recurrent_kernel"):
        arrays[name] = arrays[name] - 0.6
    return BNLSTMWeights(**{name: a.astype(dtype) for name, a in arrays.items()})


def filled(weights=None, batch=B, **options):
    """A ``BNLSTM`` with random weights, built for any batch and length.

    Not compiled unless asked to be, which would take seconds; test_fast is about that.
    """
    if weights is None:
        weights = random_weights()
    layer = BNLSTM(
        weights.units,
        weights.max_bn_steps,
        affine_per_step=weights.affine_per_step,
        **{"dtype": str(weights.dtype), "mode": "plain", **options},
    )
    layer.build((batch if options.get("stateful") else None, None, weights.input_dim))
    layer.cell.import_weights(weights)
    return layer


def bidirectional(padding, x, lengths):
    """``keras.layers.Bidirectional`` of a ``BNLSTM``, in float64; and what the
    reference gives in training."""
    ends = [random_weights(np.float64, seed=seed) for seed in (1, 2)]
    layer = keras.layers.Bidirectional(
        BNLSTM(H, M, padding=padding, return_sequences=True, dtype="float64"),
        dtype="float64",
    )
    layer.build((None, None, D))
    halves = layer.forward_layer, layer.backward_layer
    for half, weights in zip(halves, ends, strict=True):
        half.cell.import_weights(weights)
    runs = [
        reference.run(w, z, lengths=lengths, padding=padding, training=True)
        for w, z in zip(ends, (x, flipped(x, lengths)), strict=True)
    ]
    outputs = [runs[0].outputs, flipped(runs[1].outputs, lengths)]
    return layer, np.concatenate(outputs, axis=2)


def flipped(arrays, lengths):
    """Sequences [B,T,...] turned round within their lengths."""
    rows = zip(arrays, lengths, strict=True)
    return np.stack([[*row[:length][::-1], *row[length:]] for row, length in rows])


def mask_of(lengths, steps):
    """Right-padded mask [B,T]."""
    return np.arange(steps) < np.asarray(lengths)[:, None]
