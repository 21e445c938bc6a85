"""`tf.contrib.learn.learn_runner`, `Experiment`: an estimator and its two inputs."""

import os

from legacy.contrib.learn import monitors

NAMES = {"run": f"{__name__}:run", "tune": f"{__name__}:tune"}


class Experiment:
    """An estimator, what it trains on and what it is evaluated on.

    `train`, `evaluate`, `test` and `train_and_evaluate` are the schedules.
    """

    def __init__(
        self,
        estimator,
        train_input_fn,
        eval_input_fn,
        eval_metrics=None,
        train_steps=None,
        eval_steps=100,
        train_monitors=None,
        eval_hooks=None,
        local_eval_frequency=None,
        eval_delay_secs=120,
        continuous_eval_throttle_secs=60,
        min_eval_frequency=None,
        delay_workers_by_global_step=False,
        export_strategies=None,
        train_steps_per_iteration=None,
        checkpoint_and_export=False,
        saving_listeners=None,
        check_interval_secs=5,
    ):
        self._estimator = estimator
        self._train_input, self._eval_input = train_input_fn, eval_input_fn
        self._metrics, self._eval_hooks = eval_metrics, list(eval_hooks or ())
        self._train_steps, self._eval_steps = train_steps, eval_steps
        self._monitors = list(train_monitors or ())
        self._frequency = min_eval_frequency or local_eval_frequency
        exports = export_strategies or ()
        self._exports = exports if isinstance(exports, (list, tuple)) else [exports]

    estimator = property(lambda self: self._estimator)
    train_steps = property(lambda self: self._train_steps)
    eval_steps = property(lambda self: self._eval_steps)

    def extend_train_hooks(self, additional_hooks):
        """More session hooks for training."""
        self._monitors.extend(additional_hooks)

    def _fit(self, more=(), steps=None):
        hooks = [*self._monitors, *more]
        steps = self._train_steps if steps is None else steps
        if hasattr(self._estimator, "fit"):
            return self._estimator.fit(
                input_fn=self._train_input, max_steps=steps, monitors=hooks
            )
        hooks = monitors.replace_monitors_with_hooks(hooks, self._estimator)
        return self._estimator.train(self._train_input, max_steps=steps, hooks=hooks)

    def train(self, delay_secs=None):
        """Trains for `train_steps`."""
        return self._fit()

    def evaluate(self, delay_secs=None, name=None):
        """Evaluates the newest checkpoint."""
        given = {"input_fn": self._eval_input, "steps": self._eval_steps, "name": name}
        given["hooks"] = self._eval_hooks or None
        if hasattr(self._estimator, "fit"):
            given["metrics"] = self._metrics
        return self._estimator.evaluate(**given)

    def test(self):
        """Trains one step and evaluates one batch: whether all is connected."""
        self._fit(steps=1)
        steps, self._eval_steps = self._eval_steps, 1
        try:
            return self.evaluate(name="one_pass"), self._export()
        finally:
            self._eval_steps = steps

    def train_and_evaluate(self):
        """Trains, evaluating on the way and at the end: (results, exports)."""
        more = []
        if self._frequency and hasattr(self._estimator, "fit"):
            from legacy.contrib.learn import monitor_kinds

            more = [
                monitor_kinds.ValidationMonitor(
                    input_fn=self._eval_input,
                    eval_steps=self._eval_steps,
                    metrics=self._metrics,
                    every_n_steps=self._frequency,
                    hooks=self._eval_hooks or None,
                )
            ]
        self._fit(more)
        return self.evaluate(), self._export()

    local_run = train_and_evaluate
    train_and_eval_once = train_and_evaluate

    def _export(self):
        folder = os.path.join(self._estimator.model_dir, "export")
        return [
            strategy.export(self._estimator, os.path.join(folder, strategy.name))
            for strategy in self._exports
        ]


def run(experiment_fn, output_dir=None, schedule=None, run_config=None, hparams=None):
    """Makes the experiment and runs its schedule, `train_and_evaluate` by default.

    `experiment_fn` takes an output folder, or a `RunConfig` and hyperparameters.
    """
    if run_config is not None:
        if not run_config.model_dir:
            raise ValueError(
                "Expected run_config.model_dir to be set. Received: "
                f"{run_config.model_dir!r}"
            )
        experiment = experiment_fn(run_config, hparams)
    elif output_dir:
        experiment = experiment_fn(output_dir=output_dir)
    else:
        raise ValueError("Expected output_dir or run_config. Received neither.")
    schedule = schedule or "train_and_evaluate"
    task = getattr(experiment, schedule, None)
    if not callable(task):
        raise ValueError(
            "Expected a schedule of Experiment, such as train_and_evaluate. Received: "
            f"{schedule!r}"
        )
    return task()


def tune(experiment_fn, tuner):
    """Trains and evaluates with the hyperparameters that a tuner gives."""
    while tuner.next_trial():
        tuner.run_experiment(experiment_fn)
