"""What all heads have: labels, weights, the loss, the spec of each mode."""

import tensorflow.compat.v1 as tf
from tensorflow.python.saved_model.model_utils import export_output

from legacy.estimator.spec import EstimatorSpec, ModeKeys

# Reduces the losses of a batch.
MEAN = tf.losses.Reduction.SUM_OVER_BATCH_SIZE


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
            if self._loss_reduction == tf.losses.Reduction.SUM:
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
