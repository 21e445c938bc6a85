"""Summaries, writers and optimisers under their names of TensorFlow 0.8 to 0.12.

Origin: the public API of TensorFlow 0.12.1 (``tf.scalar_summary``,
``tf.train.SummaryWriter``, ...), whose tags may be strings or string tensors.
"""

import time

import tensorflow.compat.v1 as tf

from legacy.names.call_forms import adapted_class, named


def _collected(summary, collections):
    for key in [tf.GraphKeys.SUMMARIES] if collections is None else collections:
        tf.add_to_collection(key, summary)
    return summary


def scalar_summary(tags, values, collections=None, name=None):
    """Summary of scalars: ``tags`` and ``values`` have one shape."""
    with tf.name_scope(name, "ScalarSummary", [tags, values]) as scope:
        return _collected(
            tf.raw_ops.ScalarSummary(tags=tags, values=values, name=scope),
            collections,
        )


def histogram_summary(tag, values, collections=None, name=None):
    """Summary of the distribution of ``values`` under one ``tag``."""
    with tf.name_scope(name, "HistogramSummary", [tag, values]) as scope:
        return _collected(
            tf.raw_ops.HistogramSummary(tag=tag, values=values, name=scope),
            collections,
        )


def image_summary(tag, tensor, max_images=3, collections=None, name=None):
    """Summary of ``tensor`` [B, height, width, 1, 3 or 4] as images."""
    with tf.name_scope(name, "ImageSummary", [tag, tensor]) as scope:
        return _collected(
            tf.raw_ops.ImageSummary(
                tag=tag, tensor=tensor, max_images=max_images, name=scope
            ),
            collections,
        )


def audio_summary(tag, tensor, sample_rate, max_outputs=3, collections=None, name=None):
    """Summary of ``tensor`` [B, frames(, channels)] as sound."""
    with tf.name_scope(name, "AudioSummary", [tag, tensor]) as scope:
        return _collected(
            tf.raw_ops.AudioSummaryV2(
                tag=tag,
                tensor=tensor,
                max_outputs=max_outputs,
                sample_rate=tf.convert_to_tensor(sample_rate, tf.float32),
                name=scope,
            ),
            collections,
        )


def merge_summary(inputs, collections=None, name=None):
    """One summary out of several."""
    return tf.summary.merge(inputs, collections, name)


def merge_all_summaries(key=tf.GraphKeys.SUMMARIES):
    """One summary out of all in the collection; None if there are none."""
    return tf.summary.merge_all(key)


def _writer(real, args, kwargs):
    """Accepts a ``GraphDef`` or a graph as second argument, as 0.8 to 0.12 did."""
    order = ("logdir", "graph", "max_queue", "flush_secs", "graph_def")
    given = named("SummaryWriter", order, args, kwargs)
    if isinstance(given.get("graph"), tf.GraphDef):
        given["graph_def"] = given.pop("graph")
    graph_def = given.pop("graph_def", None)
    writer = real(**given)
    if graph_def is not None:
        writer.add_event(
            tf.Event(graph_def=graph_def.SerializeToString(), wall_time=time.time())
        )
    return writer


_summary_writer = adapted_class(tf.summary.FileWriter, _writer)

TABLE = {
    "tensorflow": {
        "audio_summary": audio_summary,
        "histogram_summary": histogram_summary,
        "image_summary": image_summary,
        "merge_all_summaries": merge_all_summaries,
        "merge_summary": merge_summary,
        "scalar_summary": scalar_summary,
    },
    "tensorflow.train": {
        "Saver": "legacy.names.saver:Saver",
        "SummaryWriter": _summary_writer,
        "SummaryWriterCache": "tensorflow.compat.v1:summary.FileWriterCache",
        "SyncReplicasOptimizerV2": "tensorflow.compat.v1:train.SyncReplicasOptimizer",
    },
    "tensorflow.summary": {"FileWriter": _summary_writer},
}
