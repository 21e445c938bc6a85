"""Words to vectors: one lookup and one variable, `embeddings` [vocabulary, size]."""

import tensorflow.compat.v1 as tf
from tf_slim.layers.layers import dense_to_sparse
from tf_slim.ops.variables import model_variable

__all__ = [
    "bow_encoder",
    "embed_sequence",
    "embedding_lookup_unique",
]


def _table(vocab_size, embed_dim, initializer, regularizer, trainable):
    return model_variable(
        "embeddings",
        shape=[vocab_size, embed_dim],
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
    )


def embed_sequence(
    ids,
    vocab_size=None,
    embed_dim=None,
    unique=False,
    initializer=None,
    regularizer=None,
    trainable=True,
    scope=None,
    reuse=None,
):
    """[B, T] numbers -> [B, T, embed_dim]; the variable is EmbedSequence/embeddings.

    With `reuse` the sizes may be left out. Otherwise ValueError if one is missing.
    """
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError(
            "Expected vocab_size and embed_dim (or reuse). Received: "
            f"vocab_size={vocab_size}, embed_dim={embed_dim}"
        )
    with tf.variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        shape = [vocab_size, embed_dim]
        if reuse and not all(shape):
            table = tf.get_variable("embeddings")
        else:
            table = _table(*shape, initializer, regularizer, trainable)
        look_up = embedding_lookup_unique if unique else tf.nn.embedding_lookup
        return look_up(table, ids)


def embedding_lookup_unique(params, ids, partition_strategy="mod", name=None):
    """`tf.nn.embedding_lookup` that fetches each distinct number once."""
    with tf.name_scope(name, "EmbeddingLookupUnique", [params, ids]):
        ids = tf.convert_to_tensor(ids)
        distinct, places = tf.unique(tf.reshape(ids, [-1]))
        rows = tf.nn.embedding_lookup(params, distinct, partition_strategy)
        found = tf.gather(rows, places)
        size = tf.concat([tf.shape(ids), tf.shape(found)[1:]], 0)
        result = tf.reshape(found, size)
        result.set_shape(ids.shape.concatenate(rows.shape[1:]))
        return result


def bow_encoder(
    ids,
    vocab_size,
    embed_dim,
    sparse_lookup=True,
    initializer=None,
    regularizer=None,
    trainable=True,
    scope=None,
    reuse=None,
):
    """The mean of the words' vectors, [B, T] -> [B, embed_dim]; 0 is padding when
    `sparse_lookup` (dense `ids`). The variable is bow_encoder/embeddings."""
    with tf.variable_scope(scope, "bow_encoder", [ids], reuse=reuse):
        table = _table(vocab_size, embed_dim, initializer, regularizer, trainable)
        if not sparse_lookup:
            if isinstance(ids, tf.SparseTensor):
                raise TypeError(
                    "Expected dense ids without sparse_lookup. Received: a SparseTensor"
                )
            return tf.reduce_mean(tf.nn.embedding_lookup(table, ids), 1)
        if not isinstance(ids, tf.SparseTensor):
            ids = dense_to_sparse(ids)
        return tf.nn.safe_embedding_lookup_sparse(
            [table], ids, combiner="mean", default_id=0
        )
