"""`tf.contrib.learn.Estimator` over the emulated `tf.estimator.Estimator`.

A model function of that day takes (features, targets) and, where it names them, mode,
params and config, and gives (predictions, loss, train_op) or `ModelFnOps`.
"""

import collections
import inspect

import tensorflow.compat.v1 as tf

from legacy.contrib.layers.parsing import infer_real_valued_columns
from legacy.contrib.learn.monitors import replace_monitors_with_hooks
from legacy.estimator import core, inputs, spec


class ModeKeys:
    """What a model function is called for."""

    TRAIN, EVAL, INFER = "train", "eval", "infer"


class PredictionKey:
    """Usual keys of predictions."""

    CLASSES, PROBABILITIES, LOGITS = "classes", "probabilities", "logits"
    LOGISTIC, SCORES, TOP_K, GENERIC = "logistic", "scores", "top_k", "output"


class ProblemType:
    """What kind of problem a head solves."""

    UNSPECIFIED, CLASSIFICATION, LINEAR_REGRESSION = 0, 1, 2
    LOGISTIC_REGRESSION = 3


class NotFittedError(ValueError, AttributeError):
    """Raised for predictions of a model that was never trained."""


_FIELDS = """predictions loss train_op eval_metric_ops output_alternatives
training_chief_hooks training_hooks scaffold mode"""


class ModelFnOps(collections.namedtuple("ModelFnOps", _FIELDS.split())):
    """What a model function returns."""

    def __new__(
        cls,
        mode,
        predictions=None,
        loss=None,
        train_op=None,
        eval_metric_ops=None,
        output_alternatives=None,
        training_chief_hooks=None,
        training_hooks=None,
        scaffold=None,
    ):
        return super().__new__(
            cls,
            predictions,
            loss,
            train_op,
            eval_metric_ops,
            output_alternatives,
            training_chief_hooks,
            training_hooks,
            scaffold,
            mode,
        )


def _picked(tensors, key):
    """One tensor of a dict by its key; of anything else, itself."""
    if not isinstance(tensors, dict):
        return tensors
    if key is None and len(tensors) == 1:
        return next(iter(tensors.values()))
    if key not in tensors:
        raise ValueError(f"Expected a key of {sorted(tensors)}. Received: {key!r}")
    return tensors[key]


class MetricSpec:
    """A metric function and which predictions, labels and weights it gets."""

    def __init__(self, metric_fn, prediction_key=None, label_key=None, weight_key=None):
        self.metric_fn, self.prediction_key = metric_fn, prediction_key
        self.label_key, self.weight_key = label_key, weight_key

    def create_metric_ops(self, inputs, labels, predictions):
        """(value, update), of `metric_fn(predictions, labels[, weights])`."""
        given = {
            "predictions": _picked(predictions, self.prediction_key),
            "labels": _picked(labels, self.label_key),
        }
        if self.weight_key is not None:
            given["weights"] = inputs[self.weight_key]
        names = list(inspect.signature(self.metric_fn).parameters)
        if set(given) <= set(names):
            return self.metric_fn(**given)
        return self.metric_fn(*given.values())


def _metric(metric, features, labels, predictions, key=None):
    if not isinstance(metric, MetricSpec):
        metric = MetricSpec(metric, prediction_key=key)
    return metric.create_metric_ops(features, labels, predictions)


def _signatures(labels):
    """(dtype, shape) of a tensor, or of each in a dict; a sparse one has no shape."""
    if isinstance(labels, dict):
        return {key: _signatures(value) for key, value in labels.items()}
    if labels is None:
        return None
    sparse = isinstance(labels, tf.SparseTensor)
    return labels.dtype, None if sparse else labels.shape


def _placeholders(signatures):
    """Labels that nobody feeds, for models that mention labels while they predict."""
    if signatures is None:
        return None
    if isinstance(signatures, dict):
        return {key: _placeholders(value) for key, value in signatures.items()}
    dtype, shape = signatures
    if shape is None:
        return tf.sparse_placeholder(dtype)
    return tf.placeholder(dtype, [None, *shape[1:]])


class BaseEstimator:
    """fit, evaluate and predict, from arrays (x, y) or an input function.

    A subclass or `Estimator` gives the model function. ValueError for both arrays and
    an input function, or neither.
    """

    def __init__(
        self,
        model_fn=None,
        model_dir=None,
        config=None,
        params=None,
        feature_engineering_fn=None,
    ):
        self._model_fn, self._engineer = model_fn, feature_engineering_fn
        self._metrics, self._constant, self._labels = {}, False, None
        self._inner = core.Estimator(self._spec, model_dir, config, params)

    model_dir = property(lambda self: self._inner.model_dir)
    config = property(lambda self: self._inner.config)
    params = property(lambda self: self._inner.params)
    model_fn = property(lambda self: self._model_fn)

    def get_variable_names(self):
        return self._inner.get_variable_names()

    def get_variable_value(self, name):
        return self._inner.get_variable_value(name)

    def _spec(self, features, labels, mode):
        old_mode = ModeKeys.INFER if mode == spec.ModeKeys.PREDICT else mode
        self._constant = not tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
        if mode == spec.ModeKeys.PREDICT:
            labels = _placeholders(self._labels)
        elif self._labels is None:
            self._labels = _signatures(labels)
        if self._engineer:
            features, labels = self._engineer(features, labels)
        offered = {
            "mode": old_mode,
            "params": self.params,
            "config": self.config,
            "model_dir": self.model_dir,
        }
        names = inspect.signature(self._model_fn).parameters
        made = self._model_fn(
            features, labels, **{k: v for k, v in offered.items() if k in names}
        )
        if not isinstance(made, ModelFnOps):
            predictions, loss, train_op = made
            made = ModelFnOps(old_mode, predictions, loss, train_op)
        metrics = dict(made.eval_metric_ops or {})
        if mode == spec.ModeKeys.EVAL:
            for name, metric in self._metrics.items():
                name, key = name if isinstance(name, tuple) else (name, None)
                metrics[name] = _metric(metric, features, labels, made.predictions, key)
        return spec.EstimatorSpec(
            mode,
            predictions=made.predictions,
            loss=made.loss,
            train_op=made.train_op,
            eval_metric_ops=metrics,
            training_chief_hooks=made.training_chief_hooks,
            training_hooks=made.training_hooks,
            scaffold=made.scaffold,
        )

    def _input(self, x, y, input_fn, batch_size, shuffle=False, epochs=1):
        if (x is None) == (input_fn is None):
            raise ValueError(
                "Expected either x (and y) or input_fn. Received: "
                + ("both" if input_fn else "neither")
            )
        return input_fn or inputs.numpy_input_fn(
            x, y, batch_size or 128, num_epochs=epochs, shuffle=shuffle
        )

    def fit(
        self,
        x=None,
        y=None,
        input_fn=None,
        steps=None,
        batch_size=None,
        monitors=None,
        max_steps=None,
    ):
        """Trains for `steps` more, or up to `max_steps`.

        `monitors` are monitors of `tf.contrib.learn.monitors` or session hooks.
        """
        monitors = replace_monitors_with_hooks(monitors, self)
        data = self._input(x, y, input_fn, batch_size, shuffle=True, epochs=None)
        self._inner.train(data, hooks=monitors, steps=steps, max_steps=max_steps)
        return self

    def partial_fit(
        self, x=None, y=None, input_fn=None, steps=1, batch_size=None, monitors=None
    ):
        """`fit` for one step unless told otherwise."""
        return self.fit(x, y, input_fn, steps, batch_size, monitors)

    def evaluate(
        self,
        x=None,
        y=None,
        input_fn=None,
        feed_fn=None,
        batch_size=None,
        steps=None,
        metrics=None,
        name=None,
        checkpoint_path=None,
        hooks=None,
        log_progress=True,
    ):
        """{metric: value}, loss and global_step of the newest checkpoint."""
        self._metrics = metrics or {}
        return self._inner.evaluate(
            self._input(x, y, input_fn, batch_size), steps, hooks, checkpoint_path, name
        )

    def predict(
        self,
        x=None,
        input_fn=None,
        batch_size=None,
        outputs=None,
        as_iterable=True,
        iterate_batches=False,
    ):
        """Predictions row by row; if not `as_iterable`, the first batch's, in arrays.

        An input without a queue is one batch.
        """
        if self._inner.latest_checkpoint() is None:
            raise NotFittedError(f"There is no trained model in {self.model_dir}.")
        data = self._input(x, None, input_fn, batch_size)
        if isinstance(outputs, str):
            outputs = [outputs]
        batches = self._inner.predict(data, outputs, yield_single_examples=False)
        if not as_iterable:
            return next(batches)
        return self._rows(batches, iterate_batches)

    def _rows(self, batches, whole):
        for batch in batches:
            if whole:
                yield batch
            elif isinstance(batch, dict):
                for row in range(len(next(iter(batch.values())))):
                    yield {key: value[row] for key, value in batch.items()}
            else:
                yield from batch
            if self._constant:
                return


class Estimator(BaseEstimator):
    """Trains, evaluates and runs the model that `model_fn` builds."""


class SKCompat:
    """An estimator with scikit-learn's fit(x, y), predict(x), score(x, y)."""

    def __init__(self, estimator):
        self._estimator = estimator

    def fit(self, x, y, batch_size=128, steps=None, max_steps=None, monitors=None):
        self._estimator.fit(
            x,
            y,
            batch_size=batch_size,
            steps=steps,
            max_steps=max_steps,
            monitors=monitors,
        )
        return self

    def score(self, x, y, batch_size=128, steps=None, metrics=None, name=None):
        return self._estimator.evaluate(
            x, y, batch_size=batch_size, steps=steps, metrics=metrics, name=name
        )

    def predict(self, x, batch_size=128, outputs=None):
        return self._estimator.predict(
            x, batch_size=batch_size, outputs=outputs, as_iterable=False
        )


def infer_real_valued_columns_from_input_fn(input_fn):
    """Real-valued columns for the features that an input function gives."""
    with tf.Graph().as_default():
        features, _ = input_fn()
        return infer_real_valued_columns(features)


def infer_real_valued_columns_from_input(x):
    """Real-valued columns for an array of features, [N, ...]."""
    return infer_real_valued_columns_from_input_fn(
        inputs.numpy_input_fn(x, x, 1, num_epochs=1, shuffle=False)
    )
