"""`tf.contrib.losses`: names as data; the functions are tf_slim's."""

_PUBLIC = """absolute_difference add_loss compute_weighted_loss cosine_distance
get_losses get_regularization_losses get_total_loss hinge_loss log_loss
mean_pairwise_squared_error mean_squared_error sigmoid_cross_entropy
softmax_cross_entropy sparse_softmax_cross_entropy"""
_METRIC_LEARNING = """cluster_loss contrastive_loss lifted_struct_loss npairs_loss
npairs_loss_multilabel triplet_semihard_loss"""

NAMES = {name: "tf_slim.losses:" + name for name in _PUBLIC.split()}
NAMES["metric_learning"] = "tf_slim.losses.metric_learning"
NAMES.update(
    {n: "tf_slim.losses.metric_learning:" + n for n in _METRIC_LEARNING.split()}
)
