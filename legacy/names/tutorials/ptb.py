"""Reader of the Penn Treebank files ``ptb.{train,valid,test}.txt``.

Origin: ``tensorflow.models.rnn.ptb.reader``, which TensorFlow 0.8 to 0.11 shipped with
its tutorial. Each word is a token, and each newline becomes ``<eos>``. The most
frequent word has number 0; words of one frequency are in alphabetical order.
"""

import collections
import os

import numpy as np
import tensorflow.compat.v1 as tf


def _words(path):
    with tf.gfile.GFile(path, "r") as lines:
        return lines.read().replace("\n", "<eos>").split()


def ptb_raw_data(data_path=None):
    """Word numbers of the three files in ``data_path``.

    Returns:
      ``(train, valid, test, vocabulary size)``; the first three are lists of integers.
      Words that the training file does not have are left out.
    """
    words = {
        part: _words(os.path.join(data_path, f"ptb.{part}.txt"))
        for part in ("train", "valid", "test")
    }
    counts = collections.Counter(words["train"])
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    numbers = {word: number for number, word in enumerate(ranked)}
    ids = [
        [numbers[word] for word in words[part] if word in numbers]
        for part in ("train", "valid", "test")
    ]
    return (*ids, len(numbers))


def _epoch_size(count, batch_size, num_steps):
    size = (count // batch_size - 1) // num_steps
    if size <= 0:
        raise ValueError(
            "epoch_size == 0, decrease batch_size or num_steps. Received: "
            f"{count} words, batch_size={batch_size}, num_steps={num_steps}"
        )
    return size


def ptb_iterator(raw_data, batch_size, num_steps):
    """Yields ``(x, y)`` of shape [batch_size, num_steps]; y is x one word later."""
    raw = np.asarray(raw_data, np.int32)
    width = len(raw) // batch_size
    data = raw[: batch_size * width].reshape(batch_size, width)
    for step in range(_epoch_size(len(raw), batch_size, num_steps)):
        start = step * num_steps
        yield (
            data[:, start : start + num_steps],
            data[:, start + 1 : start + num_steps + 1],
        )


def ptb_producer(raw_data, batch_size, num_steps, name=None):
    """The same as tensors from a queue; run queue runners to feed it."""
    with tf.name_scope(name, "PTBProducer", [raw_data, batch_size, num_steps]):
        raw = np.asarray(raw_data, np.int32)
        width = len(raw) // batch_size
        data = tf.constant(raw[: batch_size * width].reshape(batch_size, width))
        size = _epoch_size(len(raw), batch_size, num_steps)
        start = tf.train.range_input_producer(size, shuffle=False).dequeue() * num_steps
        x = tf.slice(data, [0, start], [batch_size, num_steps])
        y = tf.slice(data, [0, start + 1], [batch_size, num_steps])
        x.set_shape([batch_size, num_steps])
        y.set_shape([batch_size, num_steps])
        return x, y
