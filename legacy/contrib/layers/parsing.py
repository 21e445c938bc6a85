"""Feature columns and serialized examples."""

import tensorflow.compat.v1 as tf

from legacy.contrib.layers.columns.numbers import real_valued_column
from legacy.contrib.layers.models import check_feature_columns, transform_features

__all__ = [
    "create_feature_spec_for_parsing",
    "infer_real_valued_columns",
    "make_place_holder_tensors_for_base_features",
    "parse_feature_columns_from_examples",
    "parse_feature_columns_from_sequence_examples",
]


def create_feature_spec_for_parsing(feature_columns):
    """{feature name: VarLenFeature or FixedLenFeature}, for `tf.parse_example`."""
    spec = {}
    for column in feature_columns:
        spec.update(column.spec())
    return spec


def parse_feature_columns_from_examples(
    serialized, feature_columns, name=None, example_names=None
):
    """{feature name or column: tensor} of a batch of serialized `tf.train.Example`."""
    check_feature_columns(feature_columns)
    features = tf.parse_example(
        serialized,
        create_feature_spec_for_parsing(feature_columns),
        name=name,
        example_names=example_names,
    )
    sources = [
        getattr(column, "sparse_id_column", column) for column in feature_columns
    ]
    everything = list(dict.fromkeys([*feature_columns, *sources]))
    return {**features, **transform_features(features, everything)}


def parse_feature_columns_from_sequence_examples(
    serialized,
    context_feature_columns,
    sequence_feature_columns,
    name=None,
    example_name=None,
):
    """(context, sequence) features of one serialized `tf.train.SequenceExample`."""

    def steps(feature):
        if isinstance(feature, tf.FixedLenFeature):
            return tf.FixedLenSequenceFeature(feature.shape, feature.dtype)
        return feature

    context = create_feature_spec_for_parsing(context_feature_columns or [])
    sequence = create_feature_spec_for_parsing(sequence_feature_columns or [])
    return tf.parse_single_sequence_example(
        serialized,
        context,
        {name: steps(feature) for name, feature in sequence.items()},
        example_name=example_name,
        name=name,
    )


def make_place_holder_tensors_for_base_features(feature_columns):
    """{feature name: placeholder}, sparse or dense as the column wants it."""
    return {
        name: tf.sparse_placeholder(feature.dtype, name=f"Placeholder_{name}")
        if isinstance(feature, tf.VarLenFeature)
        else tf.placeholder(
            feature.dtype, [None, *feature.shape], name=f"Placeholder_{name}"
        )
        for name, feature in create_feature_spec_for_parsing(feature_columns).items()
    }


def infer_real_valued_columns(features):
    """A real-valued column for each dense [B, D] feature (one nameless, for a tensor).

    TypeError for a sparse one, ValueError if D is unknown.
    """
    named = features if isinstance(features, dict) else {"": features}
    found = []
    for name, tensor in sorted(named.items()):
        if isinstance(tensor, tf.SparseTensor):
            raise TypeError(f"Expected dense features. Received sparse: {name!r}")
        if tensor.shape.ndims != 2 or tf.dimension_value(tensor.shape[1]) is None:
            raise ValueError(
                f"Expected features [batch, known width]. Received: {tensor}"
            )
        width = tf.dimension_value(tensor.shape[1])
        found.append(real_valued_column(name, width, dtype=tensor.dtype))
    return found
