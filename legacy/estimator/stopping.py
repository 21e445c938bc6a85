"""Hooks that end training early, by the metrics that evaluations have written.

``tf.estimator.experimental`` of 1.13 to 1.15, before that ``tf.contrib.estimator``.
"""

import operator

import tensorflow.compat.v1 as tf

from legacy.estimator import summaries
from legacy.estimator.core import Estimator


class _Stop(tf.train.SessionRunHook):
    """Asks a function, from time to time, whether to stop."""

    def __init__(self, should_stop, run_every_secs, run_every_steps):
        self._should_stop = should_stop
        self._timer = tf.train.SecondOrStepTimer(run_every_secs, run_every_steps)

    def begin(self):
        self._step = tf.train.get_global_step()
        # Workers that are not the chief look at this variable; it is in checkpoints.
        with tf.variable_scope("signal_early_stopping", reuse=tf.AUTO_REUSE):
            stop = tf.get_variable(
                "STOP",
                [],
                tf.bool,
                tf.constant_initializer(False),
                trainable=False,
                collections=[tf.GraphKeys.GLOBAL_VARIABLES],
            )
        self._signal = tf.assign(stop, True)

    def before_run(self, run_context):
        del run_context
        return tf.train.SessionRunArgs(self._step)

    def after_run(self, run_context, run_values):
        step = run_values.results
        if not self._timer.should_trigger_for_step(step):
            return
        self._timer.update_last_triggered_step(step)
        if self._should_stop():
            tf.logging.info("Requesting early stopping at global step %d", step)
            run_context.session.run(self._signal)
            run_context.request_stop()


def make_early_stopping_hook(
    estimator, should_stop_fn, run_every_secs=60, run_every_steps=None
):
    """A hook that stops training once ``should_stop_fn()`` is true.

    Args:
      estimator: the one that is trained.
      should_stop_fn: a function without arguments.
      run_every_secs: seconds between two calls of it; None with ``run_every_steps``.
      run_every_steps: steps between two calls.

    Raises:
      TypeError: ``estimator`` is none, or ``should_stop_fn`` is no function.
      ValueError: both intervals are given.
    """
    if not isinstance(estimator, Estimator):
        raise TypeError(
            f"`estimator` must have type `tf.estimator.Estimator`. Got: {estimator!r}"
        )
    if run_every_secs is not None and run_every_steps is not None:
        raise ValueError(
            "Only one of `run_every_secs` and `run_every_steps` must be set: with "
            f"run_every_steps={run_every_steps}, give run_every_secs=None"
        )
    if not callable(should_stop_fn):
        raise TypeError(f"`should_stop_fn` must be callable. Got: {should_stop_fn!r}")
    return _Stop(should_stop_fn, run_every_secs, run_every_steps)


def _threshold_hook(better):
    """``stop_if_higher_hook`` or its opposite, by the comparison ``better``."""

    def hook(
        estimator,
        metric_name,
        threshold,
        eval_dir=None,
        min_steps=0,
        run_every_secs=60,
        run_every_steps=None,
    ):
        folder = eval_dir or estimator.eval_dir()

        def should_stop():
            return any(
                better(metrics[metric_name], threshold)
                for step, metrics in summaries.read(folder).items()
                if step >= min_steps
            )

        return make_early_stopping_hook(
            estimator, should_stop, run_every_secs, run_every_steps
        )

    return hook


def _best_hook(better, steps_name):
    """``stop_if_no_increase_hook`` or its opposite, by the comparison ``better``."""

    def hook(
        estimator,
        metric_name,
        steps,
        eval_dir=None,
        min_steps=0,
        run_every_secs=60,
        run_every_steps=None,
    ):
        folder = eval_dir or estimator.eval_dir()

        def should_stop():
            best, best_step = None, None
            for step, metrics in summaries.read(folder).items():
                if step < min_steps:
                    continue
                if best is None or better(metrics[metric_name], best):
                    best, best_step = metrics[metric_name], step
                if step - best_step >= steps:
                    return True
            return False

        return make_early_stopping_hook(
            estimator, should_stop, run_every_secs, run_every_steps
        )

    def named(estimator, metric_name, *arguments, **keywords):
        if steps_name in keywords:
            keywords["steps"] = keywords.pop(steps_name)
        return hook(estimator, metric_name, *arguments, **keywords)

    return named


stop_if_higher_hook = _threshold_hook(operator.gt)
stop_if_lower_hook = _threshold_hook(operator.lt)
stop_if_no_increase_hook = _best_hook(operator.gt, "max_steps_without_increase")
stop_if_no_decrease_hook = _best_hook(operator.lt, "max_steps_without_decrease")
