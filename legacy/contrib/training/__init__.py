"""``tf.contrib.training``: hyperparameters, loops, batches of sequences, sampling.

Origin: TensorFlow 0.12.1, 1.0.0 and 1.15.5. The loops are those of ``tf_slim``.
"""

from legacy.contrib.written import written

_LOOPS = "tf_slim.training.training:"
_EVALUATION = "tf_slim.training.evaluation:"

_HOMES = {
    _LOOPS: (
        "add_gradients_summaries clip_gradient_norms clip_gradient_norms_fn "
        "create_train_op multiply_gradients train"
    ),
    _EVALUATION: (
        "StopAfterNEvalsHook SummaryAtEndHook checkpoints_iterator evaluate_once "
        "evaluate_repeatedly get_or_create_eval_step wait_for_new_checkpoint"
    ),
}

NAMES = {
    **written(__name__, __path__),
    **{name: home + name for home, names in _HOMES.items() for name in names.split()},
}
