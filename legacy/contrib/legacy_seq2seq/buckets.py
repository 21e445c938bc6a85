"""One model for several lengths of sequences."""

import tensorflow.compat.v1 as tf

from legacy.contrib.legacy_seq2seq.losses import sequence_loss, sequence_loss_by_example

__all__ = [
    "model_with_buckets",
]


def model_with_buckets(
    encoder_inputs,
    decoder_inputs,
    targets,
    weights,
    buckets,
    seq2seq,
    softmax_loss_function=None,
    per_example_loss=False,
    name=None,
):
    """(outputs, losses) of each bucket (source length, target length), one model.

    ValueError if the longest bucket needs more inputs than there are.
    """
    for what, given, wanted in (
        ("encoder_inputs", encoder_inputs, buckets[-1][0]),
        ("targets", targets, buckets[-1][1]),
        ("weights", weights, buckets[-1][1]),
    ):
        if len(given) < wanted:
            raise ValueError(
                f"Expected at least {wanted} {what}, for the last bucket. "
                f"Received: {len(given)}"
            )
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    outputs, losses = [], []
    everything = encoder_inputs + decoder_inputs + targets + weights
    with tf.name_scope(name, "model_with_buckets", everything):
        for number, (source, target) in enumerate(buckets):
            with tf.variable_scope(
                tf.get_variable_scope(), reuse=True if number else None
            ):
                found, _ = seq2seq(encoder_inputs[:source], decoder_inputs[:target])
            outputs.append(found)
            losses.append(
                loss(
                    found,
                    targets[:target],
                    weights[:target],
                    softmax_loss_function=softmax_loss_function,
                )
            )
    return outputs, losses
