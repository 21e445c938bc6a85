"""Summaries of evaluations: written when one ends, read by those who wait for it."""

import collections
import contextlib
import glob
import os

import numpy as np
import tensorflow.compat.v1 as tf
from google.protobuf import message


def write(folder, results, checkpoint):
    """Writes what an evaluation found.

    Args:
      folder: of the summaries.
      results: name of the metric -> its value; and the global step.
      checkpoint: prefix of the checkpoint that was evaluated.
    """
    values = [
        value
        for key, result in results.items()
        if key != tf.GraphKeys.GLOBAL_STEP
        for value in _values(key, result)
    ]
    used = tf.Summary.Value(
        tag="checkpoint_path", tensor=tf.make_tensor_proto(checkpoint, tf.string)
    )
    writer = tf.summary.FileWriterCache.get(folder)
    step = int(results[tf.GraphKeys.GLOBAL_STEP])
    writer.add_summary(tf.Summary(value=values), step)
    writer.add_summary(tf.Summary(value=[used]), step)
    writer.flush()


def _values(key, result):
    """What stands for one result in the summary; nothing for other types.

    A metric may itself be a summary, such as of images: its values get names.
    """
    if isinstance(result, bytes):
        with contextlib.suppress(message.DecodeError):
            made = tf.Summary.FromString(result)
            for place, value in enumerate(made.value):
                value.tag = f"{key}/{place}"
            return made.value
    elif isinstance(result, np.ndarray):
        tensor = tf.make_tensor_proto(result)
        return [tf.Summary.Value(tag=key, node_name=key, tensor=tensor)]
    elif isinstance(result, (float, int, np.number)):
        return [tf.Summary.Value(tag=key, simple_value=float(result))]
    return []


def read(folder):
    """What the evaluations in ``folder`` found, as ``Estimator.eval_dir()`` gives it.

    Returns:
      An ordered dict, global step -> {name of the metric: number}.
    """
    found = collections.defaultdict(dict)
    for path in sorted(glob.glob(os.path.join(folder, "events.out.tfevents.*"))):
        for event in tf.train.summary_iterator(path):
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    found[event.step][value.tag] = value.simple_value
    return collections.OrderedDict(sorted(found.items()))
