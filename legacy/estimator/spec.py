"""What a model function gets and gives: modes, ``EstimatorSpec``, configuration."""

import collections
import copy

import tensorflow.compat.v1 as tf
from tensorflow.python.saved_model.model_utils import mode_keys

ModeKeys = mode_keys.EstimatorModeKeys
# Name of the signature that a served model answers by.
SERVING = tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY

_SPEC = collections.namedtuple(
    "EstimatorSpec",
    "mode predictions loss train_op eval_metric_ops export_outputs "
    "training_chief_hooks training_hooks scaffold evaluation_hooks prediction_hooks",
)


class EstimatorSpec(_SPEC):
    """What a ``model_fn`` returns; see :class:`Estimator`.

    Raises:
      ValueError: a part that ``mode`` needs is missing.
    """

    def __new__(
        cls,
        mode,
        predictions=None,
        loss=None,
        train_op=None,
        eval_metric_ops=None,
        export_outputs=None,
        training_chief_hooks=None,
        training_hooks=None,
        scaffold=None,
        evaluation_hooks=None,
        prediction_hooks=None,
    ):
        needed = {
            ModeKeys.TRAIN: {"loss": loss, "train_op": train_op},
            ModeKeys.EVAL: {"loss": loss},
            ModeKeys.PREDICT: {"predictions": predictions},
        }
        if mode not in needed:
            raise ValueError(
                f"EstimatorSpec needs one of {sorted(needed)}. Received: mode={mode!r}"
            )
        for name, value in needed[mode].items():
            if value is None:
                raise ValueError(f"Missing {name}: EstimatorSpec needs it in {mode!r}")
        if loss is not None:
            loss = tf.convert_to_tensor(loss)
            if not loss.shape.is_compatible_with([]):
                loss = tf.reshape(loss, [])
        return super().__new__(
            cls,
            mode,
            {} if predictions is None else predictions,
            loss,
            train_op,
            dict(eval_metric_ops or {}),
            export_outputs,
            tuple(training_chief_hooks or ()),
            tuple(training_hooks or ()),
            scaffold,
            tuple(evaluation_hooks or ()),
            tuple(prediction_hooks or ()),
        )


class RunConfig:
    """How to run: folder, seed, how often to save and log. One machine.

    ``save_checkpoints_steps`` and ``save_checkpoints_secs`` exclude each other; with
    neither, a checkpoint is saved every 600 seconds.
    """

    task_type = "worker"
    task_id = 0
    master = ""
    evaluation_master = ""
    is_chief = True
    num_ps_replicas = 0
    num_worker_replicas = 1
    cluster_spec = tf.train.ClusterSpec({})
    service = None
    global_id_in_cluster = 0

    def __init__(
        self,
        model_dir=None,
        tf_random_seed=None,
        save_summary_steps=100,
        save_checkpoints_steps=None,
        save_checkpoints_secs=None,
        session_config=None,
        keep_checkpoint_max=5,
        keep_checkpoint_every_n_hours=10000,
        log_step_count_steps=100,
        train_distribute=None,
        device_fn=None,
        protocol=None,
        eval_distribute=None,
        experimental_distribute=None,
        experimental_max_worker_delay_secs=None,
        session_creation_timeout_secs=7200,
    ):
        if save_checkpoints_steps is not None and save_checkpoints_secs is not None:
            raise ValueError(
                "RunConfig takes save_checkpoints_steps or save_checkpoints_secs, not "
                f"both. Received: {save_checkpoints_steps}, {save_checkpoints_secs}"
            )
        if train_distribute or eval_distribute or experimental_distribute:
            raise ValueError(
                "RunConfig's distribution strategies are not supported; remove "
                "train_distribute, eval_distribute and experimental_distribute"
            )
        if save_checkpoints_steps is None and save_checkpoints_secs is None:
            save_checkpoints_secs = 600
        self.model_dir = model_dir
        self.tf_random_seed = tf_random_seed
        self.save_summary_steps = save_summary_steps
        self.save_checkpoints_steps = save_checkpoints_steps
        self.save_checkpoints_secs = save_checkpoints_secs
        self.session_config = session_config
        self.keep_checkpoint_max = keep_checkpoint_max
        self.keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self.log_step_count_steps = log_step_count_steps
        self.device_fn = device_fn
        self.protocol = protocol
        self.session_creation_timeout_secs = session_creation_timeout_secs
        self.experimental_max_worker_delay_secs = experimental_max_worker_delay_secs
        self.train_distribute = self.eval_distribute = None

    def replace(self, **changes):
        """A copy with other values; raises ``ValueError`` for an unknown name."""
        unknown = sorted(set(changes) - set(vars(self)))
        if unknown:
            raise ValueError(f"RunConfig has no {', '.join(unknown)}")
        other = copy.copy(self)
        if changes.get("save_checkpoints_steps") is not None:
            changes.setdefault("save_checkpoints_secs", None)
        elif changes.get("save_checkpoints_secs") is not None:
            changes.setdefault("save_checkpoints_steps", None)
        vars(other).update(changes)
        return other


TrainSpec = collections.namedtuple(
    "TrainSpec",
    "input_fn max_steps hooks saving_listeners",
    defaults=(None, (), ()),
)
TrainSpec.__doc__ = "What ``train_and_evaluate`` trains on, and for how many steps."

EvalSpec = collections.namedtuple(
    "EvalSpec",
    "input_fn steps name hooks exporters start_delay_secs throttle_secs",
    defaults=(100, None, (), (), 120, 600),
)
EvalSpec.__doc__ = "What ``train_and_evaluate`` evaluates on, and how often."

WarmStartSettings = collections.namedtuple(
    "WarmStartSettings",
    "ckpt_to_initialize_from vars_to_warm_start var_name_to_vocab_info "
    "var_name_to_prev_var_name",
    defaults=(".*", None, None),
)
WarmStartSettings.__doc__ = "Where a new model takes its first values from."
