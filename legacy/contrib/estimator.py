"""`tf.contrib.estimator`: changes to an estimator or its optimizer."""

import tensorflow.compat.v1 as tf

from legacy.estimator.core import Estimator
from legacy.estimator.heads import regression

_PUBLIC = "TowerOptimizer clip_gradients_by_norm forward_features replicate_model_fn"
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}
NAMES["add_metrics"] = "legacy.estimator.core:add_metrics"
_HEADS = "legacy.estimator.heads."
NAMES.update(
    binary_classification_head=_HEADS + "classes:BinaryClassHead",
    logistic_regression_head=_HEADS + "regression:LogisticRegressionHead",
    multi_class_head=_HEADS + "classes:MultiClassHead",
    multi_label_head=_HEADS + "labels:MultiLabelHead",
    poisson_regression_head=f"{__name__}:poisson_regression_head",
    regression_head=f"{__name__}:regression_head",
    **{
        name: "legacy.estimator.canned.logits:" + name
        for name in ("call_logit_fn", "dnn_logit_fn_builder", "linear_logit_fn_builder")
    },
)


class _Clipped(tf.train.Optimizer):
    """An optimizer whose gradients are changed before it applies them."""

    def __init__(self, optimizer, change, name):
        super().__init__(use_locking=False, name=name)
        self._optimizer, self._change = optimizer, change

    def compute_gradients(self, *args, **kwargs):
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        return self._optimizer.apply_gradients(
            self._change(grads_and_vars), global_step, name
        )

    def get_slot(self, *args, **kwargs):
        return self._optimizer.get_slot(*args, **kwargs)

    def get_slot_names(self, *args, **kwargs):
        return self._optimizer.get_slot_names(*args, **kwargs)

    def variables(self):
        return self._optimizer.variables()


def clip_gradients_by_norm(optimizer, clip_norm):
    """`optimizer`, with gradients of a global norm of at most `clip_norm`."""

    def change(grads_and_vars):
        gradients, variables = zip(*grads_and_vars, strict=True)
        gradients, _ = tf.clip_by_global_norm(gradients, clip_norm)
        return list(zip(gradients, variables, strict=True))

    return _Clipped(optimizer, change, "ClipByNorm" + optimizer.get_name())


def forward_features(estimator, keys=None, sparse_default_values=None):
    """`estimator`, whose predictions also hold features, all or those of `keys`."""
    keys = [keys] if isinstance(keys, str) else keys

    def model_fn(features, labels, mode, config):
        spec = estimator._call_model(features, labels, mode)
        if not isinstance(spec.predictions, dict):
            return spec
        defaults = sparse_default_values or {}
        kept = {}
        for key in keys or sorted(features):
            value = features[key]
            if isinstance(value, tf.SparseTensor):
                value = tf.sparse_tensor_to_dense(value, defaults.get(key))
            kept[key] = value
        return spec._replace(predictions={**spec.predictions, **kept})

    return Estimator(model_fn, estimator.model_dir, estimator.config)


def replicate_model_fn(
    model_fn, loss_reduction=tf.losses.Reduction.SUM_BY_NONZERO_WEIGHTS, devices=None
):
    """The model itself: this machine counts as one device."""
    if devices is not None and len(devices) > 1:
        raise ValueError(
            "Expected one device: copies of a model on several are not emulated. "
            f"Received: devices={devices}"
        )
    return model_fn


def TowerOptimizer(optimizer_or_optimizer_fn):
    """The optimizer of a replicated model; on one device it is the given one."""
    if callable(optimizer_or_optimizer_fn):
        return optimizer_or_optimizer_fn()
    return optimizer_or_optimizer_fn


def regression_head(weight_column=None, label_dimension=1, *arguments, **named):
    """`RegressionHead` with the first two arguments in the other order."""
    return regression.RegressionHead(
        label_dimension, weight_column, *arguments, **named
    )


def poisson_regression_head(weight_column=None, label_dimension=1, *rest, **named):
    """`PoissonRegressionHead` with the first two arguments in the other order."""
    return regression.PoissonRegressionHead(
        label_dimension, weight_column, *rest, **named
    )
