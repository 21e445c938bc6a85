"""tf.contrib.layers and slim: layers, norms, initialisers, regularisers, optimisers."""

import numpy as np
from harness import ALL, scenario, values

NEW = ("1.15.5",)


def image(tf, shape=(2, 6, 6, 3)):
    return tf.constant(values(shape, 1))


@scenario(ALL)
def network(tf):
    c = tf.contrib.layers
    h = c.convolution2d(
        image(tf),
        4,
        3,
        stride=2,
        normalizer_fn=c.batch_norm,
        weights_regularizer=c.l2_regularizer(0.1),
    )
    h = c.max_pool2d(h, 2)
    h = c.flatten(h)
    h = c.fully_connected(h, 5, activation_fn=tf.nn.tanh)
    h = c.stack(h, c.fully_connected, [4, 3], scope="deep")
    h = c.dropout(h, 1.0)
    out = c.fully_connected(
        h, 2, activation_fn=None, biases_regularizer=c.l1_regularizer(0.2)
    )
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    return {
        "out": out,
        "losses": tf.add_n(losses),
        "count": [len(losses), len(tf.get_collection(tf.GraphKeys.UPDATE_OPS))],
    }


@scenario(ALL)
def convolutions(tf):
    c = tf.contrib.layers
    x = image(tf)
    return {
        "same": c.convolution2d(x, 2, [3, 2], activation_fn=None),
        "valid": c.convolution2d(x, 2, 3, padding="VALID"),
        "dilated": c.convolution2d(x, 2, 3, rate=2),
        "transposed": c.convolution2d_transpose(x, 2, 3, stride=2),
        "separable": c.separable_convolution2d(x, 6, 3, depth_multiplier=2),
        "plane": c.convolution2d_in_plane(x, [1, 2]),
        "average": c.avg_pool2d(x, 3, stride=1, padding="SAME"),
        "repeated": c.repeat(x, 2, c.convolution2d, 3, 1, scope="again"),
    }


@scenario(ALL, weights="positive")
def norms(tf):
    c = tf.contrib.layers
    x = tf.constant(values((4, 5), 2))
    trained = c.batch_norm(x, scale=True, is_training=True, updates_collections=None)
    return {
        "train": trained,
        "test": c.batch_norm(
            x, is_training=False, scope="other", activation_fn=tf.nn.relu
        ),
        "layer": c.layer_norm(x),
        "unit": c.unit_norm(x, 1),
        "one_hot": c.one_hot_encoding(tf.constant([1, 0, 2]), 3),
    }


@scenario(ALL, gradients=False, weights=False)
def starts(tf):
    """Draws have the spread that the formulas give; constants are exact."""
    c = tf.contrib.layers
    spreads = []
    for make, shape in [
        (c.xavier_initializer(), [200, 300]),
        (c.xavier_initializer(uniform=False), [200, 300]),
        (c.variance_scaling_initializer(), [400, 100]),
        (c.variance_scaling_initializer(1.0, "FAN_AVG", True), [400, 100]),
        (c.xavier_initializer_conv2d(), [3, 3, 40, 50]),
        (c.variance_scaling_initializer(2.0, "FAN_OUT"), [3, 3, 40, 50]),
    ]:
        draw = make(shape, tf.float32)
        spread = tf.sqrt(tf.reduce_mean(tf.square(draw)))
        # Rounded to about 6 %: sampling moves it by less than 1 %.
        spreads.append(tf.to_int32(tf.round(16 * tf.log(spread))))
    return {"spreads": tf.stack(spreads)}


@scenario(ALL, gradients=False)
def regularised(tf):
    c = tf.contrib.layers
    w = tf.get_variable("w", [3, 2])
    both = c.sum_regularizer([c.l1_regularizer(0.1), c.l2_regularizer(0.3)])
    return {
        "l1": c.l1_regularizer(0.1)(w),
        "l2": c.l2_regularizer(0.3)(w),
        "sum": both(w),
        "applied": c.apply_regularization(both, [w]),
        "none": [int(c.l2_regularizer(0.0)(w) is None)],
    }


@scenario(ALL, steps="step", gradients=False, weights="positive")
def optimised(tf):
    c = tf.contrib.layers
    x = tf.constant(values((4, 3), 1))
    h = c.fully_connected(x, 2, activation_fn=None)
    loss = tf.reduce_mean(tf.square(h - 1.0))
    step = tf.contrib.framework.get_or_create_global_step()
    with tf.control_dependencies([step.initializer]):
        pass
    train = c.optimize_loss(
        loss,
        step,
        0.1,
        "SGD",
        clip_gradients=0.5,
        learning_rate_decay_fn=lambda rate, s: tf.train.exponential_decay(
            rate, s, 2, 0.5
        ),
    )
    return {
        "step": train,
        "global": step + 0,
        "loss": loss,
        "w": tf.trainable_variables()[0] + 0,
    }


@scenario(NEW)
def later(tf):
    c = tf.contrib.layers
    x = image(tf, (2, 4, 4, 4))
    volume = tf.constant(values((1, 3, 4, 3, 2), 2))
    line = tf.constant(values((2, 6, 3), 3))
    return {
        "conv1d": c.conv1d(line, 2, 3),
        "conv3d": c.conv3d(volume, 2, 2),
        "conv3d_t": c.conv3d_transpose(volume, 2, 2, stride=2),
        "group": c.group_norm(x, groups=2),
        "instance": c.instance_norm(x),
        "maxout": c.maxout(x, 2),
        "spatial": c.spatial_softmax(x),
        "gdn": c.gdn(tf.abs(x)),
        "pool3d": c.max_pool3d(volume, 2),
        "avg3d": c.avg_pool3d(volume, 2),
        "softmax": c.softmax(x),
        "sequence": c.images_to_sequence(x),
        "elu": c.elu(tf.reduce_mean(x, [1, 2]), 3),
        "linear": c.linear(tf.reduce_mean(x, [1, 2]), 3),
        "relu6": c.relu6(tf.reduce_mean(x, [1, 2]), 3),
        "scaled": c.scale_gradient(x, 0.5),
        "l1l2": c.l1_l2_regularizer(0.1, 0.2)(tf.constant(values((3,), 1))),
        "bias": c.bias_add(x),
        "unit": c.legacy_fully_connected(tf.reduce_mean(x, [1, 2]), 2),
    }


@scenario(NEW)
def words(tf):
    c = tf.contrib.layers
    ids = tf.constant(np.random.RandomState(1).randint(0, 5, (3, 4)))
    sparse = c.dense_to_sparse(ids)
    table = tf.get_variable("table", [5, 2])
    return {
        "embedded": c.embed_sequence(ids, 5, 3),
        "unique": c.embed_sequence(ids, 5, 3, unique=True, scope="second"),
        "again": c.embed_sequence(ids, scope="second", reuse=True),
        "bag": c.bow_encoder(ids, 5, 3),
        "bag_sparse": c.bow_encoder(sparse, 5, 3, scope="b2"),
        "bag_dense": c.bow_encoder(ids, 5, 3, sparse_lookup=False, scope="b3"),
        "lookup": c.embedding_lookup_unique(table, ids),
        "safe": c.safe_embedding_lookup_sparse([table], sparse, combiner="sum"),
    }


@scenario(NEW)
def targets(tf):
    c = tf.contrib.layers
    logits = tf.get_variable("logits", [4, 3])
    one = tf.get_variable("one", [4, 1])
    labels = tf.constant([0, 2, 1, 1])
    features = {"w": tf.constant([1.0, 2.0, 0.5, 0.0])}
    many, two = c.multi_class_target(3), c.multi_class_target(2, weight_column_name="w")
    line = c.regression_target()
    return {
        "many": many.loss(logits, labels, features),
        "classes": many.logits_to_predictions(logits),
        "proba": many.logits_to_predictions(logits, proba=True),
        "two": two.loss(one, tf.minimum(labels, 1), features),
        "two_training": two.training_loss(one, tf.minimum(labels, 1), features),
        "two_classes": two.logits_to_predictions(one),
        "line": line.loss(one, tf.constant([1.0, 2.0, 3.0, 4.0]), features),
        "value": line.logits_to_predictions(one),
    }


@scenario(NEW)
def slim(tf):
    s = tf.contrib.slim
    with s.arg_scope(
        [s.conv2d, s.fully_connected],
        activation_fn=tf.nn.tanh,
        weights_regularizer=s.l2_regularizer(0.1),
    ):
        h = s.conv2d(image(tf), 3, [3, 3], scope="c1")
        h = s.fully_connected(s.flatten(h), 2, scope="f1")
    s.losses.softmax_cross_entropy(h, tf.one_hot([0, 1], 2))
    return {
        "out": h,
        "loss": s.losses.get_total_loss(),
        "names": [",".join(v.op.name for v in s.get_model_variables()).encode("utf8")],
    }
