"""Canned estimators: linear models, dense networks, both together, and baselines.

Origin: `tf.estimator` of TensorFlow 1.15, with its variable names. Columns are those
of `tf.feature_column`.
"""

import math

import tensorflow.compat.v1 as tf

from legacy.estimator import core, heads
from legacy.estimator.core import Estimator
from legacy.estimator.spec import ModeKeys

_SUM = tf.losses.Reduction.SUM
_OPTIMIZERS = {
    "Adagrad": tf.train.AdagradOptimizer,
    "Adam": tf.train.AdamOptimizer,
    "Ftrl": tf.train.FtrlOptimizer,
    "RMSProp": tf.train.RMSPropOptimizer,
    "SGD": tf.train.GradientDescentOptimizer,
}


def optimizer_of(given, rate):
    """The optimizer: itself, made by a function, or by name with the rate."""
    if isinstance(given, str):
        if given not in _OPTIMIZERS:
            raise ValueError(
                f"Expected an optimizer of {sorted(_OPTIMIZERS)}. Received: {given!r}"
            )
        return _OPTIMIZERS[given](learning_rate=rate)
    made = given() if callable(given) else given
    if not isinstance(made, tf.train.Optimizer):
        raise ValueError(f"Expected an optimizer of tf.train. Received: {made!r}")
    return made


def partitioner(smallest=256 << 10):
    """One part for each variable, as on one machine.

    A partitioned variable's optimizer slots have names of their own.
    """
    return tf.min_max_variable_partitioner(max_partitions=1, min_slice_size=smallest)


LARGE = 64 << 20  # what input layers and linear models were cut by


def _checked(features):
    if not isinstance(features, dict):
        raise ValueError(
            "Expected features as a dict of tensors by their columns' names. "
            f"Received: {type(features).__name__}"
        )


def _summary(value, tag):
    tf.summary.scalar(f"{tag}/fraction_of_zero_values", tf.nn.zero_fraction(value))
    tf.summary.histogram(f"{tag}/activation", value)


def linear_logit_fn_builder(units, feature_columns, sparse_combiner="sum"):
    """A function from features to [B, units]: one weight for each value."""

    def logit_fn(features):
        made = {}
        logits = tf.feature_column.linear_model(
            features, feature_columns, units, sparse_combiner, cols_to_vars=made
        )
        bias = made["bias"]
        bias = bias[0] if isinstance(bias, list) else bias
        if units > 1:
            tf.summary.histogram("bias", bias)
        else:
            tf.summary.scalar("bias", bias[0])
        return logits

    return logit_fn


def dnn_logit_fn_builder(
    units,
    hidden_units,
    feature_columns,
    activation_fn=tf.nn.relu,
    dropout=None,
    input_layer_partitioner=None,
    batch_norm=False,
):
    """A function from features and mode to [B, units]: dense layers."""

    def logit_fn(features, mode):
        training = mode == ModeKeys.TRAIN
        with tf.variable_scope(
            "input_from_feature_columns",
            partitioner=input_layer_partitioner or partitioner(LARGE),
            use_resource=True,
        ):
            net = tf.feature_column.input_layer(features, feature_columns)
        glorot = tf.glorot_uniform_initializer
        for number, size in enumerate(hidden_units):
            with tf.variable_scope(f"hiddenlayer_{number}", use_resource=True) as scope:
                net = tf.layers.dense(
                    net, size, activation_fn, kernel_initializer=glorot(), name=scope
                )
                if dropout is not None and training:
                    net = tf.layers.dropout(net, dropout, training=True)
                if batch_norm:
                    net = tf.layers.batch_normalization(
                        net,
                        momentum=0.999,
                        training=training,
                        name=f"batchnorm_{number}",
                    )
            _summary(net, scope.name)
        with tf.variable_scope("logits", use_resource=True) as scope:
            logits = tf.layers.dense(
                net, units, kernel_initializer=glorot(), name=scope
            )
        _summary(logits, scope.name)
        return logits

    return logit_fn


def call_logit_fn(logit_fn, features, mode, params, config):
    """What `logit_fn` gives for those of the arguments that it has."""
    return core._called(
        logit_fn, features=features, mode=mode, params=params, config=config
    )


class _Linear(Estimator):
    """A linear model below the head that a subclass makes."""

    def _start(
        self, head, columns, optimizer, combiner, parts, model_dir, config, warm
    ):
        columns = tuple(columns or ())

        def model_fn(features, labels, mode):
            _checked(features)
            rate = min(0.2, 1.0 / math.sqrt(max(len(columns), 1)))
            with tf.variable_scope("linear", partitioner=parts or partitioner(LARGE)):
                logit_fn = linear_logit_fn_builder(
                    head.logits_dimension, columns, combiner
                )
                logits = logit_fn(features)
                if optimizer is None:
                    chosen = tf.train.FtrlOptimizer(rate)
                else:
                    chosen = optimizer_of(optimizer, 0.2)
                return head.create_estimator_spec(
                    features, mode, logits, labels, optimizer=chosen
                )

        Estimator.__init__(self, model_fn, model_dir, config, warm_start_from=warm)


class LinearClassifier(_Linear):
    """A linear model of `n_classes` classes; see :class:`legacy.estimator.heads`."""

    def __init__(
        self,
        feature_columns,
        model_dir=None,
        n_classes=2,
        weight_column=None,
        label_vocabulary=None,
        optimizer="Ftrl",
        config=None,
        partitioner=None,
        warm_start_from=None,
        loss_reduction=_SUM,
        sparse_combiner="sum",
    ):
        head = heads.class_head(
            n_classes, weight_column, label_vocabulary, loss_reduction
        )
        self._start(
            head,
            feature_columns,
            optimizer,
            sparse_combiner,
            partitioner,
            model_dir,
            config,
            warm_start_from,
        )


class LinearRegressor(_Linear):
    """A linear model of a number, or of `label_dimension` numbers."""

    def __init__(
        self,
        feature_columns,
        model_dir=None,
        label_dimension=1,
        weight_column=None,
        optimizer="Ftrl",
        config=None,
        partitioner=None,
        warm_start_from=None,
        loss_reduction=_SUM,
        sparse_combiner="sum",
    ):
        head = heads.RegressionHead(label_dimension, weight_column, loss_reduction)
        self._start(
            head,
            feature_columns,
            optimizer,
            sparse_combiner,
            partitioner,
            model_dir,
            config,
            warm_start_from,
        )


class LinearEstimator(_Linear):
    """A linear model below a head of your own choice."""

    def __init__(
        self,
        head,
        feature_columns,
        model_dir=None,
        optimizer="Ftrl",
        config=None,
        partitioner=None,
        sparse_combiner="sum",
        warm_start_from=None,
    ):
        self._start(
            head,
            feature_columns,
            optimizer,
            sparse_combiner,
            partitioner,
            model_dir,
            config,
            warm_start_from,
        )


class _Dense(Estimator):
    """Dense layers below the head that a subclass makes."""

    def _start(self, head, columns, hidden_units, optimizer, layers, where):
        columns = tuple(columns or ())

        def model_fn(features, labels, mode):
            chosen = optimizer_of(optimizer, 0.05)
            _checked(features)
            with tf.variable_scope("dnn", partitioner=partitioner()):
                logit_fn = dnn_logit_fn_builder(
                    head.logits_dimension, hidden_units, columns, **layers
                )
                logits = logit_fn(features, mode)
                return head.create_estimator_spec(
                    features, mode, logits, labels, optimizer=chosen
                )

        Estimator.__init__(self, model_fn, **where)


def _layers(activation_fn, dropout, input_layer_partitioner, batch_norm):
    return {
        "activation_fn": activation_fn,
        "dropout": dropout,
        "input_layer_partitioner": input_layer_partitioner,
        "batch_norm": batch_norm,
    }


def _where(model_dir, config, warm_start_from):
    return {
        "model_dir": model_dir,
        "config": config,
        "warm_start_from": warm_start_from,
    }


class DNNClassifier(_Dense):
    """Dense layers of `hidden_units`, for `n_classes` classes."""

    def __init__(
        self,
        hidden_units,
        feature_columns,
        model_dir=None,
        n_classes=2,
        weight_column=None,
        label_vocabulary=None,
        optimizer="Adagrad",
        activation_fn=tf.nn.relu,
        dropout=None,
        input_layer_partitioner=None,
        config=None,
        warm_start_from=None,
        loss_reduction=_SUM,
        batch_norm=False,
    ):
        self._start(
            heads.class_head(
                n_classes, weight_column, label_vocabulary, loss_reduction
            ),
            feature_columns,
            hidden_units,
            optimizer,
            _layers(activation_fn, dropout, input_layer_partitioner, batch_norm),
            _where(model_dir, config, warm_start_from),
        )


class DNNRegressor(_Dense):
    """Dense layers of `hidden_units`, for a number or `label_dimension` of them."""

    def __init__(
        self,
        hidden_units,
        feature_columns,
        model_dir=None,
        label_dimension=1,
        weight_column=None,
        optimizer="Adagrad",
        activation_fn=tf.nn.relu,
        dropout=None,
        input_layer_partitioner=None,
        config=None,
        warm_start_from=None,
        loss_reduction=_SUM,
        batch_norm=False,
    ):
        self._start(
            heads.RegressionHead(label_dimension, weight_column, loss_reduction),
            feature_columns,
            hidden_units,
            optimizer,
            _layers(activation_fn, dropout, input_layer_partitioner, batch_norm),
            _where(model_dir, config, warm_start_from),
        )


class DNNEstimator(_Dense):
    """Dense layers below a head of your own choice."""

    def __init__(
        self,
        head,
        hidden_units,
        feature_columns,
        model_dir=None,
        optimizer="Adagrad",
        activation_fn=tf.nn.relu,
        dropout=None,
        input_layer_partitioner=None,
        config=None,
        warm_start_from=None,
        batch_norm=False,
    ):
        self._start(
            head,
            feature_columns,
            hidden_units,
            optimizer,
            _layers(activation_fn, dropout, input_layer_partitioner, batch_norm),
            _where(model_dir, config, warm_start_from),
        )


class _Combined(Estimator):
    """A linear model and dense layers, whose logits are added."""

    def _start(self, head, linear, dense, layers, combiner, where):
        linear_columns, linear_optimizer = linear
        dense_columns, dense_optimizer, hidden_units = dense
        linear_columns = tuple(linear_columns or ())
        dense_columns = tuple(dense_columns or ())
        if not linear_columns and not dense_columns:
            raise ValueError(
                "Expected linear_feature_columns or dnn_feature_columns. "
                "Received: neither"
            )
        if dense_columns and not hidden_units:
            raise ValueError("Expected dnn_hidden_units, for dnn_feature_columns.")

        def model_fn(features, labels, mode):
            _checked(features)
            parts = []
            if dense_columns:
                chosen = optimizer_of(dense_optimizer, 0.001)
                with tf.variable_scope("dnn", partitioner=partitioner()) as scope:
                    logit_fn = dnn_logit_fn_builder(
                        head.logits_dimension, hidden_units, dense_columns, **layers
                    )
                    parts.append((logit_fn(features, mode), chosen, scope.name))
            if linear_columns:
                rate = min(0.005, 1.0 / math.sqrt(len(linear_columns)))
                chosen = optimizer_of(linear_optimizer, rate)
                with tf.variable_scope(
                    "linear", partitioner=partitioner(LARGE)
                ) as scope:
                    logit_fn = linear_logit_fn_builder(
                        head.logits_dimension, linear_columns, combiner
                    )
                    logits = logit_fn(features)
                    _summary(logits, scope.name)
                    parts.append((logits, chosen, scope.name))
            logits = parts[0][0] + parts[1][0] if len(parts) == 2 else parts[0][0]

            def train_op_fn(loss):
                steps = [
                    chosen.minimize(
                        loss,
                        var_list=tf.get_collection(
                            tf.GraphKeys.TRAINABLE_VARIABLES, scope=scope
                        ),
                    )
                    for _, chosen, scope in parts
                ]
                with tf.control_dependencies([tf.group(*steps)]):
                    return tf.assign_add(tf.train.get_global_step(), 1).op

            return head.create_estimator_spec(
                features, mode, logits, labels, train_op_fn=train_op_fn
            )

        Estimator.__init__(self, model_fn, **where)


class DNNLinearCombinedClassifier(_Combined):
    """Wide and deep, for `n_classes` classes."""

    def __init__(
        self,
        model_dir=None,
        linear_feature_columns=None,
        linear_optimizer="Ftrl",
        dnn_feature_columns=None,
        dnn_optimizer="Adagrad",
        dnn_hidden_units=None,
        dnn_activation_fn=tf.nn.relu,
        dnn_dropout=None,
        n_classes=2,
        weight_column=None,
        label_vocabulary=None,
        input_layer_partitioner=None,
        config=None,
        warm_start_from=None,
        loss_reduction=_SUM,
        batch_norm=False,
        linear_sparse_combiner="sum",
    ):
        self._start(
            heads.class_head(
                n_classes, weight_column, label_vocabulary, loss_reduction
            ),
            (linear_feature_columns, linear_optimizer),
            (dnn_feature_columns, dnn_optimizer, dnn_hidden_units),
            _layers(
                dnn_activation_fn, dnn_dropout, input_layer_partitioner, batch_norm
            ),
            linear_sparse_combiner,
            _where(model_dir, config, warm_start_from),
        )


class DNNLinearCombinedRegressor(_Combined):
    """Wide and deep, for a number or `label_dimension` of them."""

    def __init__(
        self,
        model_dir=None,
        linear_feature_columns=None,
        linear_optimizer="Ftrl",
        dnn_feature_columns=None,
        dnn_optimizer="Adagrad",
        dnn_hidden_units=None,
        dnn_activation_fn=tf.nn.relu,
        dnn_dropout=None,
        label_dimension=1,
        weight_column=None,
        input_layer_partitioner=None,
        config=None,
        warm_start_from=None,
        loss_reduction=_SUM,
        batch_norm=False,
        linear_sparse_combiner="sum",
    ):
        self._start(
            heads.RegressionHead(label_dimension, weight_column, loss_reduction),
            (linear_feature_columns, linear_optimizer),
            (dnn_feature_columns, dnn_optimizer, dnn_hidden_units),
            _layers(
                dnn_activation_fn, dnn_dropout, input_layer_partitioner, batch_norm
            ),
            linear_sparse_combiner,
            _where(model_dir, config, warm_start_from),
        )


class DNNLinearCombinedEstimator(_Combined):
    """Wide and deep, below a head of your own choice."""

    def __init__(
        self,
        head,
        model_dir=None,
        linear_feature_columns=None,
        linear_optimizer="Ftrl",
        dnn_feature_columns=None,
        dnn_optimizer="Adagrad",
        dnn_hidden_units=None,
        dnn_activation_fn=tf.nn.relu,
        dnn_dropout=None,
        input_layer_partitioner=None,
        config=None,
        linear_sparse_combiner="sum",
    ):
        self._start(
            head,
            (linear_feature_columns, linear_optimizer),
            (dnn_feature_columns, dnn_optimizer, dnn_hidden_units),
            _layers(dnn_activation_fn, dnn_dropout, input_layer_partitioner, False),
            linear_sparse_combiner,
            _where(model_dir, config, None),
        )


class BaselineEstimator(Estimator):
    """Ignores the features: one bias, below a head of your own choice."""

    def __init__(self, head, model_dir=None, optimizer="Ftrl", config=None):
        def model_fn(features, labels, mode):
            _checked(features)
            rows = tf.shape(next(iter(features.values())))[0]
            with tf.variable_scope("baseline"):
                bias = tf.get_variable(
                    "bias", [head.logits_dimension], initializer=tf.zeros_initializer
                )
                logits = bias * tf.ones([rows, head.logits_dimension])

            def train_op_fn(loss):
                step = tf.train.get_global_step()
                return optimizer_of(optimizer, 0.3).minimize(loss, global_step=step)

            return head.create_estimator_spec(
                features, mode, logits, labels, train_op_fn=train_op_fn
            )

        Estimator.__init__(self, model_fn, model_dir, config)


class BaselineClassifier(BaselineEstimator):
    """Learns how often each class is."""

    def __init__(
        self,
        model_dir=None,
        n_classes=2,
        weight_column=None,
        label_vocabulary=None,
        optimizer="Ftrl",
        config=None,
        loss_reduction=_SUM,
    ):
        head = heads.class_head(
            n_classes, weight_column, label_vocabulary, loss_reduction
        )
        super().__init__(head, model_dir, optimizer, config)


class BaselineRegressor(BaselineEstimator):
    """Learns the mean label."""

    def __init__(
        self,
        model_dir=None,
        label_dimension=1,
        weight_column=None,
        optimizer="Ftrl",
        config=None,
        loss_reduction=_SUM,
    ):
        head = heads.RegressionHead(label_dimension, weight_column, loss_reduction)
        super().__init__(head, model_dir, optimizer, config)
