"""tf.contrib.lookup: tables from tensors and files, buckets, mutable tables."""

import os
import tempfile

import numpy as np
from harness import ALL, scenario

LATER = ("1.15.5", "1.0.0")
WORDS = ["emerson", "lake", "palmer"]


def vocabulary():
    path = os.path.join(tempfile.mkdtemp(), "vocabulary.txt")
    with open(path, "w") as file:
        file.write("\n".join(WORDS) + "\n")
    return path


@scenario(ALL, gradients=False)
def at_once(tf):
    lookup = tf.contrib.lookup
    mapping = tf.constant(WORDS)
    return {
        "indices": lookup.string_to_index(tf.constant(["lake", "none"]), mapping),
        "strings": lookup.index_to_string(tf.constant([2, 7], tf.int64), mapping),
    }


@scenario(ALL, gradients=False)
def hash_table(tf):
    lookup = tf.contrib.lookup
    table = lookup.HashTable(
        lookup.KeyValueTensorInitializer(WORDS, tf.constant([5, 6, 7], tf.int64)), -1
    )
    file = lookup.HashTable(
        lookup.TextFileInitializer(
            vocabulary(),
            tf.string,
            lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            lookup.TextFileIndex.LINE_NUMBER,
        ),
        -1,
    )
    assert table.init is not None
    keys = tf.constant(["palmer", "none"])
    return {
        "values": table.lookup(keys),
        "size": table.size(),
        "file": file.lookup(keys),
    }


@scenario(LATER, gradients=False)
def from_files(tf):
    lookup, keys = tf.contrib.lookup, tf.constant(["lake", "other", "thing"])
    path = vocabulary()
    index = lookup.string_to_index_table_from_file(path, num_oov_buckets=3)
    back = lookup.index_to_string_table_from_file(path)
    return {
        "index": index.lookup(keys),
        "back": back.lookup(tf.constant([1, 9], tf.int64)),
    }


@scenario(("1.0.0",), gradients=False)
def from_tensors_1_0(tf):
    lookup, keys = tf.contrib.lookup, tf.constant(["lake", "other"])
    index = lookup.string_to_index_table_from_tensor(WORDS, num_oov_buckets=2)
    return {"index": index.lookup(keys)}


@scenario(("1.15.5",), gradients=False)
def from_tensors(tf):
    lookup, keys = tf.contrib.lookup, tf.constant(["lake", "other"])
    index = lookup.index_table_from_tensor(tf.constant(WORDS), num_oov_buckets=2)
    strong = lookup.index_table_from_tensor(
        WORDS, num_oov_buckets=9, hasher_spec=lookup.StrongHashSpec([1, 2])
    )
    numbers = lookup.index_table_from_tensor(
        tf.constant([10, 20], tf.int64), dtype=tf.int64
    )
    return {
        "index": index.lookup(keys),
        "strong": strong.lookup(keys),
        "numbers": numbers.lookup(tf.constant([20, 30], tf.int64)),
        "back": lookup.index_to_string_table_from_tensor(WORDS, "none").lookup(
            tf.constant([0, 5], tf.int64)
        ),
    }


@scenario(ALL, gradients=False)
def mutable(tf):
    lookup = tf.contrib.lookup
    table = lookup.MutableHashTable(tf.string, tf.int64, -1)
    insert = table.insert(tf.constant(WORDS), tf.constant([3, 2, 1], tf.int64))
    with tf.control_dependencies([insert]):
        found = table.lookup(tf.constant(["lake", "none"]))
        size = table.size()
    return {"found": found, "size": size}


@scenario(("1.0.0", "0.12.1"), gradients=False)
def dense_without_deletion(tf):
    table = tf.contrib.lookup.MutableDenseHashTable(
        tf.int64, tf.int64, default_value=-1, empty_key=0
    )
    insert = table.insert(
        tf.constant([11, 12], tf.int64), tf.constant([1, 2], tf.int64)
    )
    with tf.control_dependencies([insert]):
        return {"found": table.lookup(tf.constant(np.array([12, 13]), tf.int64))}
