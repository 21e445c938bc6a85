"""``Estimator`` and ``train_and_evaluate``."""

import copy
import inspect
import os
import tempfile
import time

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.training import training_util

from legacy.estimator.spec import EstimatorSpec, ModeKeys, RunConfig, WarmStartSettings


def _called(function, *args, **offered):
    """Calls ``function`` with ``args`` and those keyword arguments that it has."""
    names = inspect.signature(function).parameters
    anything = any(each.kind is each.VAR_KEYWORD for each in names.values())
    wanted = {key: offered[key] for key in offered if anything or key in names}
    return function(*args, **wanted)


def _tensors(given):
    """Features and labels of what an input function returned, a dataset included."""
    if isinstance(given, tf.data.Dataset):
        iterator = tf.data.make_initializable_iterator(given)
        tf.add_to_collection(tf.GraphKeys.TABLE_INITIALIZERS, iterator.initializer)
        given = iterator.get_next()
    if isinstance(given, list | tuple):
        if len(given) != 2:
            raise ValueError(
                "input_fn should return features, or features and labels. "
                f"Received: {len(given)} values"
            )
        return given
    return given, None


class Estimator:
    """Trains, evaluates and runs a model that a function builds.

    Args:
      model_fn: a function of ``features``, ``labels`` and, if it has these parameters,
        ``mode``, ``params`` and ``config``; returns an :class:`EstimatorSpec`.
      model_dir: folder of checkpoints and summaries; a temporary one by default.
      config: a :class:`RunConfig`.
      params: a dict for ``model_fn``.
      warm_start_from: a checkpoint, its folder, or :class:`WarmStartSettings`: values
        to start a new model from.
    """

    def __init__(
        self, model_fn, model_dir=None, config=None, params=None, warm_start_from=None
    ):
        config = config or RunConfig()
        model_dir = model_dir or config.model_dir or tempfile.mkdtemp()
        self._config = config.replace(model_dir=str(model_dir))
        self._model_fn = model_fn
        self._params = copy.deepcopy(params) if params is not None else {}
        if isinstance(warm_start_from, str | bytes):
            warm_start_from = WarmStartSettings(warm_start_from)
        self._warm_start = warm_start_from

    @property
    def model_dir(self):
        """Folder of checkpoints and summaries."""
        return self._config.model_dir

    @property
    def config(self):
        """The :class:`RunConfig`, with the folder in use."""
        return copy.copy(self._config)

    @property
    def params(self):
        """A copy of the parameters."""
        return copy.deepcopy(self._params)

    @property
    def model_fn(self):
        """``model_fn(features, labels, mode, config)`` without parameters."""

        def public(features, labels, mode, config):
            del config
            return self._call_model(features, labels, mode)

        return public

    def eval_dir(self, name=None):
        """Folder of the summaries that an evaluation called ``name`` writes."""
        return os.path.join(self.model_dir, f"eval_{name}" if name else "eval")

    def latest_checkpoint(self):
        """The newest checkpoint's prefix, or None."""
        return tf.train.latest_checkpoint(self.model_dir)

    def get_variable_names(self):
        """Names of the newest checkpoint's variables."""
        return [name for name, _ in tf.train.list_variables(self.model_dir)]

    def get_variable_value(self, name):
        """Value of one variable of the newest checkpoint, as an array."""
        return tf.train.load_variable(self.model_dir, name)

    def train(
        self, input_fn, hooks=None, steps=None, max_steps=None, saving_listeners=None
    ):
        """Trains on what ``input_fn`` gives, for ``steps`` or up to ``max_steps``.

        Without both it trains until the input ends. Returns this estimator.
        """
        if steps is not None and max_steps is not None:
            raise ValueError("train takes steps or max_steps, not both")
        if max_steps is not None and self._global_step() >= max_steps:
            tf.logging.info("Skipping training since max_steps has already saved.")
            return self
        hooks = list(hooks or ())
        if steps is not None or max_steps is not None:
            hooks.append(tf.train.StopAtStepHook(steps, max_steps))
        with tf.Graph().as_default():
            spec, step = self._build(input_fn, ModeKeys.TRAIN)
            if self._warm_start and self.latest_checkpoint() is None:
                tf.train.warm_start(*self._warm_start)
            self._train_loop(spec, step, hooks, saving_listeners)
        return self

    def _train_loop(self, spec, step, hooks, listeners):
        config = self._config
        if not any(
            op.name == "loss" and op.type == "ScalarSummary"
            for op in tf.get_default_graph().get_operations()
        ):
            tf.summary.scalar("loss", spec.loss)
        scaffold = spec.scaffold or tf.train.Scaffold()
        if scaffold.saver is None and not tf.get_collection(tf.GraphKeys.SAVERS):
            saver = tf.train.Saver(
                sharded=True,
                max_to_keep=config.keep_checkpoint_max,
                keep_checkpoint_every_n_hours=config.keep_checkpoint_every_n_hours,
                defer_build=True,
                save_relative_paths=True,
            )
            tf.add_to_collection(tf.GraphKeys.SAVERS, saver)
        saver_hook = tf.train.CheckpointSaverHook(
            self.model_dir,
            save_secs=config.save_checkpoints_secs,
            save_steps=config.save_checkpoints_steps,
            scaffold=scaffold,
            listeners=listeners,
        )
        logged = {"loss": spec.loss, "step": step}
        all_hooks = [
            *hooks,
            tf.train.NanTensorHook(spec.loss),
            tf.train.LoggingTensorHook(logged, config.log_step_count_steps or 100),
            *spec.training_hooks,
        ]
        with tf.train.MonitoredTrainingSession(
            checkpoint_dir=self.model_dir,
            scaffold=scaffold,
            hooks=all_hooks,
            chief_only_hooks=[*spec.training_chief_hooks, saver_hook],
            save_checkpoint_secs=0,
            save_summaries_steps=config.save_summary_steps,
            config=config.session_config,
            log_step_count_steps=config.log_step_count_steps,
        ) as session:
            loss = None
            while not session.should_stop():
                _, loss = session.run([spec.train_op, spec.loss])
        tf.logging.info("Loss for final step: %s.", loss)

    def evaluate(
        self, input_fn, steps=None, hooks=None, checkpoint_path=None, name=None
    ):
        """Metrics over ``steps`` batches of ``input_fn``, or over all.

        Returns:
          The model's metrics, ``loss`` (mean over batches), ``global_step``, by name;
          also written as a summary to the folder ``eval`` or ``eval_NAME``.

        Raises:
          ValueError: there is no checkpoint.
        """
        path = self._checkpoint(checkpoint_path)
        with tf.Graph().as_default():
            spec, step = self._build(input_fn, ModeKeys.EVAL)
            metrics = {"loss": tf.metrics.mean(spec.loss), **spec.eval_metric_ops}
            metrics = {
                key: metric if isinstance(metric, tuple) else metric.result()
                for key, metric in self._ordered(metrics)
            }
            updates = tf.group(*[update for _, update in metrics.values()])
            values = {key: value for key, (value, _) in metrics.items()}
            values["global_step"] = step
            final = tf.train.FinalOpsHook(values)
            scaffold = spec.scaffold or tf.train.Scaffold()
            all_hooks = [*(hooks or ()), *spec.evaluation_hooks, final]
            with self._session(scaffold, path, all_hooks) as session:
                done = 0
                while not session.should_stop() and (steps is None or done < steps):
                    session.run(updates)
                    done += 1
            results = final.final_ops_values
        self._write_results(results, name)
        return results

    _ordered = staticmethod(lambda metrics: sorted(metrics.items()))

    def _write_results(self, results, name):
        folder = self.eval_dir(name)
        values = [
            tf.Summary.Value(tag=key, simple_value=float(value))
            for key, value in results.items()
            if np.ndim(value) == 0 and np.issubdtype(np.asarray(value).dtype, np.number)
        ]
        writer = tf.summary.FileWriterCache.get(folder)
        writer.add_summary(tf.Summary(value=values), int(results["global_step"]))
        writer.flush()

    def predict(
        self,
        input_fn,
        predict_keys=None,
        hooks=None,
        checkpoint_path=None,
        yield_single_examples=True,
    ):
        """Yields predictions, by default one row at a time."""
        path = self._checkpoint(checkpoint_path)
        with tf.Graph().as_default():
            spec, _ = self._build(input_fn, ModeKeys.PREDICT)
            wanted = spec.predictions
            if predict_keys is not None and isinstance(wanted, dict):
                keys = [predict_keys] if isinstance(predict_keys, str) else predict_keys
                wanted = {key: wanted[key] for key in wanted if key in set(keys)}
                if not wanted:
                    raise ValueError(
                        f"predict_keys should name some of {sorted(spec.predictions)}. "
                        f"Received: {predict_keys}"
                    )
            scaffold = spec.scaffold or tf.train.Scaffold()
            all_hooks = [*(hooks or ()), *spec.prediction_hooks]
            with self._session(scaffold, path, all_hooks) as session:
                while not session.should_stop():
                    try:
                        got = session.run(wanted)
                    except tf.errors.OutOfRangeError:
                        return
                    if not yield_single_examples:
                        yield got
                    elif isinstance(got, dict):
                        for row in range(len(next(iter(got.values())))):
                            yield {key: value[row] for key, value in got.items()}
                    else:
                        yield from got

    def export_saved_model(
        self,
        export_dir_base,
        serving_input_receiver_fn,
        assets_extra=None,
        as_text=False,
        checkpoint_path=None,
    ):
        """Writes a SavedModel for serving; returns its new folder, as bytes."""
        path = self._checkpoint(checkpoint_path)
        folder = os.path.join(export_dir_base, str(int(time.time())))
        while os.path.exists(folder):
            folder = os.path.join(export_dir_base, str(int(folder[-10:]) + 1))
        with tf.Graph().as_default():
            tf.train.create_global_step()
            receiver = serving_input_receiver_fn()
            spec = self._call_model(receiver.features, None, ModeKeys.PREDICT)
            outputs = spec.export_outputs or {}
            signatures = {
                key: _signature(receiver.receiver_tensors, output)
                for key, output in outputs.items()
            }
            default = (
                tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY
            )
            if default not in signatures:
                only = next(iter(signatures.values()), None) or _signature(
                    receiver.receiver_tensors, spec.predictions
                )
                signatures[default] = only
            with tf.Session(config=self._config.session_config) as session:
                saver = spec.scaffold.saver if spec.scaffold else None
                (saver or tf.train.Saver(sharded=True)).restore(session, path)
                builder = tf.saved_model.Builder(folder)
                builder.add_meta_graph_and_variables(
                    session,
                    [tf.saved_model.tag_constants.SERVING],
                    signature_def_map=signatures,
                    assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS),
                    main_op=tf.tables_initializer(),
                )
                builder.save(as_text)
        for target, source in (assets_extra or {}).items():
            copied = os.path.join(folder, "assets.extra", target)
            tf.gfile.MakeDirs(os.path.dirname(copied))
            tf.gfile.Copy(source, copied)
        return folder.encode()

    export_savedmodel = export_saved_model

    def _build(self, input_fn, mode):
        """The graph: input, then model. Returns the spec and the global step."""
        tf.set_random_seed(self._config.tf_random_seed)
        step = tf.train.create_global_step()
        if mode == ModeKeys.TRAIN:
            # The value that all hooks share; real ones make it before the input.
            training_util._get_or_create_global_step_read()
        features, labels = _tensors(
            _called(input_fn, mode=mode, params=self.params, config=self.config)
        )
        return self._call_model(features, labels, mode), step

    def _call_model(self, features, labels, mode):
        spec = _called(
            self._model_fn,
            features,
            labels=labels,
            mode=mode,
            params=self.params,
            config=self.config,
        )
        if not isinstance(spec, EstimatorSpec):
            raise ValueError(
                f"model_fn should return an EstimatorSpec. Received: {type(spec)}"
            )
        return spec

    def _session(self, scaffold, path, hooks):
        creator = tf.train.ChiefSessionCreator(
            scaffold,
            config=self._config.session_config,
            checkpoint_filename_with_path=path,
        )
        return tf.train.MonitoredSession(creator, hooks)

    def _checkpoint(self, path):
        path = path or self.latest_checkpoint()
        if not path:
            raise ValueError(
                f"Could not find trained model in model_dir: {self.model_dir}"
            )
        return path

    def _global_step(self):
        if self.latest_checkpoint() is None:
            return 0
        return int(self.get_variable_value(tf.GraphKeys.GLOBAL_STEP))


def _signature(inputs, outputs):
    if not isinstance(inputs, dict):
        inputs = {"input": inputs}
    if hasattr(outputs, "as_signature_def"):
        return outputs.as_signature_def(inputs)
    if not isinstance(outputs, dict):
        outputs = {"output": outputs}
    return tf.saved_model.predict_signature_def(inputs, outputs)


def add_metrics(estimator, metric_fn):
    """An estimator like ``estimator`` whose evaluation has more metrics.

    ``metric_fn`` takes any of ``features``, ``labels``, ``predictions``, ``config``.
    """

    def model_fn(features, labels, mode, config):
        spec = estimator._call_model(features, labels, mode)
        if mode != ModeKeys.EVAL:
            return spec
        more = _called(
            metric_fn,
            features=features,
            labels=labels,
            predictions=spec.predictions,
            config=config,
        )
        return spec._replace(eval_metric_ops={**spec.eval_metric_ops, **more})

    return Estimator(model_fn, estimator.model_dir, estimator.config)


class _Evaluations(tf.train.CheckpointSaverListener):
    """Evaluates when a checkpoint was saved, at most every ``throttle_secs``."""

    def __init__(self, estimator, eval_spec, last_step):
        self._estimator = estimator
        self._spec = eval_spec
        self._last_step = last_step
        # None until the first checkpoint, which is that of the untrained model.
        self._evaluated = None
        self.result = None
        self.exported = []

    def after_save(self, session, global_step_value):
        del session
        last = global_step_value == self._last_step
        if self._evaluated is None and not last:
            self._evaluated = 0
        elif last or time.time() - self._evaluated >= self._spec.throttle_secs:
            self.evaluate(final=last)

    def evaluate(self, final):
        spec = self._spec
        self._evaluated = time.time()
        self.result = self._estimator.evaluate(
            spec.input_fn, spec.steps, spec.hooks, name=spec.name
        )
        exporters = spec.exporters or ()
        if not isinstance(exporters, list | tuple):
            exporters = [exporters]
        self.exported = [
            exporter.export(
                self._estimator,
                os.path.join(self._estimator.model_dir, "export", exporter.name),
                self._estimator.latest_checkpoint(),
                self.result,
                final,
            )
            for exporter in exporters
        ]


def train_and_evaluate(estimator, train_spec, eval_spec):
    """Trains up to ``train_spec.max_steps``; evaluates meanwhile and at the end.

    Returns:
      The last evaluation's results, and what its exporters wrote.
    """
    listener = _Evaluations(estimator, eval_spec, train_spec.max_steps)
    estimator.train(
        train_spec.input_fn,
        hooks=train_spec.hooks,
        max_steps=train_spec.max_steps,
        saving_listeners=[*(train_spec.saving_listeners or ()), listener],
    )
    if listener.result is None or train_spec.max_steps is None:
        listener.evaluate(final=True)
    return listener.result, listener.exported
