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

# Functions and classes that scripts import by their private names.
_PRIVATE = {
    "attention": "_BaseAttentionMechanism _bahdanau_score _luong_score"
    " _maybe_mask_score _prepare_memory _zero_state_tensors",
    "attention_wrapper": "_compute_attention",
    "beam": "_beam_search_step _get_scores _length_penalty _mask_probs"
    " _maybe_tensor_gather_helper _tensor_gather_helper",
    "decoder": "_create_zero_outputs _transpose_batch_time",
    "helpers": "_unstack_ta",
    "monotonic": "_BaseMonotonicAttentionMechanism _monotonic_probability_fn",
}

NAMES = {
    name: _HERE + home + ":" + name
    for table in (_HOMES, _PRIVATE)
    for home, names in table.items()
    for name in names.split()
}
