"""Feature columns of `tf.contrib.layers`: what a feature is, how it becomes numbers.

A column is a named tuple; its text orders the columns of a model, so the names of
types and first fields are those of the original. Sparse columns give `ids(features)`
(a SparseTensor of int64) and `weights(features)` (one of float, or None).
"""

import collections
import math

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import gen_sparse_ops

SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY = 956888297470  # of the original, documented


def sparse_of(tensor):
    """A SparseTensor; in a dense one '' and -1 stand for nothing."""
    if isinstance(tensor, tf.SparseTensor):
        return tensor
    tensor = tf.convert_to_tensor(tensor)
    nothing = "" if tensor.dtype == tf.string else -1
    places = tf.where(tf.not_equal(tensor, tf.cast(nothing, tensor.dtype)))
    return tf.SparseTensor(
        places, tf.gather_nd(tensor, places), tf.shape(tensor, out_type=tf.int64)
    )


def _with_values(sparse, values):
    return tf.SparseTensor(sparse.indices, values, sparse.dense_shape)


class _Column:
    """All columns have a sort key, a `name` and `spec()`: {feature: how to parse}."""

    @property
    def key(self):
        return str(self)

    def __hash__(self):
        return hash(self.key)

    def __eq__(self, other):
        return type(self) is type(other) and self.key == other.key

    def __ne__(self, other):
        return not self == other


class _RealValuedColumn(
    _Column,
    collections.namedtuple(
        "_RealValuedColumn",
        ("column_name", "dimension", "default_value", "dtype", "normalizer"),
    ),
):
    @property
    def name(self):
        return self.column_name

    def spec(self):
        default = self.default_value
        return {
            self.column_name: tf.FixedLenFeature([self.dimension], self.dtype, default)
        }

    def dense(self, features):
        """[B, dimension] float."""
        value = features[self if self in features else self.column_name]
        if isinstance(value, tf.SparseTensor):
            raise ValueError(
                f"Expected a dense tensor for the column {self.name}. Received: {value}"
            )
        value = self.normalizer(value) if self.normalizer else value
        return tf.cast(value, tf.float32)


class _BucketizedColumn(
    _Column,
    collections.namedtuple("_BucketizedColumn", ("source_column", "boundaries")),
):
    @property
    def name(self):
        return self.source_column.name + "_bucketized"

    @property
    def buckets(self):
        return (len(self.boundaries) + 1) * self.source_column.dimension

    combiner = "sum"

    def spec(self):
        return self.source_column.spec()

    def places(self, features):
        """[B, dimension] int32: which bucket each number falls in."""
        number = self.source_column.dense(features)
        edges = tf.constant(self.boundaries, tf.float32)
        above = tf.cast(tf.expand_dims(number, -1) >= edges, tf.int32)
        return tf.reduce_sum(above, -1)

    def ids(self, features):
        places = self.places(features)
        width = self.source_column.dimension
        offsets = tf.range(width) * (len(self.boundaries) + 1)
        ids = tf.cast(tf.reshape(places, [-1, width]) + offsets, tf.int64)
        shape = tf.shape(ids, out_type=tf.int64)
        return tf.SparseTensor(
            tf.where(tf.ones_like(ids, tf.bool)), tf.reshape(ids, [-1]), shape
        )

    def weights(self, features):
        return None


class _SparseColumn(
    collections.namedtuple(
        "_SparseColumn",
        ("column_name", "is_integerized", "buckets", "source", "combiner", "dtype"),
    )
):
    @property
    def name(self):
        return self.column_name

    def spec(self):
        return {self.column_name: tf.VarLenFeature(self.dtype)}

    def raw(self, features):
        """The feature as it comes, what a cross is made of."""
        return sparse_of(features[self.column_name])

    def weights(self, features):
        return None

    def ids(self, features):
        if self in features:
            return features[self]
        raw = self.raw(features)
        return _with_values(raw, self.number(raw.values))


class _SparseColumnIntegerized(_Column, _SparseColumn):
    def number(self, values):
        return tf.mod(tf.cast(values, tf.int64), self.buckets)


class _SparseColumnHashed(_Column, _SparseColumn):
    def number(self, values):
        if values.dtype != tf.string:
            values = tf.as_string(values)
        return tf.string_to_hash_bucket_fast(values, self.buckets)


class _SparseColumnKeys(_Column, _SparseColumn):
    def number(self, values):
        keys, default = self.source
        from tensorflow.python.ops import lookup_ops

        table = lookup_ops.index_table_from_tensor(
            tf.constant(keys, self.dtype), default_value=default, dtype=self.dtype
        )
        return table.lookup(values)


class _SparseColumnVocabulary(_Column, _SparseColumn):
    def number(self, values):
        from tensorflow.python.ops import lookup_ops

        path, extra, size, default = self.source
        table = lookup_ops.index_table_from_file(
            path, extra, size, default, key_dtype=self.dtype
        )
        return table.lookup(values)


class _WeightedSparseColumn(
    _Column,
    collections.namedtuple(
        "_WeightedSparseColumn", ("sparse_id_column", "weight_column_name", "dtype")
    ),
):
    @property
    def name(self):
        return f"{self.sparse_id_column.name}_weighted_by_{self.weight_column_name}"

    @property
    def buckets(self):
        return self.sparse_id_column.buckets

    @property
    def combiner(self):
        return self.sparse_id_column.combiner

    def spec(self):
        weight = {self.weight_column_name: tf.VarLenFeature(self.dtype)}
        return {**self.sparse_id_column.spec(), **weight}

    def ids(self, features):
        return self.sparse_id_column.ids(features)

    def weights(self, features):
        weights = sparse_of(features[self.weight_column_name])
        return _with_values(weights, tf.cast(weights.values, tf.float32))


def _sparse_cross(parts, **settings):
    """Every combination of the parts' values, row by row."""
    hashed = settings.pop("hashed_output", False)
    strings = all(part.values.dtype == tf.string for part in parts)
    settings.setdefault("num_buckets", 0)
    settings.setdefault("hash_key", SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY)
    return tf.SparseTensor(
        *gen_sparse_ops.sparse_cross(
            indices=[part.indices for part in parts],
            values=[part.values for part in parts],
            shapes=[part.dense_shape for part in parts],
            dense_inputs=[],
            hashed_output=hashed,
            out_type=tf.int64 if hashed else tf.string,
            internal_type=tf.string if strings else tf.int64,
            **settings,
        )
    )


def _unsigned(values):
    """64 bits of each value as int64: a string's FarmHash fingerprint, a number."""
    if values.dtype == tf.string:
        return tf.bitcast(tf.fingerprint(values), tf.int64)
    return tf.cast(values, tf.int64)


def _crossed(parts, buckets):
    """Crosses hashed as before there was a hash_key: the kernel is gone, its hash is
    h <- h ^ (f + 0x9e3779b97f4a7800 + (h << 10) + (h >> 4)) over the fingerprints f,
    from 0xDECAFCAFFE, in 64 bits with sign (measured: h >> 4 keeps it), the bucket
    without."""
    numbered = [
        _with_values(part, tf.as_string(tf.range(tf.size(part.values))))
        for part in parts
    ]
    crossed = _sparse_cross(numbered)
    places = tf.strings.split(crossed.values, "_X_").values
    places = tf.reshape(tf.strings.to_number(places, tf.int64), [-1, len(parts)])
    bits = tf.bitwise
    state = tf.fill(tf.shape(places)[:1], tf.constant(0xDECAFCAFFE, tf.int64))
    golden_ratio = tf.constant(0x9E3779B97F4A7800 - 2**64, tf.int64)
    for number, part in enumerate(parts):
        value = tf.gather(_unsigned(part.values), places[:, number])
        high = bits.left_shift(state, tf.constant(10, tf.int64))
        low = bits.right_shift(state, tf.constant(4, tf.int64))
        mixed = value + golden_ratio + high + low
        state = bits.bitwise_xor(state, mixed)
    bucket = tf.math.floormod(
        tf.bitcast(state, tf.uint64), tf.constant(buckets, tf.uint64)
    )
    return _with_values(crossed, tf.bitcast(bucket, tf.int64))


class _CrossedColumn(
    _Column,
    collections.namedtuple(
        "_CrossedColumn", ("columns", "buckets", "hash_key", "combiner")
    ),
):
    @property
    def name(self):
        return "_X_".join(sorted(column.name for column in self.columns))

    def spec(self):
        return {k: v for column in self.columns for k, v in column.spec().items()}

    def _parts(self, features):
        for column in self.columns:
            if isinstance(column, (_CrossedColumn, _BucketizedColumn)):
                yield column.ids(features)
            else:
                yield column.raw(features)

    def ids(self, features):
        if self in features:
            return features[self]
        parts = list(self._parts(features))
        if self.hash_key is None:
            return _crossed(parts, self.buckets)
        # The kernel takes strings and int64 only.
        parts = [
            part
            if part.values.dtype in (tf.string, tf.int64)
            else _with_values(part, tf.cast(part.values, tf.int64))
            for part in parts
        ]
        return _sparse_cross(
            parts, hashed_output=True, num_buckets=self.buckets, hash_key=self.hash_key
        )

    def weights(self, features):
        return None


class _OneHotColumn(
    _Column, collections.namedtuple("_OneHotColumn", ("sparse_id_column",))
):
    @property
    def name(self):
        return self.sparse_id_column.name + "_one_hot"

    def spec(self):
        return self.sparse_id_column.spec()


class _EmbeddingColumn(
    _Column,
    collections.namedtuple(
        "_EmbeddingColumn",
        (
            "sparse_id_column",
            "dimension",
            "combiner",
            "initializer",
            "checkpoint",
            "shared_name",
            "vocabulary",
            "max_norm",
            "trainable",
        ),
    ),
):
    @property
    def name(self):
        kind = "_shared_embedding" if self.shared_name else "_embedding"
        return self.sparse_id_column.name + kind

    def spec(self):
        return self.sparse_id_column.spec()

    def start(self):
        """The variable's initialiser: from a checkpoint, given, or the usual draw."""
        if self.checkpoint[0] is not None:
            path, tensor = self.checkpoint
            value = tf.train.load_variable(path, tensor)
            return tf.constant_initializer(value)
        if self.initializer is not None:
            return self.initializer
        return tf.truncated_normal_initializer(0.0, 1 / math.sqrt(self.vocabulary))


def real_valued_column(
    column_name, dimension=1, default_value=None, dtype=tf.float32, normalizer=None
):
    """`dimension` numbers an example; TypeError, ValueError for wrong settings."""
    if not isinstance(dimension, int):
        raise TypeError(f"Expected dimension as an int. Received: {dimension!r}")
    if dimension < 1:
        raise ValueError(f"Expected dimension of at least 1. Received: {dimension}")
    if not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"Expected a dtype of numbers. Received: {dtype}")
    if normalizer is not None and not callable(normalizer):
        raise TypeError(f"Expected normalizer as a function. Received: {normalizer!r}")
    if default_value is not None:
        if not isinstance(default_value, (list, tuple)):
            default_value = [default_value] * dimension
        if len(default_value) != dimension:
            raise ValueError(
                f"Expected {dimension} default values. Received: {default_value}"
            )
        kind = int if dtype.is_integer else float
        default_value = tuple(kind(value) for value in default_value)
    return _RealValuedColumn(column_name, dimension, default_value, dtype, normalizer)


def bucketized_column(source_column, boundaries):
    """Which of len(boundaries) + 1 intervals [a, b) a number is in."""
    if not isinstance(source_column, _RealValuedColumn):
        raise TypeError(
            f"Expected a real_valued_column. Received: source_column={source_column!r}"
        )
    boundaries = tuple(boundaries)
    if not boundaries or list(boundaries) != sorted(set(boundaries)):
        raise ValueError(f"Expected sorted boundaries. Received: {list(boundaries)}")
    return _BucketizedColumn(source_column, boundaries)


def _checked_size(name, size):
    if size is None or size < 1:
        raise ValueError(f"Expected {name} of at least 1. Received: {size}")
    return size


def sparse_column_with_integerized_feature(
    column_name, bucket_size, combiner="sum", dtype=tf.int64
):
    """Whole numbers, modulo `bucket_size`."""
    if not dtype.is_integer:
        raise ValueError(f"Expected a dtype of whole numbers. Received: {dtype}")
    size = _checked_size("bucket_size", bucket_size)
    return _SparseColumnIntegerized(column_name, True, size, None, combiner, dtype)


def sparse_column_with_hash_bucket(
    column_name, hash_bucket_size, combiner="sum", dtype=tf.string, hash_keys=None
):
    """Strings or whole numbers, by the fingerprint of their text."""
    if hash_keys:
        raise ValueError(
            "hash_keys (columns hashed several times) are not emulated: use one column "
            "a key."
        )
    size = _checked_size("hash_bucket_size", hash_bucket_size)
    return _SparseColumnHashed(column_name, False, size, None, combiner, dtype)


def sparse_column_with_keys(
    column_name, keys, default_value=-1, combiner="sum", dtype=tf.string
):
    """The place of a value in `keys`; others get `default_value` (-1: left out)."""
    keys = tuple(keys)
    source = keys, default_value
    return _SparseColumnKeys(column_name, False, len(keys), source, combiner, dtype)


def sparse_column_with_vocabulary_file(
    column_name,
    vocabulary_file,
    num_oov_buckets=0,
    vocab_size=None,
    default_value=-1,
    combiner="sum",
    dtype=tf.string,
):
    """The line of a value in a file; others in `num_oov_buckets` more by their hash."""
    if not vocabulary_file:
        raise ValueError("Expected vocabulary_file. Received: none")
    size = _checked_size("vocab_size", vocab_size)
    source = vocabulary_file, num_oov_buckets, size, default_value
    return _SparseColumnVocabulary(
        column_name, False, size + num_oov_buckets, source, combiner, dtype
    )


def weighted_sparse_column(sparse_id_column, weight_column_name, dtype=tf.float32):
    """A sparse column with the weights of another feature."""
    return _WeightedSparseColumn(sparse_id_column, weight_column_name, dtype)


def crossed_column(
    columns,
    hash_bucket_size,
    combiner="sum",
    ckpt_to_load_from=None,
    tensor_name_in_ckpt=None,
    hash_key=None,
):
    """Every combination of the columns' values, hashed.

    Up to 0.12 the third argument was called `combiner` too, default "sum".
    """
    if len(set(columns)) < 2:
        raise ValueError(f"Expected at least 2 columns. Received: {columns}")
    ordered = tuple(sorted(columns, key=lambda column: column.name))
    size = _checked_size("hash_bucket_size", hash_bucket_size)
    return _CrossedColumn(ordered, size, hash_key, combiner)


def one_hot_column(sparse_id_column):
    """How often each value occurs: [B, buckets]."""
    return _OneHotColumn(sparse_id_column)


def embedding_column(
    sparse_id_column,
    dimension,
    combiner="mean",
    initializer=None,
    ckpt_to_load_from=None,
    tensor_name_in_ckpt=None,
    max_norm=None,
    trainable=True,
):
    """The combined vectors of a sparse column's values: [B, dimension]."""
    if initializer is not None and not callable(initializer):
        raise ValueError(
            f"Expected initializer as a function. Received: {initializer!r}"
        )
    return _EmbeddingColumn(
        sparse_id_column,
        dimension,
        combiner,
        initializer,
        (ckpt_to_load_from, tensor_name_in_ckpt),
        None,
        sparse_id_column.buckets,
        max_norm,
        trainable,
    )


def shared_embedding_columns(
    sparse_id_columns,
    dimension,
    combiner="mean",
    shared_embedding_name=None,
    initializer=None,
    ckpt_to_load_from=None,
    tensor_name_in_ckpt=None,
    max_norm=None,
    trainable=True,
):
    """Embedding columns of one variable, for columns of one bucket size and type."""
    if not isinstance(sparse_id_columns, (list, tuple)) or not sparse_id_columns:
        raise TypeError(
            f"Expected a list of sparse columns. Received: {sparse_id_columns!r}"
        )
    sizes = {column.buckets for column in sparse_id_columns}
    if len(sizes) > 1:
        raise ValueError(f"Expected columns of one size. Received: {sorted(sizes)}")
    ordered = sorted(sparse_id_columns, key=lambda column: column.key)
    if shared_embedding_name is None:
        shared_embedding_name = "_".join(column.name for column in ordered[:2])
        if len(ordered) > 2:
            shared_embedding_name += f"_plus_{len(ordered) - 2}_others"
        shared_embedding_name += "_shared_embedding"
    if initializer is None:
        initializer = tf.truncated_normal_initializer(0.0, 1 / math.sqrt(dimension))
    return [
        embedding_column(
            column,
            dimension,
            combiner,
            initializer,
            ckpt_to_load_from,
            tensor_name_in_ckpt,
            max_norm,
            trainable,
        )._replace(shared_name=shared_embedding_name)
        for column in sparse_id_columns
    ]
