"""`tf.contrib.feature_column`: inputs of sequence models from feature columns."""

import tensorflow.compat.v1 as tf
from tensorflow.python.feature_column import feature_column_v2

NAMES = {"sequence_input_layer": f"{__name__}:sequence_input_layer"}


def sequence_input_layer(
    features, feature_columns, weight_collections=None, trainable=True
):
    """(layer [B, T, D], lengths [B]): the columns side by side, ordered by name.

    Variables sequence_input_layer/{column}/..., made or reused as the scope says.
    """
    columns = feature_column_v2._normalize_feature_columns(feature_columns)
    for column in columns:
        if not isinstance(column, feature_column_v2.SequenceDenseColumn):
            raise ValueError(
                "Expected sequence columns that are dense (sequence_numeric_column, or "
                f"an embedding or indicator of a sequence column). Received: {column}"
            )
    with tf.variable_scope(None, "sequence_input_layer", values=features.values()):
        state = _Variables(trainable, weight_collections)
        cache = feature_column_v2.FeatureTransformationCache(features)
        parts, lengths = [], []
        for column in sorted(columns, key=lambda each: each.name):
            scope = getattr(column, "_var_scope_name", column.name)
            with tf.variable_scope(None, scope):
                if hasattr(column, "create_state"):
                    column.create_state(state)
                dense, length = column.get_sequence_dense_tensor(cache, state)
            size = column.variable_shape.num_elements()
            shape = tf.concat([tf.shape(dense)[:2], [size]], 0)
            parts.append(tf.reshape(dense, shape))
            lengths.append(length)
        same = [tf.assert_equal(lengths[0], other) for other in lengths[1:]]
        with tf.control_dependencies(same):
            return tf.concat(parts, 2), tf.identity(lengths[0])


class _Variables:
    """Where a column's variables are: in the scope of the call."""

    def __init__(self, trainable, collections):
        self._trainable, self._collections = trainable, collections
        self._made = {}

    def create_variable(
        self, column, name, shape, dtype=None, trainable=True, **options
    ):
        collections = [tf.GraphKeys.GLOBAL_VARIABLES, *(self._collections or ())]
        self._made[column, name] = tf.get_variable(
            name,
            shape,
            dtype or tf.float32,
            options.get("initializer"),
            trainable=self._trainable and trainable,
            collections=collections,
        )
        return self._made[column, name]

    def has_resource(self, column, name):
        return False

    def add_resource(self, column, name, resource):
        pass

    def get_variable(self, column, name):
        return self._made[column, name]
