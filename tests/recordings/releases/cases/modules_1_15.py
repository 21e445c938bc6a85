"""Modules of contrib around an estimator: monitors, runners, predictors, `tpu`."""

import inspect
import os
import tempfile

import numpy as np
import tensorflow as tf
from harness import only

NEW = ("1.15.5",)
learn, tpu = tf.contrib.learn, tf.contrib.tpu
X = np.arange(8, dtype="float32").reshape(4, 2)
Y = np.array([1.0, 2.0, 3.0, 4.0], "float32")


def _linear(features):
    w = tf.get_variable("w", initializer=tf.constant([[0.1], [0.2]]))
    return tf.matmul(features, w)[:, 0]


def _old_model(features, targets, mode):
    features = features["x"] if isinstance(features, dict) else features
    out = _linear(features)
    loss = None if targets is None else tf.reduce_mean(tf.square(out - targets))
    train = None
    if mode == learn.ModeKeys.TRAIN:
        train = tf.train.GradientDescentOptimizer(0.001).minimize(
            loss, tf.train.get_global_step()
        )
    return {"out": out}, loss, train


def _batch(params=None):
    return {"x": tf.constant(X)}, tf.constant(Y)


class _Told(learn.monitors.EveryN):
    """Keeps what it is told."""

    def __init__(self, *args):
        super(_Told, self).__init__(*args)
        self.told = []

    def every_n_step_begin(self, step):
        self.told.append("begin %d" % step)
        return ["w:0"]

    def every_n_step_end(self, step, outputs):
        value = float(np.sum(outputs["w:0"]))
        self.told.append("end %d %.5f" % (step, value))

    def every_n_post_step(self, step, session):
        self.told.append("post %d" % step)


@only(*NEW)
def monitors_of_an_estimator():
    told, kept = _Told(3, 2), learn.monitors.CaptureVariable("w:0", 2)
    estimator = learn.Estimator(_old_model, tempfile.mkdtemp())
    stop = learn.monitors.StopAtStep(last_step=7)
    estimator.fit(input_fn=_batch, steps=20, monitors=[told, kept, stop])
    return {
        "told": str(told.told),
        "steps": sorted(kept.values),
        "values": [kept.values[step].tolist() for step in sorted(kept.values)],
        "step": int(estimator.get_variable_value("global_step")),
    }


@only(*NEW)
def validation_and_early_stopping():
    config = learn.RunConfig(save_checkpoints_steps=2, save_checkpoints_secs=None)
    estimator = learn.Estimator(_old_model, tempfile.mkdtemp(), config)
    monitor = learn.monitors.ValidationMonitor(
        input_fn=_batch, eval_steps=1, every_n_steps=2, name="valid"
    )
    estimator.fit(input_fn=_batch, steps=8, monitors=[monitor])
    return {
        "folder": os.path.isdir(os.path.join(estimator.model_dir, "eval_valid")),
        "stopped": monitor.early_stopped,
    }


@only(*NEW)
def monitors_as_hooks():
    with tf.variable_scope("scope"):
        step = tf.train.get_or_create_global_step()
        w = tf.get_variable("w", initializer=tf.constant([1.0]))
        train = tf.group(w.assign_add([1.0]), step.assign_add(1))
    kept = learn.monitors.CaptureVariable("scope/w:0", 1)
    hooks = learn.monitors.replace_monitors_with_hooks(
        [kept, tf.train.StopAtStepHook(num_steps=3)], learn.Estimator(_old_model)
    )
    with tf.train.MonitoredSession(hooks=hooks) as session:
        while not session.should_stop():
            session.run(train)
    return {"kinds": str([type(h).__name__ for h in hooks]), "n": len(kept.values)}


def _experiment(output_dir):
    estimator = learn.Estimator(_old_model, output_dir)
    return learn.Experiment(
        estimator, _batch, _batch, train_steps=5, eval_steps=1, eval_delay_secs=0
    )


def _new_model(features, labels, mode):
    predictions, loss, train = _old_model(features, labels, mode)
    return tf.estimator.EstimatorSpec(mode, predictions, loss, train)


@only(*NEW)
def a_runner():
    folder = tempfile.mkdtemp()
    results, exports = learn.learn_runner.run(_experiment, output_dir=folder)
    return {
        "loss": float(results["loss"]),
        "step": int(results["global_step"]),
        "exports": exports,
    }


@only(*NEW)
def eval_folders():
    estimator = tf.estimator.Estimator(_new_model, "/some/where")
    return {"dirs": str([estimator.eval_dir(), estimator.eval_dir("test")])}


@only(*NEW)
def a_predictor():
    folder = tempfile.mkdtemp()
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 2], "x")
        out = _linear(x)
        session.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(session, folder + "/1", {"x": x}, {"out": out})
    predict = tf.contrib.predictor.from_saved_model(folder + "/1")
    named = tf.contrib.predictor.from_saved_model(
        folder + "/1", input_names={"a": "x:0"}, output_names={"b": out.name}
    )
    try:
        predict({"z": X})
        error = ""
    except ValueError:
        error = "ValueError"
    return {
        "out": predict({"x": X})["out"].tolist(),
        "named": named({"a": X[:1]})["b"].tolist(),
        "error": error,
        "feeds": sorted(predict.feed_tensors),
    }


@only(*NEW)
def a_predictor_of_an_estimator():
    estimator = tf.estimator.Estimator(_new_model, tempfile.mkdtemp())
    estimator.train(_batch, steps=1)

    def receiver():
        x = tf.placeholder(tf.float32, [None, 2])
        return tf.estimator.export.ServingInputReceiver({"x": x}, {"x": x})

    predict = tf.contrib.predictor.from_estimator(estimator, receiver)
    return {"out": predict({"x": X})["out"].tolist()}


def _tpu_model(features, labels, mode, params):
    predictions, loss, train = _old_model(features, labels, mode)
    if mode == tf.estimator.ModeKeys.TRAIN:
        optimizer = tpu.CrossShardOptimizer(tf.train.GradientDescentOptimizer(0.001))
        if not params["use_tpu"]:
            optimizer = tf.train.GradientDescentOptimizer(0.001)
        train = optimizer.minimize(loss, tf.train.get_global_step())
    metrics = None
    if labels is not None:

        def metric_fn(labels, out):
            return {"error": tf.metrics.mean_absolute_error(labels, out)}

        metrics = (metric_fn, [labels, predictions["out"]])
    return tpu.TPUEstimatorSpec(
        mode, predictions=predictions, loss=loss, train_op=train, eval_metrics=metrics
    )


@only(*NEW)
def a_tpu_estimator_without_tpu():
    sizes = []

    def batch(params):
        sizes.append(params["batch_size"])
        return _batch()

    config = tpu.RunConfig(
        model_dir=tempfile.mkdtemp(),
        tpu_config=tpu.TPUConfig(
            iterations_per_loop=2,
            per_host_input_for_training=tpu.InputPipelineConfig.PER_HOST_V2,
        ),
    )
    estimator = tpu.TPUEstimator(
        use_tpu=False,
        model_fn=_tpu_model,
        config=config,
        params={"use_tpu": False},
        train_batch_size=4,
        eval_batch_size=2,
        predict_batch_size=1,
    )
    estimator.train(batch, max_steps=4)
    results = estimator.evaluate(batch, steps=1)
    rows = estimator.predict(lambda params: tf.data.Dataset.from_tensors({"x": X}))
    return {
        "loss": float(results["loss"]),
        "error": float(results["error"]),
        "sizes": sizes,
        "rows": [float(row["out"]) for row in rows],
    }


@only(*NEW)
def clipped_gradients():
    w = tf.get_variable("w", initializer=tf.constant([3.0, 4.0]))
    optimizer = tf.contrib.estimator.clip_gradients_by_norm(
        tf.train.GradientDescentOptimizer(1.0), 1.0
    )
    train = optimizer.minimize(tf.reduce_sum(tf.square(w)))
    with tf.control_dependencies([train]):
        return {"types": str([train.type]), "w": w + 0.0}


@only(*NEW)
def more_metrics_and_features():
    estimator = tf.estimator.Estimator(_new_model, tempfile.mkdtemp())
    estimator.train(_batch, steps=1)
    more = tf.contrib.estimator.add_metrics(
        estimator,
        lambda labels, predictions: {"m": tf.metrics.mean(predictions["out"] - labels)},
    )
    return {"m": float(more.evaluate(_batch, steps=1)["m"])}


@only(*NEW)
def modules_list_their_names():
    wanted = {"GRUCell", "LSTMBlockCell", "static_rnn"}
    members = dict(inspect.getmembers(tf.contrib.rnn))
    return {
        "vars": sorted(wanted & set(vars(tf.contrib.rnn))),
        "members": sorted(wanted & set(members)),
        "cells": len([n for n in tf.contrib.rnn.__dict__ if n.endswith("LSTMCell")]),
        "same": vars(tf.contrib.rnn)["GRUCell"] is tf.contrib.rnn.GRUCell,
    }
