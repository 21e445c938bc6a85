"""Heads: from a model's logits to predictions, loss, metrics and a training step.

Origin: TensorFlow 1.15's heads of canned estimators. Labels have the shape [B, 1] (or
[B]), of a regression with several outputs [B, D], and logits [B, D].
"""

import tensorflow.compat.v1 as tf
from tensorflow.python.ops import lookup_ops
from tensorflow.python.saved_model.model_utils import export_output

from legacy.estimator.spec import EstimatorSpec, ModeKeys

_SERVING = tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY
_SUM = tf.losses.Reduction.SUM
_MEAN = tf.losses.Reduction.SUM_OVER_BATCH_SIZE


def _reduction(name):
    """The constant of `tf.losses.Reduction`, from it or from Keras's."""
    allowed = set(tf.losses.Reduction.all()) - {tf.losses.Reduction.NONE}
    found = name if name in allowed else f"weighted_{name}"
    if found not in allowed:
        raise ValueError(
            f"Expected a loss_reduction of {sorted(allowed)}. Received: {name!r}"
        )
    return found


def weights_of(features, column, logits):
    """Weights [B, 1] from `features`, or 1."""
    if column is None:
        return 1.0
    if isinstance(column, str):
        column = tf.feature_column.numeric_column(column)
    with tf.name_scope(None, "weights"):
        weights = tf.cast(features[column.key], tf.float32)
        if column.normalizer_fn is not None:
            weights = column.normalizer_fn(weights)
        if weights.shape.ndims == logits.shape.ndims - 1:
            weights = tf.expand_dims(weights, -1)
        return weights


class Head:
    """What all heads have; a subclass says what its logits mean.

    Args:
      logits_dimension: D, how many logits the model has to give.
      weight_column: name of a feature, or a numeric column: weights of the rows.
      loss_reduction: of `tf.losses.Reduction`.
      loss_fn: a function of `labels` and `logits` (and `features`) in place of the
        head's own loss, gives [B, 1] (a regression's [B, D]).
      name: is added to the names of losses and metrics.
    """

    def __init__(
        self, logits_dimension, weight_column, loss_reduction, loss_fn=None, name=None
    ):
        self.logits_dimension, self.name = logits_dimension, name
        self._weight_column, self._loss_fn = weight_column, loss_fn
        self._loss_reduction = _reduction(loss_reduction)

    def _key(self, name):
        return f"{name}/{self.name}" if self.name else name

    def _labels(self, labels, logits):
        """Labels as [B, 1] or [B, D]; ValueError for another width or none."""
        if labels is None:
            raise ValueError(
                "Expected labels from input_fn. Received: None. "
                "Return features and labels."
            )
        width = self._label_dimension
        with tf.name_scope(None, "labels"):
            labels = tf.convert_to_tensor(labels)
            if labels.shape.ndims == logits.shape.ndims - 1:
                labels = tf.expand_dims(labels, -1)
            if labels.shape.ndims is not None and not (
                labels.shape[-1:].is_compatible_with([width])
            ):
                raise ValueError(
                    f"Expected labels with a last dimension of {width}. Received: "
                    f"{labels.shape}. Check n_classes or label_dimension, and that "
                    "classes are not one-hot."
                )
            return tf.identity(labels)

    _label_dimension = 1

    def create_loss(self, features, mode, logits, labels):
        """(loss, loss of each row, weights, labels as they were used)."""
        logits = tf.convert_to_tensor(logits)
        labels = self._targets(self._labels(labels, logits))
        if self._loss_fn is not None:
            names = self._loss_fn.__code__.co_varnames
            more = {"features": features} if "features" in names else {}
            unreduced = self._loss_fn(labels=labels, logits=logits, **more)
        else:
            unreduced = self._loss(labels, logits)
        weights = weights_of(features, self._weight_column, logits)
        loss = tf.losses.compute_weighted_loss(
            unreduced, weights, reduction=self._loss_reduction
        )
        return loss, unreduced, weights, labels

    def create_estimator_spec(
        self,
        features,
        mode,
        logits,
        labels=None,
        optimizer=None,
        train_op_fn=None,
        regularization_losses=None,
        trainable_variables=None,
        update_ops=None,
    ):
        """The `EstimatorSpec` of a mode.

        Raises:
          ValueError: in training, not exactly one of `optimizer` and `train_op_fn`; or
            logits or labels of another width than the head's.
        """
        with tf.name_scope(self.name, "head"):
            logits = tf.convert_to_tensor(logits)
            if not logits.shape[-1:].is_compatible_with([self.logits_dimension]):
                raise ValueError(
                    f"Expected logits with a last dimension of "
                    f"{self.logits_dimension}. Received: {logits.shape}"
                )
            predictions = self._predictions(logits)
            if mode == ModeKeys.PREDICT:
                outputs = self._outputs(predictions)
                outputs["predict"] = export_output.PredictOutput(predictions)
                return EstimatorSpec(
                    mode, predictions=predictions, export_outputs=outputs
                )
            loss, unreduced, weights, labels = self.create_loss(
                features, mode, logits, labels
            )
            total, extra = loss, None
            if regularization_losses:
                extra = tf.add_n(regularization_losses)
                total = tf.add_n([loss, extra])
            if mode == ModeKeys.EVAL:
                return EstimatorSpec(
                    mode,
                    predictions=predictions,
                    loss=total,
                    eval_metric_ops=self._evaluated(
                        predictions, labels, weights, unreduced, extra
                    ),
                )
            if (optimizer is None) == (train_op_fn is None):
                raise ValueError("Expected either an optimizer or a train_op_fn.")
            if train_op_fn is not None:
                train_op = train_op_fn(total)
            else:
                train_op = optimizer.minimize(
                    total,
                    global_step=tf.train.get_global_step(),
                    var_list=trainable_variables,
                )
            updates = update_ops or tf.get_collection(tf.GraphKeys.UPDATE_OPS)
            if updates:
                train_op = tf.group(train_op, *updates)
            mean = None
            if self._loss_reduction == _SUM:
                mean = loss / tf.reduce_sum(weights * tf.ones_like(unreduced))
        with tf.name_scope(""):
            tf.summary.scalar(self._key("loss"), total)
            if mean is not None:
                tf.summary.scalar(self._key("average_loss"), mean)
            if extra is not None:
                tf.summary.scalar(self._key("regularization_loss"), extra)
        return EstimatorSpec(
            mode, predictions=predictions, loss=total, train_op=train_op
        )

    def _evaluated(self, predictions, labels, weights, unreduced, extra):
        with tf.name_scope(None, "metrics"):
            metrics = {"average_loss": tf.metrics.mean(unreduced, weights)}
            metrics.update(self._metrics(predictions, labels, weights))
            if extra is not None:
                metrics["regularization_loss"] = tf.metrics.mean(extra)
            return {self._key(name): metric for name, metric in metrics.items()}


def _given(weights):
    """Weights as metrics take them: None for 1."""
    return None if isinstance(weights, float) else weights


def _mean_of(values, weights):
    values = tf.cast(values, tf.float32)
    if not isinstance(weights, float):
        weights = tf.broadcast_to(weights, tf.shape(values))
    return tf.metrics.mean(values, weights)


class RegressionHead(Head):
    """Predicts the label itself; the loss is the squared error."""

    def __init__(
        self,
        label_dimension=1,
        weight_column=None,
        loss_reduction=_MEAN,
        loss_fn=None,
        inverse_link_fn=None,
        name=None,
    ):
        if label_dimension < 1:
            raise ValueError(
                f"Expected a label_dimension of 1 or more. Received: {label_dimension}"
            )
        super().__init__(label_dimension, weight_column, loss_reduction, loss_fn, name)
        self._label_dimension, self._inverse_link_fn = label_dimension, inverse_link_fn

    def _predictions(self, logits):
        if self._inverse_link_fn is None:
            return {"predictions": logits}
        return {"predictions": self._inverse_link_fn(logits), "logits": logits}

    def _outputs(self, predictions):
        output = export_output.RegressionOutput(predictions["predictions"])
        return {_SERVING: output, "regression": output}

    def _targets(self, labels):
        return tf.cast(labels, tf.float32)

    def _loss(self, labels, logits):
        return tf.losses.mean_squared_error(
            labels, logits, reduction=tf.losses.Reduction.NONE
        )

    def _metrics(self, predictions, labels, weights):
        return {
            "prediction/mean": _mean_of(predictions["predictions"], weights),
            "label/mean": _mean_of(labels, weights),
        }


class PoissonRegressionHead(RegressionHead):
    """Counts: predicts exp(logits); the loss is Poisson's."""

    def __init__(
        self,
        label_dimension=1,
        weight_column=None,
        loss_reduction=_MEAN,
        compute_full_loss=True,
        name=None,
    ):
        def loss_fn(labels, logits):
            return tf.nn.log_poisson_loss(
                targets=labels, log_input=logits, compute_full_loss=compute_full_loss
            )

        super().__init__(
            label_dimension, weight_column, loss_reduction, loss_fn, tf.exp, name
        )


class LogisticRegressionHead(RegressionHead):
    """Shares of one, in [0, 1]: predicts sigmoid(logits)."""

    def __init__(self, weight_column=None, loss_reduction=_MEAN, name=None):
        def loss_fn(labels, logits):
            return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)

        super().__init__(1, weight_column, loss_reduction, loss_fn, tf.sigmoid, name)


class _Classes(Head):
    """Labels are numbers of classes, or words of `label_vocabulary`."""

    def __init__(self, n_classes, label_vocabulary, *rest):
        super().__init__(*rest)
        self._n_classes = n_classes
        self._words = list(label_vocabulary) if label_vocabulary else None

    def _ids(self, labels):
        if self._words is not None:
            if labels.dtype != tf.string:
                raise ValueError(
                    "Expected labels of strings, for there is a label_vocabulary. "
                    f"Received: {labels.dtype}"
                )
            table = lookup_ops.index_table_from_tensor(self._words)
            return table.lookup(labels)
        if labels.dtype == tf.string:
            raise ValueError(
                "Expected labels of numbers, or a label_vocabulary. Received: strings"
            )
        return labels

    def _in_range(self, labels):
        high = tf.assert_less_equal(
            labels,
            tf.cast(self._n_classes - 1, labels.dtype),
            message=f"Labels must be at most n_classes - 1 = {self._n_classes - 1}",
        )
        low = tf.assert_non_negative(labels, message="Labels must be at least 0")
        with tf.control_dependencies([high, low]):
            return tf.identity(labels)

    def _names(self, logits):
        """Each row's list of all classes: numbers, and as text."""
        rows = [tf.shape(logits)[0], 1]
        ids = tf.tile(tf.expand_dims(tf.range(self._n_classes), 0), rows)
        words = self._words or tf.as_string(tf.range(self._n_classes))
        return ids, tf.tile(tf.expand_dims(words, 0), rows)

    def _chosen(self, logits):
        ids = tf.expand_dims(tf.argmax(logits, -1, name="class_ids"), -1)
        if self._words is None:
            return ids, tf.as_string(ids, name="str_classes")
        return ids, tf.gather(tf.constant(self._words), ids)

    def _outputs(self, predictions):
        output = export_output.ClassificationOutput(
            scores=predictions["probabilities"],
            classes=self._names(predictions["logits"])[1],
        )
        return {_SERVING: output, "classification": output}


class MultiClassHead(_Classes):
    """One of `n_classes` classes; the loss is the softmax's cross entropy."""

    def __init__(
        self,
        n_classes,
        weight_column=None,
        label_vocabulary=None,
        loss_reduction=_MEAN,
        loss_fn=None,
        name=None,
    ):
        if n_classes is None or n_classes <= 2:
            raise ValueError(f"Expected n_classes above 2. Received: {n_classes}")
        super().__init__(
            n_classes,
            label_vocabulary,
            n_classes,
            weight_column,
            loss_reduction,
            loss_fn,
            name,
        )

    def _predictions(self, logits):
        with tf.name_scope(None, "predictions"):
            all_ids, all_words = self._names(logits)
            ids, words = self._chosen(logits)
            return {
                "logits": logits,
                "probabilities": tf.nn.softmax(logits, name="probabilities"),
                "class_ids": ids,
                "classes": words,
                "all_class_ids": all_ids,
                "all_classes": all_words,
            }

    def _targets(self, labels):
        ids = self._ids(labels)
        if not ids.dtype.is_integer:
            raise ValueError(f"Expected labels of integers. Received: {ids.dtype}")
        return self._in_range(ids)

    def _loss(self, labels, logits):
        loss = tf.losses.sparse_softmax_cross_entropy(
            labels, logits, reduction=tf.losses.Reduction.NONE
        )
        return tf.expand_dims(loss, -1)

    def _metrics(self, predictions, labels, weights):
        ids = predictions["class_ids"]
        return {"accuracy": tf.metrics.accuracy(labels, ids, _given(weights))}


class BinaryClassHead(_Classes):
    """Class 0 or 1; the loss is the sigmoid's cross entropy."""

    def __init__(
        self,
        weight_column=None,
        thresholds=None,
        label_vocabulary=None,
        loss_reduction=_MEAN,
        loss_fn=None,
        name=None,
    ):
        super().__init__(
            2, label_vocabulary, 1, weight_column, loss_reduction, loss_fn, name
        )
        self._thresholds = tuple(thresholds or ())

    def _predictions(self, logits):
        with tf.name_scope(None, "predictions"):
            logistic = tf.sigmoid(logits, name="logistic")
            both = tf.concat([tf.zeros_like(logits), logits], -1, "two_class_logits")
            probabilities = tf.nn.softmax(both, name="probabilities")
            ids, words = self._chosen(both)
            all_ids, all_words = self._names(logits)
            return {
                "logits": logits,
                "logistic": logistic,
                "probabilities": probabilities,
                "class_ids": ids,
                "classes": words,
                "all_class_ids": all_ids,
                "all_classes": all_words,
            }

    def _outputs(self, predictions):
        outputs = super()._outputs(predictions)
        regression = export_output.RegressionOutput(predictions["logistic"])
        return {**outputs, "regression": regression}

    def _targets(self, labels):
        return self._in_range(tf.cast(self._ids(labels), tf.float32))

    def _loss(self, labels, logits):
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)

    def _metrics(self, predictions, labels, weights):
        ids, logistic = predictions["class_ids"], predictions["logistic"]
        weights = _given(weights)
        mean = tf.metrics.mean(labels, weights)
        metrics = {
            "accuracy": tf.metrics.accuracy(labels, ids, weights),
            "precision": tf.metrics.precision(labels, ids, weights),
            "recall": tf.metrics.recall(labels, ids, weights),
            "prediction/mean": tf.metrics.mean(logistic, weights),
            "label/mean": mean,
            "accuracy_baseline": tuple(tf.maximum(each, 1 - each) for each in mean),
            "auc": tf.metrics.auc(labels, logistic, weights),
            "auc_precision_recall": tf.metrics.auc(
                labels, logistic, weights, curve="PR"
            ),
        }
        metrics.update(at_thresholds(labels, logistic, weights, self._thresholds))
        return metrics


def at_thresholds(labels, logistic, weights, thresholds, texts=None):
    """Accuracy, precision and recall of `logistic` above each threshold."""
    names = texts or tuple(
        f"{kind}/positive_threshold_%g" for kind in ("accuracy", "precision", "recall")
    )
    metrics = {}
    for threshold in thresholds:
        above = tf.cast(logistic >= threshold, tf.float32)
        accuracy, precision, recall = (name % threshold for name in names)
        metrics[accuracy] = tf.metrics.accuracy(labels, above, weights)
        for name, function in (
            (precision, tf.metrics.precision_at_thresholds),
            (recall, tf.metrics.recall_at_thresholds),
        ):
            value, update = function(labels, logistic, [threshold], weights)
            metrics[name] = tf.squeeze(value), tf.squeeze(update)
    return metrics


class MultiLabelHead(Head):
    """Any number of `n_classes` classes; labels are [B, n_classes] of 0 and 1."""

    def __init__(
        self,
        n_classes,
        weight_column=None,
        thresholds=None,
        label_vocabulary=None,
        loss_reduction=_MEAN,
        loss_fn=None,
        classes_for_class_based_metrics=None,
        name=None,
    ):
        if n_classes is None or n_classes < 2:
            raise ValueError(f"Expected n_classes above 1. Received: {n_classes}")
        if classes_for_class_based_metrics:
            raise ValueError(
                "Expected no classes_for_class_based_metrics, which are not emulated. "
                f"Received: {classes_for_class_based_metrics}"
            )
        super().__init__(n_classes, weight_column, loss_reduction, loss_fn, name)
        self._label_dimension, self._thresholds = n_classes, tuple(thresholds or ())
        self._words = list(label_vocabulary) if label_vocabulary else None

    def _labels(self, labels, logits):
        if not isinstance(labels, tf.SparseTensor):
            return super()._labels(labels, logits)
        ids = labels
        if self._words is not None:
            table = lookup_ops.index_table_from_tensor(self._words)
            ids = tf.SparseTensor(
                labels.indices, table.lookup(labels.values), labels.dense_shape
            )
        indicator = tf.sparse_to_indicator(ids, self.logits_dimension)
        return tf.reshape(tf.cast(indicator, tf.int64), [-1, self.logits_dimension])

    def _predictions(self, logits):
        probabilities = tf.sigmoid(logits, name="probabilities")
        return {"logits": logits, "probabilities": probabilities}

    def _outputs(self, predictions):
        rows = [tf.shape(predictions["logits"])[0], 1]
        words = self._words or tf.as_string(tf.range(self.logits_dimension))
        output = export_output.ClassificationOutput(
            scores=predictions["probabilities"],
            classes=tf.tile(tf.expand_dims(words, 0), rows),
        )
        return {_SERVING: output, "classification": output}

    def _targets(self, labels):
        return labels

    def _loss(self, labels, logits):
        loss = tf.losses.sigmoid_cross_entropy(
            labels, logits, reduction=tf.losses.Reduction.NONE
        )
        return tf.reduce_mean(loss, -1, keepdims=True)

    def _metrics(self, predictions, labels, weights):
        probabilities = predictions["probabilities"]
        weights = _given(weights)
        metrics = {
            "auc": tf.metrics.auc(labels, probabilities, weights),
            "auc_precision_recall": tf.metrics.auc(
                labels, probabilities, weights, curve="PR"
            ),
        }
        metrics.update(at_thresholds(labels, probabilities, weights, self._thresholds))
        return metrics


def class_head(n_classes, weight_column, label_vocabulary, loss_reduction):
    """The head of a classifier: for two classes, or for more."""
    if n_classes == 2:
        return BinaryClassHead(
            weight_column,
            label_vocabulary=label_vocabulary,
            loss_reduction=loss_reduction,
        )
    return MultiClassHead(n_classes, weight_column, label_vocabulary, loss_reduction)
