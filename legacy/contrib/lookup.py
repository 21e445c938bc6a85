"""``tf.contrib.lookup``: tables from keys to values.

Origin: TensorFlow 0.12.1, 1.0.0 and 1.15.5; most of it lives on as
``tensorflow.python.ops.lookup_ops``. Here: the old constructors, ``table.init``, and
the functions that make a table and look up at once.
"""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import lookup_ops


class HashTable(tf.lookup.StaticHashTable):
    """Immutable table; ``table.init`` is the operation that fills it."""

    def __init__(self, initializer, default_value, shared_name=None, name=None):
        del shared_name
        super().__init__(initializer, default_value, name)

    @property
    def init(self):
        """The operation that fills the table."""
        return self.initializer


class MutableHashTable(tf.lookup.experimental.MutableHashTable):
    """Table that grows; 1.0's ``shared_name`` is accepted."""

    def __init__(
        self,
        key_dtype,
        value_dtype,
        default_value,
        shared_name=None,
        name="MutableHashTable",
        checkpoint=True,
    ):
        del shared_name
        super().__init__(key_dtype, value_dtype, default_value, name, checkpoint)


class MutableDenseHashTable(tf.lookup.experimental.DenseHashTable):
    """Table with open addressing; 1.0 had no removals and no ``deleted_key``."""

    def __init__(
        self,
        key_dtype,
        value_dtype,
        default_value,
        empty_key,
        deleted_key=None,
        initial_num_buckets=None,
        shared_name=None,
        name="MutableDenseHashTable",
        checkpoint=True,
    ):
        del shared_name
        if deleted_key is None:
            deleted_key = _unlike(empty_key, tf.as_dtype(key_dtype))
        super().__init__(
            key_dtype,
            value_dtype,
            default_value,
            empty_key,
            deleted_key,
            initial_num_buckets,
            name,
            checkpoint,
        )


def _unlike(key, dtype):
    """A key other than the given one: the type's smallest value, or the next."""
    if dtype == tf.string:
        return "\0legacy deleted key\0"
    key = tf.convert_to_tensor(key, dtype)
    least = tf.fill(tf.shape(key), tf.constant(dtype.min, dtype))
    taken = tf.reduce_all(tf.equal(key, least))
    return tf.where(tf.fill(tf.shape(key), taken), least + 1, least)


def index_table_from_tensor(
    mapping,
    num_oov_buckets=0,
    default_value=-1,
    hasher_spec=lookup_ops.FastHashSpec,
    dtype=tf.string,
    name=None,
):
    """Table from each of the strings (or integers) ``mapping`` [N] to its position."""
    return lookup_ops.index_table_from_tensor(
        mapping, num_oov_buckets, default_value, hasher_spec, dtype, name
    )


def index_to_string_table_from_tensor(mapping, default_value="UNK", name=None):
    """Table from position to string."""
    return lookup_ops.index_to_string_table_from_tensor(mapping, default_value, name)


def string_to_index_table_from_tensor(
    mapping,
    num_oov_buckets=0,
    default_value=-1,
    hasher_spec=lookup_ops.FastHashSpec,
    name=None,
):
    """1.0's name of ``index_table_from_tensor`` for strings."""
    return lookup_ops.index_table_from_tensor(
        mapping, num_oov_buckets, default_value, hasher_spec, name=name
    )


def string_to_index_table_from_file(
    vocabulary_file=None,
    num_oov_buckets=0,
    vocab_size=None,
    default_value=-1,
    hasher_spec=lookup_ops.FastHashSpec,
    name=None,
):
    """1.0's name of ``index_table_from_file`` for strings."""
    return lookup_ops.index_table_from_file(
        vocabulary_file,
        num_oov_buckets,
        vocab_size,
        default_value,
        hasher_spec,
        name=name,
    )


def string_to_index(tensor, mapping, default_value=-1, name=None):
    """Positions of the strings of ``tensor`` in ``mapping``; run the tables' init."""
    table = index_table_from_tensor(mapping, default_value=default_value, name=name)
    return table.lookup(tensor)


def index_to_string(tensor, mapping, default_value="UNK", name=None):
    """Strings of ``mapping`` at the positions ``tensor``; run the tables' init."""
    table = index_to_string_table_from_tensor(mapping, default_value, name)
    return table.lookup(tensor)


_OPS = "tensorflow.python.ops.lookup_ops:"
_SAME = (
    "FastHashSpec HasherSpec IdTableWithHashBuckets InitializableLookupTableBase "
    "LookupInterface StrongHashSpec TableInitializerBase TextFileIdTableInitializer "
    "TextFileStringTableInitializer index_table_from_file "
    "index_to_string_table_from_file"
).split()

_PUBLIC = "KeyValueTensorInitializer TextFileIndex TextFileInitializer".split()

NAMES = {
    **{name: _OPS + name for name in _SAME},
    **{name: "tensorflow.compat.v1:lookup." + name for name in _PUBLIC},
    "BaseSaverBuilder": "tensorflow.python.training.saver:BaseSaverBuilder",
    "HashTable": HashTable,
    "MutableDenseHashTable": MutableDenseHashTable,
    "MutableHashTable": MutableHashTable,
    "index_table_from_tensor": index_table_from_tensor,
    "index_to_string": index_to_string,
    "index_to_string_table_from_tensor": index_to_string_table_from_tensor,
    "string_to_index": string_to_index,
    "string_to_index_table_from_file": string_to_index_table_from_file,
    "string_to_index_table_from_tensor": string_to_index_table_from_tensor,
}
