"""tf.contrib.metrics and losses: values and, for streams, the state they keep."""

import numpy as np
from harness import ALL, scenario

NEW = ("1.15.5",)


def data(tf):
    draw = np.random.RandomState(2)
    labels = tf.constant(draw.randint(0, 2, (6,)), tf.int64)
    scores = tf.constant(draw.uniform(0, 1, (6,)).astype(np.float32))
    return labels, scores


@scenario(ALL, steps="step", gradients=False, weights=False)
def streams(tf):
    m = tf.contrib.metrics
    labels, scores = data(tf)
    found = tf.cast(scores > 0.5, tf.int64)
    weights = tf.constant([1.0, 2.0, 0.0, 1.0, 0.5, 1.0])
    pairs = {
        "accuracy": m.streaming_accuracy(found, labels),
        "weighted": m.streaming_accuracy(found, labels, weights),
        "precision": m.streaming_precision(found, labels),
        "recall": m.streaming_recall(found, labels),
        "auc": m.streaming_auc(scores, labels, num_thresholds=20),
        "mean": m.streaming_mean(scores),
        "rmse": m.streaming_root_mean_squared_error(scores, tf.to_float(labels)),
        "mse": m.streaming_mean_squared_error(scores, tf.to_float(labels)),
        "mae": m.streaming_mean_absolute_error(scores, tf.to_float(labels)),
        "iou": m.streaming_mean_iou(found, labels, 2),
        "pearson": m.streaming_pearson_correlation(scores, tf.to_float(labels)),
        "covariance": m.streaming_covariance(scores, tf.to_float(labels)),
        "less": m.streaming_percentage_less(scores, 0.4),
        "in_top": m.streaming_sparse_recall_at_k(
            tf.reshape(scores, [2, 3]), tf.constant([[0], [1]], tf.int64), 2
        ),
    }
    _, updates = m.aggregate_metrics(*pairs.values())
    result = {name: value for name, (value, _) in pairs.items()}
    result["step"] = tf.group(*updates)
    return result


@scenario(NEW, steps="step", gradients=False, weights=False)
def later(tf):
    m = tf.contrib.metrics
    labels, scores = data(tf)
    found = tf.cast(scores > 0.5, tf.int64)
    pairs = {
        "kappa": m.cohen_kappa(labels, found, 2),
        "count": m.count(scores),
        "f1": m.f1_score(labels, scores, num_thresholds=20),
        "dynamic": m.streaming_dynamic_auc(labels, scores),
        "positives": m.streaming_true_positives(found, labels),
        "negatives": m.streaming_false_negatives(found, labels),
        "specific": m.streaming_specificity_at_sensitivity(scores, labels, 0.5),
        "sensitive": m.streaming_sensitivity_at_specificity(scores, labels, 0.5),
        "tensor": m.streaming_mean_tensor(scores),
        "concat": m.streaming_concat(scores),
    }
    result = {name: value for name, (value, _) in pairs.items()}
    result["step"] = tf.group(*[update for _, update in pairs.values()])
    result["confusion"] = m.confusion_matrix(labels, found)
    result["union"] = tf.sparse_tensor_to_dense(
        m.set_union(tf.constant([[1, 2]]), tf.constant([[2, 3]]))
    )
    return result


@scenario(ALL)
def losses(tf):
    c = tf.contrib.losses
    logits = tf.get_variable("logits", [4, 3])
    labels = tf.constant([[0.0, 1.0, 0.0], [1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])
    weights = tf.constant([1.0, 0.0, 2.0, 0.5])
    result = {
        "softmax": c.softmax_cross_entropy(logits, labels, weights, 0.1),
        "sigmoid": c.sigmoid_cross_entropy(logits, labels),
        "absolute": c.absolute_difference(logits, labels),
        "squared": c.mean_squared_error(logits, labels),
        "pairs": c.mean_pairwise_squared_error(logits, labels),
        "log": c.log_loss(tf.nn.sigmoid(logits), labels),
        "sparse": c.sparse_softmax_cross_entropy(logits, tf.constant([1, 0, 2, 1])),
        "cosine": c.cosine_distance(
            tf.nn.l2_normalize(logits, 1), tf.nn.l2_normalize(labels, 1), 1
        ),
        "weighted": c.compute_weighted_loss(logits, 0.5),
    }
    result["total"] = c.get_total_loss()
    result["count"] = [len(c.get_losses()), len(c.get_regularization_losses())]
    return result
