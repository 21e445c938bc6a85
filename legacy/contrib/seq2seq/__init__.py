"""`tf.contrib.seq2seq`: classes of 1.1, decoder functions of 1.0; names as data."""

_HERE = "legacy.contrib.seq2seq."
_HOMES = {
    "attention": "AttentionMechanism BahdanauAttention LuongAttention hardmax",
    "attention_wrapper": "AttentionWrapper AttentionWrapperState",
    "monotonic": "BahdanauMonotonicAttention LuongMonotonicAttention"
    " monotonic_attention safe_cumprod",
    "beam": "BeamSearchDecoder BeamSearchDecoderOutput BeamSearchDecoderState"
    " FinalBeamSearchDecoderOutput gather_tree tile_batch",
    "decoder": "BasicDecoder BasicDecoderOutput Decoder dynamic_decode",
    "functions": "attention_decoder_fn_inference attention_decoder_fn_train"
    " dynamic_rnn_decoder prepare_attention simple_decoder_fn_inference"
    " simple_decoder_fn_train",
    "helpers": "CustomHelper GreedyEmbeddingHelper Helper InferenceHelper"
    " SampleEmbeddingHelper ScheduledEmbeddingTrainingHelper"
    " ScheduledOutputTrainingHelper TrainingHelper",
    "loss": "sequence_loss",
}

NAMES = {
    name: _HERE + home + ":" + name
    for home, names in _HOMES.items()
    for name in names.split()
}
