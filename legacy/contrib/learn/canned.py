"""Canned models of `tf.contrib.learn`: linear, dense, both together.

Origin: TensorFlow 1.15.5, with its variable names. Columns are those of
`tf.contrib.layers` or of `tf.feature_column`.
"""

import math

import tensorflow.compat.v1 as tf
from tf_slim.layers import layers
from tf_slim.layers import optimizers as slim_optimizers

from legacy.contrib.layers import columns as old_columns
from legacy.contrib.layers import models
from legacy.contrib.learn import heads
from legacy.contrib.learn.estimator import Estimator, ModeKeys
from legacy.estimator.canned import LARGE, partitioner


def _optimizer(given, rate):
    """The optimizer: itself, made by a function, or by name with the rate."""
    if isinstance(given, str):
        return slim_optimizers.OPTIMIZER_CLS_NAMES[given](learning_rate=rate)
    return given() if callable(given) else given


def _are_old(columns):
    return all(isinstance(column, old_columns._Column) for column in columns)


def _named(features):
    return features if isinstance(features, dict) else {"": features}


def _summary(value, tag):
    tf.summary.scalar(f"{tag}/fraction_of_zero_values", tf.nn.zero_fraction(value))
    tf.summary.histogram(f"{tag}/activation", value)


def _linear_logits(features, columns, units, joint, scope):
    if not _are_old(columns):
        return tf.feature_column.linear_model(
            features, columns, units, weight_collections=["linear"]
        )
    function = (
        models.joint_weighted_sum_from_feature_columns
        if joint
        else models.weighted_sum_from_feature_columns
    )
    return function(
        columns_to_tensors=features,
        feature_columns=columns,
        num_outputs=units,
        weight_collections=["linear"],
        scope=scope,
    )[0]


def _dense_logits(features, columns, units, hidden_units, activation_fn, dropout, mode):
    with tf.variable_scope(
        "input_from_feature_columns", partitioner=partitioner(LARGE)
    ) as scope:
        if _are_old(columns):
            net = models.input_from_feature_columns(
                columns_to_tensors=features,
                feature_columns=columns,
                weight_collections=["dnn"],
                scope=scope,
            )
        else:
            net = tf.feature_column.input_layer(
                features, columns, weight_collections=["dnn"]
            )
    for number, size in enumerate(hidden_units):
        with tf.variable_scope(f"hiddenlayer_{number}") as scope:
            net = layers.fully_connected(
                net,
                size,
                activation_fn=activation_fn,
                variables_collections=["dnn"],
                scope=scope,
            )
            if dropout is not None and mode == ModeKeys.TRAIN:
                net = layers.dropout(net, keep_prob=1.0 - dropout)
        _summary(net, scope.name)
    with tf.variable_scope("logits") as scope:
        logits = layers.fully_connected(
            net, units, None, variables_collections=["dnn"], scope=scope
        )
    _summary(logits, scope.name)
    return logits


class _Classifies:
    """What classifiers predict."""

    def predict(
        self, x=None, input_fn=None, batch_size=None, outputs=None, as_iterable=True
    ):
        """Classes, or the predictions that `outputs` names."""
        if not outputs:
            return self.predict_classes(x, input_fn, batch_size, as_iterable)
        return super().predict(x, input_fn, batch_size, outputs, as_iterable)

    def predict_classes(self, x=None, input_fn=None, batch_size=None, as_iterable=True):
        return self._one("classes", x, input_fn, batch_size, as_iterable)

    def predict_proba(self, x=None, input_fn=None, batch_size=None, as_iterable=True):
        return self._one("probabilities", x, input_fn, batch_size, as_iterable)


class _Regresses:
    """What regressors predict."""

    def predict(
        self, x=None, input_fn=None, batch_size=None, outputs=None, as_iterable=True
    ):
        """Scores, or the predictions that `outputs` names."""
        if not outputs:
            return self.predict_scores(x, input_fn, batch_size, as_iterable)
        return super().predict(x, input_fn, batch_size, outputs, as_iterable)

    def predict_scores(self, x=None, input_fn=None, batch_size=None, as_iterable=True):
        return self._one("scores", x, input_fn, batch_size, as_iterable)


class _Canned(Estimator):
    def _one(self, key, x, input_fn, batch_size, as_iterable):
        rows = Estimator.predict(self, x, input_fn, batch_size, [key], as_iterable)
        return (row[key] for row in rows) if as_iterable else rows[key]


class _Linear(_Canned):
    def _start(self, head, columns, optimizer, clip, joint, rest):
        columns = tuple(columns or ())
        if not columns:
            raise ValueError("Expected feature_columns. Received: none")

        def model_fn(features, labels, mode):
            features = _named(features)
            rate = min(0.2, 1.0 / math.sqrt(len(columns)))
            with tf.variable_scope("linear", partitioner=partitioner(LARGE)) as scope:
                logits = _linear_logits(
                    features, columns, head.logits_dimension, joint, scope
                )

                def train_op_fn(loss):
                    variables = tf.get_collection("linear")
                    gradients = tf.gradients(loss, variables)
                    if clip:
                        gradients, _ = tf.clip_by_global_norm(gradients, clip)
                    chosen = (
                        _optimizer(optimizer, 0.2)
                        if optimizer
                        else tf.train.FtrlOptimizer(rate)
                    )
                    return chosen.apply_gradients(
                        zip(gradients, variables, strict=True),
                        global_step=tf.train.get_global_step(),
                    )

                return head.create_model_fn_ops(
                    features, mode, labels, train_op_fn, logits
                )

        Estimator.__init__(self, model_fn, **rest)


def _rest(model_dir, config, feature_engineering_fn):
    return {
        "model_dir": model_dir,
        "config": config,
        "feature_engineering_fn": feature_engineering_fn,
    }


class LinearClassifier(_Classifies, _Linear):
    """A linear model of `n_classes` classes."""

    def __init__(
        self,
        feature_columns,
        model_dir=None,
        n_classes=2,
        weight_column_name=None,
        optimizer=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        _joint_weight=False,
        config=None,
        feature_engineering_fn=None,
        label_keys=None,
    ):
        head = heads.multi_class_head(
            n_classes,
            weight_column_name=weight_column_name,
            enable_centered_bias=enable_centered_bias,
            label_keys=label_keys,
        )
        rest = _rest(model_dir, config, feature_engineering_fn)
        self._start(
            head, feature_columns, optimizer, gradient_clip_norm, _joint_weight, rest
        )


class LinearRegressor(_Regresses, _Linear):
    """A linear model of a number, or of `label_dimension` numbers."""

    def __init__(
        self,
        feature_columns,
        model_dir=None,
        weight_column_name=None,
        optimizer=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        label_dimension=1,
        _joint_weights=False,
        config=None,
        feature_engineering_fn=None,
    ):
        head = heads.regression_head(
            weight_column_name=weight_column_name,
            label_dimension=label_dimension,
            enable_centered_bias=enable_centered_bias,
        )
        rest = _rest(model_dir, config, feature_engineering_fn)
        self._start(
            head, feature_columns, optimizer, gradient_clip_norm, _joint_weights, rest
        )


class LinearEstimator(_Linear):
    """A linear model below a head of your own choice."""

    def __init__(
        self,
        feature_columns,
        head,
        model_dir=None,
        weight_column_name=None,
        optimizer=None,
        gradient_clip_norm=None,
        _joint_weights=False,
        config=None,
        feature_engineering_fn=None,
    ):
        rest = _rest(model_dir, config, feature_engineering_fn)
        self._start(
            head, feature_columns, optimizer, gradient_clip_norm, _joint_weights, rest
        )


def _multipliers(given, parent):
    """Factors of embeddings' gradients, by variable."""
    factors = {}
    for column, factor in (given or {}).items():
        scope = f"{parent}/input_from_feature_columns/{column.name}_embedding"
        for variable in tf.trainable_variables(scope):
            factors[variable] = factor
    return factors or None


class _Dense(_Canned):
    def _start(self, head, columns, hidden_units, optimizer, layer, clip, rates, rest):
        columns, optimizer = tuple(columns or ()), optimizer or "Adagrad"

        def model_fn(features, labels, mode):
            features = _named(features)
            with tf.variable_scope("dnn", partitioner=partitioner()):
                logits = _dense_logits(
                    features,
                    columns,
                    head.logits_dimension,
                    hidden_units,
                    *layer,
                    mode,
                )

                def train_op_fn(loss):
                    return slim_optimizers.optimize_loss(
                        loss,
                        tf.train.get_global_step(),
                        0.05,
                        _optimizer(optimizer, 0.05),
                        gradient_multipliers=_multipliers(rates, "dnn"),
                        clip_gradients=clip,
                        name="dnn",
                        summaries=[],
                    )

                return head.create_model_fn_ops(
                    features, mode, labels, train_op_fn, logits
                )

        Estimator.__init__(self, model_fn, **rest)


class DNNClassifier(_Classifies, _Dense):
    """Dense layers of `hidden_units`, for `n_classes` classes."""

    def __init__(
        self,
        hidden_units,
        feature_columns,
        model_dir=None,
        n_classes=2,
        weight_column_name=None,
        optimizer=None,
        activation_fn=tf.nn.relu,
        dropout=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        config=None,
        feature_engineering_fn=None,
        embedding_lr_multipliers=None,
        input_layer_min_slice_size=None,
        label_keys=None,
    ):
        head = heads.multi_class_head(
            n_classes,
            weight_column_name=weight_column_name,
            enable_centered_bias=enable_centered_bias,
            label_keys=label_keys,
        )
        self._start(
            head,
            feature_columns,
            hidden_units,
            optimizer,
            (activation_fn, dropout),
            gradient_clip_norm,
            embedding_lr_multipliers,
            _rest(model_dir, config, feature_engineering_fn),
        )


class DNNRegressor(_Regresses, _Dense):
    """Dense layers of `hidden_units`, for a number or `label_dimension` of them."""

    def __init__(
        self,
        hidden_units,
        feature_columns,
        model_dir=None,
        weight_column_name=None,
        optimizer=None,
        activation_fn=tf.nn.relu,
        dropout=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        config=None,
        feature_engineering_fn=None,
        label_dimension=1,
        embedding_lr_multipliers=None,
        input_layer_min_slice_size=None,
    ):
        head = heads.regression_head(
            weight_column_name=weight_column_name,
            label_dimension=label_dimension,
            enable_centered_bias=enable_centered_bias,
        )
        self._start(
            head,
            feature_columns,
            hidden_units,
            optimizer,
            (activation_fn, dropout),
            gradient_clip_norm,
            embedding_lr_multipliers,
            _rest(model_dir, config, feature_engineering_fn),
        )


class DNNEstimator(_Dense):
    """Dense layers below a head of your own choice."""

    def __init__(
        self,
        head,
        hidden_units,
        feature_columns,
        model_dir=None,
        optimizer=None,
        activation_fn=tf.nn.relu,
        dropout=None,
        gradient_clip_norm=None,
        config=None,
        feature_engineering_fn=None,
        embedding_lr_multipliers=None,
        input_layer_min_slice_size=None,
    ):
        self._start(
            head,
            feature_columns,
            hidden_units,
            optimizer,
            (activation_fn, dropout),
            gradient_clip_norm,
            embedding_lr_multipliers,
            _rest(model_dir, config, feature_engineering_fn),
        )


class _Combined(_Canned):
    def _start(self, head, linear, dense, clip, rates, fixed, rest):
        columns, linear_optimizer, joint = linear
        dense_columns, dense_optimizer, hidden_units, activation_fn, dropout = dense
        columns, dense_columns = tuple(columns or ()), tuple(dense_columns or ())
        if not columns and not dense_columns:
            raise ValueError(
                "Expected linear_feature_columns or dnn_feature_columns. "
                "Received: neither"
            )
        if dense_columns and not hidden_units:
            raise ValueError("Expected dnn_hidden_units, for dnn_feature_columns.")

        def model_fn(features, labels, mode):
            features, parts = _named(features), []
            if dense_columns:
                with tf.variable_scope("dnn", partitioner=partitioner()):
                    logits = _dense_logits(
                        features,
                        dense_columns,
                        head.logits_dimension,
                        hidden_units,
                        activation_fn or tf.nn.relu,
                        dropout,
                        mode,
                    )
                parts.append(("dnn", logits, dense_optimizer or "Adagrad", 0.05))
            if columns:
                with tf.variable_scope(
                    "linear", partitioner=partitioner(LARGE)
                ) as scope:
                    logits = _linear_logits(
                        features, columns, head.logits_dimension, joint, scope
                    )
                    _summary(logits, scope.name)
                rate = min(0.2, 1.0 / math.sqrt(len(columns)))
                parts.append(("linear", logits, linear_optimizer or "Ftrl", rate))

            def train_op_fn(loss):
                step = tf.train.get_global_step()
                steps = [
                    slim_optimizers.optimize_loss(
                        loss,
                        step,
                        rate,
                        _optimizer(chosen, rate),
                        gradient_multipliers=(
                            _multipliers(rates, name) if name == "dnn" else None
                        ),
                        clip_gradients=clip,
                        variables=tf.get_collection(name),
                        name=name,
                        summaries=[],
                        increment_global_step=not fixed,
                    )
                    for name, _, chosen, rate in parts
                ]
                if not fixed:  # as it was: each of the two counts a step
                    return tf.group(*steps)
                with tf.control_dependencies([tf.group(*steps)]):
                    return tf.assign_add(step, 1).op

            logits = parts[0][1] + parts[1][1] if len(parts) == 2 else parts[0][1]
            return head.create_model_fn_ops(features, mode, labels, train_op_fn, logits)

        Estimator.__init__(self, model_fn, **rest)


class DNNLinearCombinedClassifier(_Classifies, _Combined):
    """Wide and deep, for `n_classes` classes."""

    def __init__(
        self,
        model_dir=None,
        n_classes=2,
        weight_column_name=None,
        linear_feature_columns=None,
        linear_optimizer=None,
        _joint_linear_weights=False,
        dnn_feature_columns=None,
        dnn_optimizer=None,
        dnn_hidden_units=None,
        dnn_activation_fn=tf.nn.relu,
        dnn_dropout=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        config=None,
        feature_engineering_fn=None,
        embedding_lr_multipliers=None,
        input_layer_min_slice_size=None,
        label_keys=None,
        fix_global_step_increment_bug=False,
    ):
        head = heads.multi_class_head(
            n_classes,
            weight_column_name=weight_column_name,
            enable_centered_bias=enable_centered_bias,
            label_keys=label_keys,
        )
        self._start(
            head,
            (linear_feature_columns, linear_optimizer, _joint_linear_weights),
            (
                dnn_feature_columns,
                dnn_optimizer,
                dnn_hidden_units,
                dnn_activation_fn,
                dnn_dropout,
            ),
            gradient_clip_norm,
            embedding_lr_multipliers,
            fix_global_step_increment_bug,
            _rest(model_dir, config, feature_engineering_fn),
        )


class DNNLinearCombinedRegressor(_Regresses, _Combined):
    """Wide and deep, for a number or `label_dimension` of them."""

    def __init__(
        self,
        model_dir=None,
        weight_column_name=None,
        linear_feature_columns=None,
        linear_optimizer=None,
        _joint_linear_weights=False,
        dnn_feature_columns=None,
        dnn_optimizer=None,
        dnn_hidden_units=None,
        dnn_activation_fn=tf.nn.relu,
        dnn_dropout=None,
        gradient_clip_norm=None,
        enable_centered_bias=False,
        label_dimension=1,
        config=None,
        feature_engineering_fn=None,
        embedding_lr_multipliers=None,
        input_layer_min_slice_size=None,
        fix_global_step_increment_bug=False,
    ):
        head = heads.regression_head(
            weight_column_name=weight_column_name,
            label_dimension=label_dimension,
            enable_centered_bias=enable_centered_bias,
        )
        self._start(
            head,
            (linear_feature_columns, linear_optimizer, _joint_linear_weights),
            (
                dnn_feature_columns,
                dnn_optimizer,
                dnn_hidden_units,
                dnn_activation_fn,
                dnn_dropout,
            ),
            gradient_clip_norm,
            embedding_lr_multipliers,
            fix_global_step_increment_bug,
            _rest(model_dir, config, feature_engineering_fn),
        )


class DNNLinearCombinedEstimator(_Combined):
    """Wide and deep, below a head of your own choice."""

    def __init__(
        self,
        head,
        model_dir=None,
        linear_feature_columns=None,
        linear_optimizer=None,
        _joint_linear_weights=False,
        dnn_feature_columns=None,
        dnn_optimizer=None,
        dnn_hidden_units=None,
        dnn_activation_fn=None,
        dnn_dropout=None,
        gradient_clip_norm=None,
        config=None,
        feature_engineering_fn=None,
        embedding_lr_multipliers=None,
        fix_global_step_increment_bug=False,
        input_layer_partitioner=None,
    ):
        self._start(
            head,
            (linear_feature_columns, linear_optimizer, _joint_linear_weights),
            (
                dnn_feature_columns,
                dnn_optimizer,
                dnn_hidden_units,
                dnn_activation_fn,
                dnn_dropout,
            ),
            gradient_clip_norm,
            embedding_lr_multipliers,
            fix_global_step_increment_bug,
            _rest(model_dir, config, feature_engineering_fn),
        )
