"""`tf.contrib.tpu` with `use_tpu=False`: what such a script runs on a CPU or GPU.

A `TPUEstimator` without a TPU is an estimator whose input and model functions find the
batch size in `params["batch_size"]`.
"""

import collections
import contextlib

import tensorflow.compat.v1 as tf

from legacy.estimator import core, spec

_PUBLIC = """CrossShardOptimizer InputPipelineConfig RunConfig TPUConfig TPUEstimator
TPUEstimatorSpec bfloat16_scope cross_replica_sum"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}


class InputPipelineConfig:
    """How input is spread over the hosts of a TPU."""

    PER_SHARD_V1, PER_HOST_V1, PER_HOST_V2, BROADCAST, SLICED = 1, 2, 3, 4, 5


_FIELDS = """iterations_per_loop num_shards num_cores_per_replica
per_host_input_for_training tpu_job_name initial_infeed_sleep_secs
input_partition_dims eval_training_input_configuration
experimental_host_call_every_n_steps"""
TPUConfig = collections.namedtuple(
    "TPUConfig",
    _FIELDS.split(),
    defaults=(
        2,
        None,
        None,
        True,
        None,
        None,
        None,
        InputPipelineConfig.PER_HOST_V1,
        1,
    ),
)
TPUConfig.__doc__ = "Settings of a TPU; kept, and without effect here."


class RunConfig(spec.RunConfig):
    """`tf.estimator.RunConfig` with the settings of a TPU, which have no effect."""

    def __init__(
        self,
        tpu_config=None,
        evaluation_master=None,
        master=None,
        cluster=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.tpu_config, self.cluster = tpu_config or TPUConfig(), cluster
        self.master = master or ""
        self.evaluation_master = evaluation_master or self.master


class TPUEstimatorSpec(
    collections.namedtuple(
        "TPUEstimatorSpec",
        "mode predictions loss train_op eval_metrics export_outputs scaffold_fn "
        "host_call training_hooks evaluation_hooks prediction_hooks",
    )
):
    """What a model function gives: `eval_metrics` is (function, tensors)."""

    def __new__(
        cls,
        mode,
        predictions=None,
        loss=None,
        train_op=None,
        eval_metrics=None,
        export_outputs=None,
        scaffold_fn=None,
        host_call=None,
        training_hooks=None,
        evaluation_hooks=None,
        prediction_hooks=None,
    ):
        given = [mode, predictions, loss, train_op, eval_metrics, export_outputs]
        given += [scaffold_fn, host_call]
        hooks = (training_hooks, evaluation_hooks, prediction_hooks)
        return super().__new__(cls, *given, *(tuple(each or ()) for each in hooks))

    def as_estimator_spec(self):
        """The `EstimatorSpec` for a CPU or GPU."""
        hooks = list(self.training_hooks)
        if self.host_call is not None:
            hooks.append(_HostCall(_called(self.host_call)))
        return spec.EstimatorSpec(
            self.mode,
            predictions=self.predictions,
            loss=self.loss,
            train_op=self.train_op,
            eval_metric_ops=_called(self.eval_metrics) if self.eval_metrics else None,
            export_outputs=self.export_outputs,
            scaffold=self.scaffold_fn() if self.scaffold_fn else None,
            training_hooks=hooks,
            evaluation_hooks=self.evaluation_hooks,
            prediction_hooks=self.prediction_hooks,
        )


def _called(pair):
    """The result of (function, tensors): a list by position, a dict by name."""
    function, tensors = pair
    if isinstance(tensors, dict):
        return function(**tensors)
    return function(*tensors)


class _HostCall(tf.train.SessionRunHook):
    """Runs what a host call gave after each step."""

    def __init__(self, result):
        self._result = result

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self._result)


class TPUEstimator(core.Estimator):
    """An estimator whose `params["batch_size"]` is that of the mode.

    ValueError for `use_tpu=True`: there is none.
    """

    def __init__(
        self,
        model_fn=None,
        model_dir=None,
        config=None,
        params=None,
        use_tpu=True,
        train_batch_size=None,
        eval_batch_size=None,
        predict_batch_size=None,
        batch_axis=None,
        eval_on_tpu=True,
        export_to_tpu=True,
        export_to_cpu=True,
        warm_start_from=None,
        **tpu_only,
    ):
        if use_tpu:
            raise ValueError(
                "Expected use_tpu=False: TPUs are not emulated. Received: "
                f"use_tpu={use_tpu}"
            )
        if params and "batch_size" in params:
            raise ValueError(
                "Expected params without batch_size, which TPUEstimator sets. "
                f"Received: params={params}"
            )
        self._batch_sizes = {
            spec.ModeKeys.TRAIN: train_batch_size,
            spec.ModeKeys.EVAL: eval_batch_size or train_batch_size,
            spec.ModeKeys.PREDICT: predict_batch_size,
        }
        self._mode = spec.ModeKeys.PREDICT
        self._user_model_fn = model_fn
        super().__init__(self._spec_of, model_dir, config, params, warm_start_from)

    @property
    def params(self):
        found = super().params
        size = self._batch_sizes[self._mode]
        return found if size is None else {**found, "batch_size": size}

    def _build(self, input_fn, mode):
        self._mode = mode
        return super()._build(input_fn, mode)

    def _spec_of(self, features, labels, mode, params, config):
        made = core._called(
            self._user_model_fn,
            features,
            labels=labels,
            mode=mode,
            params=params,
            config=config,
        )
        return made.as_estimator_spec() if isinstance(made, TPUEstimatorSpec) else made


def CrossShardOptimizer(
    opt, reduction=None, name="CrossShardOptimizer", group_assignment=None
):
    """The optimizer itself: there is one shard."""
    return opt


def cross_replica_sum(x, group_assignment=None, name=None):
    """The sum over replicas, of which there is one."""
    return tf.identity(x, name=name)


@contextlib.contextmanager
def bfloat16_scope(name=None):
    """Variables in it are kept as float32 and read as bfloat16."""

    def getter(getter, *args, dtype=None, **kwargs):
        if dtype != tf.bfloat16:
            return getter(*args, dtype=dtype, **kwargs)
        return tf.cast(getter(*args, dtype=tf.float32, **kwargs), tf.bfloat16)

    with tf.variable_scope(name or "", custom_getter=getter) as scope:
        yield scope
