"""`tf.contrib.learn.RunConfig`, whose arguments came in another order."""

import tensorflow.compat.v1 as tf

from legacy.estimator import spec

NAMES = {
    "RunConfig": f"{__name__}:RunConfig",
    "ClusterConfig": f"{__name__}:ClusterConfig",
    "TaskType": f"{__name__}:TaskType",
}


class TaskType:
    """Names of the roles of a cluster."""

    MASTER, PS, WORKER = "master", "ps", "worker"


class ClusterConfig:
    """The cluster of one machine: this process, which is the chief."""

    cluster_spec = tf.train.ClusterSpec({})
    num_ps_replicas = num_worker_replicas = task_id = 0
    task_type, master, evaluation_master, is_chief = None, "", "", True
    environment = "local"


class RunConfig(spec.RunConfig):
    """How to run. `num_cores`, `gpu_memory_fraction` and `log_device_placement` go to
    the session."""

    def __init__(
        self,
        master=None,
        num_cores=0,
        log_device_placement=False,
        gpu_memory_fraction=1,
        tf_random_seed=None,
        save_summary_steps=100,
        save_checkpoints_secs=spec.RunConfig,
        save_checkpoints_steps=None,
        keep_checkpoint_max=5,
        keep_checkpoint_every_n_hours=10000,
        log_step_count_steps=100,
        protocol=None,
        evaluation_master="",
        model_dir=None,
        session_config=None,
        session_creation_timeout_secs=7200,
    ):
        if save_checkpoints_secs is spec.RunConfig:  # not given
            save_checkpoints_secs = None if save_checkpoints_steps is not None else 600
        super().__init__(
            model_dir=model_dir,
            tf_random_seed=tf_random_seed,
            save_summary_steps=save_summary_steps,
            save_checkpoints_steps=save_checkpoints_steps,
            save_checkpoints_secs=save_checkpoints_secs,
            session_config=session_config,
            keep_checkpoint_max=keep_checkpoint_max,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            log_step_count_steps=log_step_count_steps,
            protocol=protocol,
            session_creation_timeout_secs=session_creation_timeout_secs,
        )
        self.master, self.evaluation_master = master or "", evaluation_master
        self.tf_config = session_config or tf.ConfigProto(
            log_device_placement=log_device_placement,
            inter_op_parallelism_threads=num_cores,
            intra_op_parallelism_threads=num_cores,
            gpu_options=tf.GPUOptions(
                per_process_gpu_memory_fraction=gpu_memory_fraction
            ),
        )
