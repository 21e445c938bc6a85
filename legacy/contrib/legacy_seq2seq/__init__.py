"""`tf.contrib.legacy_seq2seq` (once `tf.nn.seq2seq`): models over lists of steps.

Sutskever et al. 2014 (sequence to sequence), Vinyals et al. 2014 (attention). Inputs
are lists of T tensors [B] or [B, D]. A model gives (outputs, final state); the outputs
are a list of [B, size]. Variables are named as TensorFlow 1.15 names them.
"""

from legacy.contrib.written import written

NAMES = {
    **written(__name__, __path__),
    "_extract_argmax_and_embed": f"{__name__}.decoders:extract_argmax_and_embed",
}
