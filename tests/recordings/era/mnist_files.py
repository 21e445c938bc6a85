"""Four small files in MNIST's format, and what a reader makes of them."""
import gzip
import os
import struct
import tempfile

import numpy as np


def write(folder, pack=True):
    """Writes the four files, gzipped or not: 30 training and 10 test pictures of 4 x 4."""
    draw = np.random.RandomState(21)
    for name, count in (("train", 30), ("t10k", 10)):
        images = draw.randint(0, 256, (count, 4, 4)).astype(np.uint8)
        labels = draw.randint(0, 10, count).astype(np.uint8)
        for kind, header, array in (
            ("-images-idx3-ubyte", struct.pack(">IIII", 2051, count, 4, 4), images),
            ("-labels-idx1-ubyte", struct.pack(">II", 2049, count), labels),
        ):
            path = os.path.join(folder, name + kind)
            opened = gzip.open(path + ".gz", "wb") if pack else open(path, "wb")
            with opened as f:
                f.write(header + array.tobytes())


def batches(input_data):
    """Everything of the reader that numbers can say, as JSON holds it."""
    folder = tempfile.mkdtemp()
    write(folder)
    told = {}
    for name, options in (
        ("plain", {"validation_size": 4, "seed": 3}),
        ("one hot", {"one_hot": True, "reshape": False, "validation_size": 0, "seed": 5}),
        ("bytes", {"dtype": np.uint8, "validation_size": 5, "seed": 7}),
    ):
        sets = input_data.read_data_sets(folder, **options)
        np.random.seed(1)
        found = []
        for data, shuffle in ((sets.train, True), (sets.test, False)):
            found.append([list(data.images.shape), list(data.labels.shape), str(data.images.dtype),
                          str(data.labels.dtype), data.num_examples, data.images.tolist()[0]])
            for _ in range(9):
                images, labels = data.next_batch(7, shuffle=shuffle)
                found.append([np.asarray(images, np.float64).sum(), labels.tolist(), data.epochs_completed])
        told[name] = found
    sets = input_data.read_data_sets(folder, fake_data=True, one_hot=True)
    told["fake"] = [[len(images[0]), labels] for images, labels in [sets.train.next_batch(2, fake_data=True)]]
    sets = input_data.read_data_sets(folder, validation_size=4, seed=11)
    told["seeded"] = sets.train.next_batch(26)[1].tolist()
    return told
