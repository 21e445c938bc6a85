"""`tf.contrib.layers`: names as data. The layers themselves are tf_slim's."""

from legacy.contrib.layers import columns
from legacy.contrib.written import written

_HOMES = {
    "tf_slim.layers.layers": "avg_pool2d avg_pool3d batch_norm bias_add conv1d"
    " conv2d conv2d_in_plane conv2d_transpose conv3d conv3d_transpose convolution"
    " convolution1d convolution2d convolution2d_in_plane convolution2d_transpose"
    " convolution3d convolution3d_transpose dense_to_sparse dropout elu flatten"
    " fully_connected images_to_sequence layer_norm legacy_fully_connected"
    " legacy_linear legacy_relu linear max_pool2d max_pool3d maxout one_hot_encoding"
    " pool relu relu6 repeat scale_gradient separable_conv2d separable_convolution2d"
    " sequence_to_images softmax spatial_softmax stack unit_norm"
    # Private ones, for layers that were copied.
    " _add_variable_to_collections _apply_activation _build_variable_getter"
    " _model_variable_getter",
    "tf_slim.layers.initializers": "variance_scaling_initializer xavier_initializer"
    " xavier_initializer_conv2d",
    "tf_slim.layers.normalization": "group_norm instance_norm",
    "tf_slim.layers.optimizers": "OPTIMIZER_CLS_NAMES OPTIMIZER_SUMMARIES"
    " optimize_loss adaptive_clipping_fn _add_scaled_noise_to_gradients"
    " _clip_gradients_by_norm _multiply_gradients",
    "tf_slim.layers.regularizers": "apply_regularization l1_l2_regularizer"
    " l1_regularizer l2_regularizer sum_regularizer",
    "tf_slim.layers.rev_block_lib": "RevBlock recompute_grad rev_block",
    "tf_slim.layers.summaries": "summarize_activation summarize_activations"
    " summarize_collection summarize_tensor summarize_tensors",
    "tensorflow.compat.v1.nn": "safe_embedding_lookup_sparse",
}

NAMES = {
    **written(__name__, __path__),
    **written(columns.__name__, columns.__path__),
    **{
        name: f"{home}:{name}" for home, all_ in _HOMES.items() for name in all_.split()
    },
}
