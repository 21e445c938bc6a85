"""`tf.contrib.legacy_seq2seq` (once `tf.nn.seq2seq`): models over lists of steps.

Sutskever et al. 2014 (sequence to sequence), Vinyals et al. 2014 (attention). Inputs
are lists of T tensors [B] or [B, D]. A model gives (outputs, final state); the outputs
are a list of [B, size]. Variables are named as TensorFlow 1.15 names them.
"""

_HOMES = {
    "attention": "attention_decoder embedding_attention_decoder",
    "buckets": "model_with_buckets",
    "decoders": "embedding_rnn_decoder rnn_decoder",
    "losses": "sequence_loss sequence_loss_by_example",
    "models": "basic_rnn_seq2seq embedding_attention_seq2seq embedding_rnn_seq2seq"
    " embedding_tied_rnn_seq2seq one2many_rnn_seq2seq tied_rnn_seq2seq",
}
NAMES = {
    **{
        name: f"{__name__}.{home}:{name}"
        for home, names in _HOMES.items()
        for name in names.split()
    },
    "_extract_argmax_and_embed": f"{__name__}.decoders:extract_argmax_and_embed",
}
