"""The MNIST reader of the tutorials: ``read_data_sets`` and its ``DataSet``.

It behaves as in TensorFlow 1.15.5, down to the order of the batches (recorded from it
in tests/graph_mode/test_era.py). Only the source of the data differs: the four IDX
files in the given folder, gzipped or not, or else Keras's own loader. Nothing is
written to the folder.

Source: the IDX format as described with the data set by Y. LeCun, C. Cortes and
C. Burges, "The MNIST database of handwritten digits".
"""

import collections
import gzip
import os
import sys

import numpy as np
import tensorflow.compat.v1 as tf

FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
_IMAGES, _LABELS = 2051, 2049

Datasets = collections.namedtuple("Datasets", "train validation test")


def dense_to_one_hot(labels_dense, num_classes):
    """Labels [N] as rows [N, num_classes] of float64 with a one each."""
    return np.eye(num_classes)[np.ravel(labels_dense)]


def _read_idx(file, magic, dimensions):
    """Reads one IDX file, gzipped or not, into a uint8 array."""
    data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    header = np.frombuffer(data, ">u4", 1 + dimensions)
    if header[0] != magic:
        raise ValueError(
            f"Expected an MNIST file that starts with the number {magic}. "
            f"Received: {header[0]}, in {getattr(file, 'name', file)}"
        )
    shape = [int(size) for size in header[1:]]
    values = np.frombuffer(data, np.uint8, int(np.prod(shape)), header.nbytes)
    return values.reshape(shape)


def extract_images(f):
    """Images of an open IDX file.

    Args:
      f: a file opened in binary mode, gzipped or not.

    Returns:
      A uint8 array [index, y, x, 1].

    Raises:
      ValueError: if the file does not start with 2051.
    """
    return _read_idx(f, _IMAGES, 3)[..., np.newaxis]


def extract_labels(f, one_hot=False, num_classes=10):
    """Labels of an open IDX file: uint8 [index], or rows if ``one_hot``.

    Raises:
      ValueError: if the file does not start with 2049.
    """
    labels = _read_idx(f, _LABELS, 1)
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


class DataSet:
    """Images and labels, handed out in shuffled batches.

    Args:
      images: [N, rows, columns, depth], 0 to 255.
      labels: [N] or [N, classes].
      fake_data: hand out constant images and labels instead.
      one_hot: shape of the fake labels.
      dtype: ``tf.float32`` scales images to 0..1, ``tf.uint8`` leaves them.
      reshape: flatten each image to a row.
      seed: for the order. Without it, the graph's seed counts; without both, the
          order differs each time.
    """

    def __init__(
        self,
        images,
        labels,
        fake_data=False,
        one_hot=False,
        dtype=tf.float32,
        reshape=True,
        seed=None,
    ):
        graph_seed, op_seed = tf.get_seed(seed)
        np.random.seed(graph_seed if seed is None else op_seed)
        dtype = tf.as_dtype(dtype).base_dtype
        if dtype not in (tf.uint8, tf.float32):
            raise TypeError(f"Expected dtype uint8 or float32. Received: dtype={dtype}")
        self._fake = fake_data
        self.one_hot = one_hot
        if not fake_data:
            if len(images) != len(labels):
                raise ValueError(
                    "Expected as many labels as images. "
                    f"Received: {len(images)} images, {len(labels)} labels"
                )
            if reshape:
                images = images.reshape(len(images), -1)
            if dtype == tf.float32:
                images = images.astype(np.float32) * np.float32(1.0 / 255.0)
        self._num_examples = 10000 if fake_data else len(images)
        self._images, self._labels = images, labels
        self._epochs_completed = self._index_in_epoch = 0

    images = property(lambda self: self._images)
    labels = property(lambda self: self._labels)
    num_examples = property(lambda self: self._num_examples)
    epochs_completed = property(lambda self: self._epochs_completed)

    def _shuffle(self):
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images, self._labels = self._images[order], self._labels[order]

    def next_batch(self, batch_size, fake_data=False, shuffle=True):
        """The next ``batch_size`` images and labels; epochs run into each other."""
        if fake_data or self._fake:
            label = [1] + [0] * 9 if self.one_hot else 0
            return [[1] * 784] * batch_size, [label] * batch_size
        start = self._index_in_epoch
        if start == 0 and self._epochs_completed == 0 and shuffle:
            self._shuffle()
        rest = self._images[start:], self._labels[start:]
        if start + batch_size <= self._num_examples:
            self._index_in_epoch = start + batch_size
            return rest[0][:batch_size], rest[1][:batch_size]
        self._epochs_completed += 1
        if shuffle:
            self._shuffle()
        missing = self._index_in_epoch = batch_size - len(rest[0])
        return (
            np.concatenate([rest[0], self._images[:missing]]),
            np.concatenate([rest[1], self._labels[:missing]]),
        )


def _local(folder):
    """Arrays by their key in ``FILES``, or None unless all four are there."""
    found = {}
    for key, name in FILES.items():
        # Unpackers name them train-images.idx3-ubyte, too.
        spellings = (name + ".gz", name, name.replace("-idx", ".idx"))
        paths = [os.path.join(folder, spelling) for spelling in spellings]
        path = next(filter(os.path.exists, paths), None)
        if path is None:
            return None
        with open(path, "rb") as file:
            extract = extract_images if "images" in key else extract_labels
            print("Extracting", path)
            found[key] = extract(file)
    return found


def _from_keras(folder):
    """The same arrays through Keras, which keeps or downloads its own copy."""
    import keras

    try:
        train, test = keras.datasets.mnist.load_data()
    except Exception as error:  # whatever the network, or its absence, raises
        wanted = ", ".join(name + ".gz" for name in FILES.values())
        reason = str(error).splitlines()[0] if str(error) else repr(error)
        print(
            f"MNIST is not in {folder!r} and cannot be downloaded ({reason}). "
            f"Put these four files there: {wanted}",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    arrays = (train[0][..., None], train[1], test[0][..., None], test[1])
    return dict(zip(FILES, arrays, strict=True))


def read_data_sets(
    train_dir,
    fake_data=False,
    one_hot=False,
    dtype=tf.float32,
    reshape=True,
    validation_size=5000,
    seed=None,
    source_url=None,
):
    """Reads MNIST as train (55000 examples), validation (5000) and test (10000).

    Args:
      train_dir: folder with the four IDX files.
      fake_data, one_hot, dtype, reshape, seed: see ``DataSet``.
      validation_size: how many of the training examples become validation.
      source_url: ignored; TensorFlow 1 downloaded the files from there.

    Returns:
      A named tuple (train, validation, test) of ``DataSet``.

    Raises:
      SystemExit: 2, after one line on stderr, if there are neither files nor network.
      ValueError: if ``validation_size`` is not possible.
    """
    del source_url
    options = {"dtype": dtype, "reshape": reshape, "seed": seed}
    if fake_data:
        return Datasets(
            *(DataSet([], [], True, one_hot, dtype, seed=seed) for _ in range(3))
        )
    data = _local(train_dir) or _from_keras(train_dir)
    if one_hot:
        for key in ("train_labels", "test_labels"):
            data[key] = dense_to_one_hot(data[key], 10)
    images, labels = data["train_images"], data["train_labels"]
    if not 0 <= validation_size <= len(images):
        raise ValueError(
            f"Expected a validation size from 0 to {len(images)}. "
            f"Received: validation_size={validation_size}"
        )
    return Datasets(
        DataSet(images[validation_size:], labels[validation_size:], **options),
        DataSet(images[:validation_size], labels[:validation_size], **options),
        DataSet(data["test_images"], data["test_labels"], **options),
    )


def load_mnist(train_dir="MNIST-data"):
    """``read_data_sets`` with its defaults."""
    return read_data_sets(train_dir)
