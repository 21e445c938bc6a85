"""`tf.contrib.learn.monitors`: what was called around each step before session hooks.

A monitor's `step_begin(step)` names tensors that its `step_end(step, outputs)` gets by
name; a true answer of `step_end` stops training. `RunHookAdapterForMonitors` makes
monitors a session hook.
"""

import tensorflow.compat.v1 as tf

_HERE = "BaseMonitor EveryN RunHookAdapterForMonitors replace_monitors_with_hooks"
_KINDS = """CaptureVariable CheckpointSaver ExportMonitor GraphDump LoggingTrainable
NanLoss PrintTensor StepCounter StopAtStep SummarySaver ValidationMonitor
get_default_monitors"""
NAMES = {
    **{name: f"{__name__}:{name}" for name in _HERE.split()},
    **{name: f"legacy.contrib.learn.monitor_kinds:{name}" for name in _KINDS.split()},
}
NAMES.update(
    NanLossDuringTrainingError="tensorflow.compat.v1:train.NanLossDuringTrainingError",
    Summary="tensorflow.compat.v1:Summary",
    SessionLog="tensorflow.compat.v1:SessionLog",
    SummaryWriterCache="tensorflow.compat.v1:summary.FileWriterCache",
)


def name_of(tensor):
    return tensor if isinstance(tensor, str) else tensor.name


def value_of(outputs, name):
    """What a step gave for a tensor, by its name with or without `:0`."""
    return outputs[name] if name in outputs else outputs[f"{name}:0"]


class BaseMonitor:
    """Is told of the beginning and end of training and of each step."""

    _estimator = None
    _max_steps = None
    run_on_all_workers = False

    def set_estimator(self, estimator):
        """The estimator that trains; ValueError for None."""
        if estimator is None:
            raise ValueError("Expected an estimator. Received: None")
        self._estimator = estimator

    def begin(self, max_steps=None):
        self._max_steps = max_steps

    def end(self, session=None):
        pass

    def epoch_begin(self, epoch):
        pass

    def epoch_end(self, epoch):
        pass

    def step_begin(self, step):
        """Names of the tensors (or tensors) that `step_end` wants."""
        return []

    def step_end(self, step, output):
        """Whether to stop."""
        return False

    def post_step(self, step, session):
        pass


class EveryN(BaseMonitor):
    """Acts in the first steps, then every `every_n_steps`, and in the last one."""

    def __init__(self, every_n_steps=100, first_n_steps=1):
        super().__init__()
        self._every_n_steps, self._first_n_steps = every_n_steps, first_n_steps
        self._last_successful_step = self._last_active_step = 0
        self._active = False

    def every_n_step_begin(self, step):
        return []

    def every_n_step_end(self, step, outputs):
        return False

    def every_n_post_step(self, step, session):
        pass

    def step_begin(self, step):
        self._active = (
            step <= self._first_n_steps
            or step >= self._every_n_steps + self._last_active_step
            or step == self._max_steps
        )
        if not self._active:
            return []
        self._last_active_step = step
        return self.every_n_step_begin(step)

    def step_end(self, step, output):
        return self.every_n_step_end(step, output) if self._active else False

    def post_step(self, step, session):
        if self._active:
            self.every_n_post_step(step, session)
        self._last_successful_step = step

    def end(self, session=None):
        if self._last_successful_step != self._last_active_step:
            self.every_n_post_step(self._last_successful_step, session)


class RunHookAdapterForMonitors(tf.train.SessionRunHook):
    """Monitors as one session hook."""

    def __init__(self, monitors):
        self._monitors = list(monitors)

    def begin(self):
        self._step = None
        self._global_step = tf.train.get_global_step()
        for monitor in self._monitors:
            monitor.begin(max_steps=None)

    def before_run(self, run_context):
        if self._step is None:
            self._step = int(run_context.session.run(self._global_step)) + 1
        wanted = {}
        graph = run_context.session.graph
        for number, monitor in enumerate(self._monitors):
            for each in monitor.step_begin(self._step) or ():
                element = graph.as_graph_element(each)
                wanted.setdefault(number, {})[name_of(each)] = element
        return tf.train.SessionRunArgs({"step": self._global_step, "wanted": wanted})

    def after_run(self, run_context, run_values):
        outputs = run_values.results["wanted"]
        for number, monitor in enumerate(self._monitors):
            if monitor.step_end(self._step, outputs.get(number, {})):
                run_context.request_stop()
            monitor.post_step(self._step, run_context.session)
        self._step = int(run_values.results["step"]) + 1

    def end(self, session):
        for monitor in self._monitors:
            monitor.end(session=session)


def replace_monitors_with_hooks(monitors_or_hooks, estimator):
    """Session hooks of a mixed list: monitors become one hook at the end."""
    monitors_or_hooks = list(monitors_or_hooks or ())
    hooks = [one for one in monitors_or_hooks if not isinstance(one, BaseMonitor)]
    monitors = [one for one in monitors_or_hooks if isinstance(one, BaseMonitor)]
    for monitor in monitors:
        monitor.set_estimator(estimator)
    return [*hooks, RunHookAdapterForMonitors(monitors)] if monitors else hooks
