"""The monitors of `tf.contrib.learn.monitors`; their protocol is in `monitors`."""

import os
import time

import numpy as np
import tensorflow.compat.v1 as tf

from legacy.contrib.learn.monitors import BaseMonitor, EveryN, name_of, value_of


class StopAtStep(BaseMonitor):
    """Stops after `num_steps` more steps, or at `last_step`."""

    def __init__(self, num_steps=None, last_step=None):
        super().__init__()
        if (num_steps is None) == (last_step is None):
            raise ValueError(
                "Expected exactly one of num_steps and last_step. Received: "
                f"num_steps={num_steps}, last_step={last_step}"
            )
        self._num_steps, self._last_step = num_steps, last_step

    def step_begin(self, step):
        if self._last_step is None:
            self._last_step = step + self._num_steps - 1
        return super().step_begin(step)

    def step_end(self, step, output):
        return step >= self._last_step


class PrintTensor(EveryN):
    """Logs tensors: a list of names, or {tag: name}."""

    def __init__(self, tensor_names, every_n=100, first_n=1):
        super().__init__(every_n, first_n)
        if not isinstance(tensor_names, dict):
            tensor_names = {name_of(each): each for each in tensor_names}
        self._tensors = tensor_names

    def every_n_step_begin(self, step):
        return list(self._tensors.values())

    def every_n_step_end(self, step, outputs):
        told = [
            f"{tag} = {value_of(outputs, name_of(tensor))}"
            for tag, tensor in self._tensors.items()
        ]
        tf.logging.info("Step %d: %s", step, ", ".join(told))


class LoggingTrainable(EveryN):
    """Logs the trainable variables below a scope."""

    def __init__(self, scope=None, every_n=100, first_n=1):
        super().__init__(every_n, first_n)
        self._scope = scope

    def every_n_step_begin(self, step):
        self._names = [v.name for v in tf.trainable_variables(self._scope)]
        return self._names

    def every_n_step_end(self, step, outputs):
        told = [f"{name} = {value_of(outputs, name)}" for name in self._names]
        tf.logging.info("Logging Trainable: Step %d: %s", step, ", ".join(told))


class CaptureVariable(EveryN):
    """Keeps a variable's values: `.values` is {step: value}."""

    def __init__(self, var_name, every_n=100, first_n=1):
        super().__init__(every_n, first_n)
        self._var_name, self._values = var_name, {}

    values = property(lambda self: self._values)

    def every_n_step_begin(self, step):
        return [self._var_name]

    def every_n_step_end(self, step, outputs):
        self._values[step] = value_of(outputs, name_of(self._var_name))


class SummarySaver(EveryN):
    """Writes a summary operation's result every `save_steps`."""

    def __init__(
        self,
        summary_op,
        save_steps=100,
        output_dir=None,
        summary_writer=None,
        scaffold=None,
    ):
        super().__init__(every_n_steps=save_steps)
        self._op, self._writer, self._scaffold = summary_op, summary_writer, scaffold
        if summary_writer is None and output_dir:
            self._writer = tf.summary.FileWriterCache.get(output_dir)

    def set_estimator(self, estimator):
        super().set_estimator(estimator)
        if self._writer is None:
            self._writer = tf.summary.FileWriterCache.get(estimator.model_dir)

    def every_n_step_begin(self, step):
        op = self._op if self._op is not None else self._scaffold.summary_op
        return [] if op is None else [op]

    def every_n_step_end(self, step, outputs):
        for summary in outputs.values():
            self._writer.add_summary(summary, step)
        self._writer.flush()


class ValidationMonitor(EveryN):
    """Evaluates the newest checkpoint every `every_n_steps`; may stop early.

    Stops once `early_stopping_metric` has not improved for `early_stopping_rounds`
    steps; then `best_step`, `best_value` and `best_metrics` tell.
    """

    def __init__(
        self,
        x=None,
        y=None,
        input_fn=None,
        batch_size=None,
        eval_steps=None,
        every_n_steps=100,
        metrics=None,
        hooks=None,
        early_stopping_rounds=None,
        early_stopping_metric="loss",
        early_stopping_metric_minimize=True,
        name=None,
        check_interval_secs=5,
    ):
        super().__init__(every_n_steps=every_n_steps, first_n_steps=-1)
        if x is None and input_fn is None:
            raise ValueError("Expected x or input_fn. Received neither.")
        self._data = {"x": x, "y": y, "input_fn": input_fn}
        self._data.update(batch_size=batch_size, steps=eval_steps, metrics=metrics)
        self._data.update(hooks=hooks, name=name)
        self._rounds, self._metric = early_stopping_rounds, early_stopping_metric
        self._minimize = early_stopping_metric_minimize
        self._checkpoint = None
        self.best_step = self.best_value = self.best_metrics = None
        self.early_stopped = False

    def every_n_step_end(self, step, outputs):
        super().every_n_step_end(step, outputs)
        newest = tf.train.latest_checkpoint(self._estimator.model_dir)
        if newest is None or newest == self._checkpoint:
            return False
        self._checkpoint = newest
        results = self._estimator.evaluate(**self._data)
        told = (f"{key} = {value}" for key, value in results.items())
        tf.logging.info("Validation (step %d): %s", step, ", ".join(told))
        return self._rounds is not None and self._judge(step, results)

    def _judge(self, step, results):
        if self._metric not in results:
            raise ValueError(
                f"Expected early_stopping_metric to be one of {sorted(results)}. "
                f"Received: {self._metric!r}"
            )
        value = results[self._metric]
        sign = 1 if self._minimize else -1
        if self.best_value is None or sign * value < sign * self.best_value:
            self.best_value, self.best_step = value, step
            self.best_metrics = dict(results)
        self.early_stopped = step - self.best_step >= self._rounds
        if self.early_stopped:
            tf.logging.info(
                "Stopping. Best step: %d with %s = %s.",
                self.best_step,
                self._metric,
                self.best_value,
            )
        return self.early_stopped


class StepCounter(EveryN):
    """Steps a second, as the summary `global_step/sec`."""

    def __init__(self, every_n_steps=100, output_dir=None, summary_writer=None):
        super().__init__(every_n_steps=every_n_steps)
        self._writer, self._last = summary_writer, None
        if summary_writer is None and output_dir:
            self._writer = tf.summary.FileWriterCache.get(output_dir)

    def set_estimator(self, estimator):
        super().set_estimator(estimator)
        if self._writer is None:
            self._writer = tf.summary.FileWriterCache.get(estimator.model_dir)

    def every_n_step_end(self, step, outputs):
        now = time.time()
        if self._last is not None and self._writer is not None:
            then, before = self._last
            rate = (step - before) / (now - then)
            value = tf.Summary.Value(tag="global_step/sec", simple_value=rate)
            self._writer.add_summary(tf.Summary(value=[value]), step)
        self._last = now, step


class NanLoss(EveryN):
    """Stops, or fails, when a loss is not a number."""

    def __init__(self, loss_tensor, every_n_steps=100, fail_on_nan_loss=True):
        super().__init__(every_n_steps=every_n_steps)
        self._loss, self._fails = loss_tensor, fail_on_nan_loss

    def every_n_step_begin(self, step):
        return [self._loss]

    def every_n_step_end(self, step, outputs):
        if not np.isnan(value_of(outputs, name_of(self._loss))):
            return False
        if self._fails:
            raise tf.train.NanLossDuringTrainingError
        return True


class CheckpointSaver(BaseMonitor):
    """Saves a checkpoint every `save_steps`, and at the end."""

    def __init__(
        self,
        checkpoint_dir,
        save_secs=None,
        save_steps=None,
        saver=None,
        checkpoint_basename="model.ckpt",
        scaffold=None,
    ):
        super().__init__()
        self._path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._timer = tf.train.SecondOrStepTimer(save_secs, save_steps)
        self._saver, self._scaffold = saver, scaffold
        self._step = None

    def _save(self, step, session):
        saver = self._saver or (self._scaffold and self._scaffold.saver)
        saver = saver or tf.train.Saver()
        saver.save(session, self._path, global_step=step)
        self._timer.update_last_triggered_step(step)

    def post_step(self, step, session):
        self._step = step
        if self._timer.should_trigger_for_step(step):
            self._save(step, session)

    def end(self, session=None):
        if self._step is not None:
            self._save(self._step, session)


class GraphDump(BaseMonitor):
    """Keeps the values of every tensor but those of `ignore_ops`: `.data[step]`."""

    IGNORE_OPS = ("Const", "Assign", "Identity", "Placeholder", "RandomUniform")

    def __init__(self, ignore_ops=None):
        super().__init__()
        self._ignored = ignore_ops or list(self.IGNORE_OPS)
        self._data = {}

    data = property(lambda self: self._data)

    def begin(self, max_steps=None):
        super().begin(max_steps)
        self._tensors = [
            tensor.name
            for op in tf.get_default_graph().get_operations()
            if op.type not in self._ignored
            for tensor in op.outputs
        ]

    def step_begin(self, step):
        return self._tensors

    def step_end(self, step, output):
        self._data[step] = output


class ExportMonitor(EveryN):
    """Exports the estimator every `every_n_steps` and at the end."""

    def __init__(self, every_n_steps, export_dir, input_fn=None, **export):
        super().__init__(every_n_steps=every_n_steps)
        self.export_dir, self._input_fn, self._export = export_dir, input_fn, export

    def every_n_step_end(self, step, outputs):
        self._write()

    def end(self, session=None):
        super().end(session)
        self._write()

    def _write(self):
        if tf.train.latest_checkpoint(self._estimator.model_dir):
            self.last_export_dir = self._estimator.export(
                self.export_dir, input_fn=self._input_fn, **self._export
            )


def get_default_monitors(
    loss_op=None,
    summary_op=None,
    save_summary_steps=100,
    output_dir=None,
    summary_writer=None,
):
    """A printed loss and a saved summary, for what is given."""
    found = []
    if loss_op is not None:
        found.append(PrintTensor({"loss": loss_op.name}))
    if summary_op is not None:
        found.append(
            SummarySaver(summary_op, save_summary_steps, output_dir, summary_writer)
        )
    return found
