"""``tf.nn``: argument orders up to 0.12, and names that were removed since.

Origin: signatures of TensorFlow 0.12.1 and 1.0.0. In 1.0, two functions changed the
order of two float arguments: ``weighted_cross_entropy_with_logits`` and
``log_poisson_loss``. Types cannot tell their forms apart. So the script's release
decides the order by position; the keywords of 0.12 are accepted as well.
"""

import tensorflow.compat.v1 as tf

from legacy import release
from legacy.names.call_forms import dtype_of, is_tensor, named, renamed

_V1 = "tensorflow.compat.v1:nn."
_GEN_NN = "tensorflow.python.ops.gen_nn_ops:"


def _cross_entropy(name, order):
    """A cross entropy by keywords, or, up to 0.12, by position in ``order``.

    Releases 1.0 to 1.15 refuse positions, so arguments by position are the old form.
    """
    real = getattr(tf.nn, name)

    def adapted(*args, **kwargs):
        if args and args[0] is None:  # 1.x's first argument, a sentinel
            args = args[1:]
            old_order = ("labels", "logits", *order[2:])
        else:
            old_order = order
        return real(
            **renamed(named(name, old_order, args, kwargs), {"targets": "labels"})
        )

    adapted.__name__ = name
    adapted.__doc__ = real.__doc__
    return adapted


def _by_release(first, second, positions):
    """The order of two arguments: 1.0 put ``first`` first, 0.12 ``second``."""
    if release.rule("losses", matters=positions > 1) == "logits first":
        return second, first
    return first, second


def log_poisson_loss(*args, **kwargs):
    """``(targets, log_input, ...)``, and ``(log_input, targets, ...)`` in 0.12."""
    start = _by_release("targets", "log_input", len(args))
    order = (*start, "compute_full_loss", "name")
    return tf.nn.log_poisson_loss(**named("log_poisson_loss", order, args, kwargs))


def weighted_cross_entropy_with_logits(*args, **kwargs):
    """1.x's order by position, and 0.12's; ``targets`` is a keyword for ``labels``."""
    start = _by_release("labels", "logits", len(args))
    order = (*start, "pos_weight", "name")
    given = named("weighted_cross_entropy_with_logits", order, args, kwargs)
    return tf.nn.weighted_cross_entropy_with_logits(
        **renamed(given, {"targets": "labels"})
    )


def _sampled(name):
    """A sampled loss; 0.12 had ``inputs`` before ``labels``, which are integers."""
    real = getattr(tf.nn, name)

    def adapted(weights, biases, *args, **kwargs):
        if (
            len(args) > 1
            and dtype_of(args[0]).is_floating
            and dtype_of(args[1]).is_integer
        ):
            args = (args[1], args[0], *args[2:])
        return real(weights, biases, *args, **kwargs)

    adapted.__name__ = name
    adapted.__doc__ = real.__doc__
    return adapted


def ctc_loss(*args, **kwargs):
    """``ctc_loss(labels, inputs, ...)``; up to 0.12 ``inputs`` came first.

    The labels are the one of the two that is a sparse tensor.
    """
    if len(args) > 1 and isinstance(args[1], tf.SparseTensor):
        args = (args[1], args[0], *args[2:])
    if len(args) > 5 or not {"logits", "inputs"} & set(kwargs):
        # Up to 1.0, time_major was the sixth argument.
        order = (
            "labels",
            "inputs",
            "sequence_length",
            "preprocess_collapse_repeated",
            "ctc_merge_repeated",
            "time_major",
        )
        if len(args) <= len(order):
            kwargs = named("ctc_loss", order, args, kwargs)
            args = ()
    return tf.nn.ctc_loss(*args, **kwargs)


def rnn(cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
    """0.12's name of ``static_rnn``, with its scope ``RNN``."""
    return tf.nn.static_rnn(
        cell, inputs, initial_state, dtype, sequence_length, scope or "RNN"
    )


def state_saving_rnn(
    cell, inputs, state_saver, state_name, sequence_length=None, scope=None
):
    """0.12's name of ``static_state_saving_rnn``, with its scope ``RNN``."""
    return tf.nn.static_state_saving_rnn(
        cell, inputs, state_saver, state_name, sequence_length, scope or "RNN"
    )


def bidirectional_rnn(
    cell_fw,
    cell_bw,
    inputs,
    initial_state_fw=None,
    initial_state_bw=None,
    dtype=None,
    sequence_length=None,
    scope=None,
):
    """0.12's name of ``static_bidirectional_rnn``, with its scope ``BiRNN``.

    Returns:
      ``(outputs, state_fw, state_bw)``; outputs are a list with both directions side by
      side.
    """
    return tf.nn.static_bidirectional_rnn(
        cell_fw,
        cell_bw,
        inputs,
        initial_state_fw,
        initial_state_bw,
        dtype,
        sequence_length,
        scope or "BiRNN",
    )


def max_pool_with_argmax(*args, **kwargs):
    """``(input, ksize, strides, padding, Targmax)`` by position, as in every 1.x."""
    if len(args) > 4 and (isinstance(args[4], tf.DType) or is_tensor(args[4])):
        kwargs["Targmax"] = args[4]
        args = args[:4]
    return tf.nn.max_pool_with_argmax(*args, **kwargs)


TABLE = {
    "tensorflow.nn": {
        "avg_pool3d_grad": _GEN_NN + "avg_pool3d_grad",
        "bias_add_grad": _GEN_NN + "bias_add_grad",
        "bias_add_v1": "tensorflow.python.ops.nn_ops:bias_add_v1",
        "bidirectional_rnn": bidirectional_rnn,
        "conv3d_backprop_input": _GEN_NN + "conv3d_backprop_input",
        "conv3d_backprop_input_v2": _GEN_NN + "conv3d_backprop_input_v2",
        "ctc_loss": ctc_loss,
        "dilation2d_backprop_filter": _GEN_NN + "dilation2d_backprop_filter",
        "dilation2d_backprop_input": _GEN_NN + "dilation2d_backprop_input",
        "fused_batch_norm_grad": _GEN_NN + "fused_batch_norm_grad",
        "fused_pad_conv2d": _GEN_NN + "fused_pad_conv2d",
        "fused_resize_and_pad_conv2d": _GEN_NN + "fused_resize_and_pad_conv2d",
        "log_poisson_loss": log_poisson_loss,
        "max_pool3d_grad": _GEN_NN + "max_pool3d_grad",
        "max_pool_with_argmax": max_pool_with_argmax,
        "nce_loss": _sampled("nce_loss"),
        "quantized_batch_norm_with_global_normalization": _GEN_NN
        + "quantized_batch_norm_with_global_normalization",
        "quantized_bias_add": _GEN_NN + "quantized_bias_add",
        "quantized_relu": _GEN_NN + "quantized_relu",
        "quantized_relu6": _GEN_NN + "quantized_relu6",
        "rnn": rnn,
        "sampled_softmax_loss": _sampled("sampled_softmax_loss"),
        "sigmoid_cross_entropy_with_logits": _cross_entropy(
            "sigmoid_cross_entropy_with_logits", ("logits", "labels", "name")
        ),
        "softmax_cross_entropy_with_logits": _cross_entropy(
            "softmax_cross_entropy_with_logits", ("logits", "labels", "dim", "name")
        ),
        "sparse_softmax_cross_entropy_with_logits": _cross_entropy(
            "sparse_softmax_cross_entropy_with_logits", ("logits", "labels", "name")
        ),
        "state_saving_rnn": state_saving_rnn,
        "weighted_cross_entropy_with_logits": weighted_cross_entropy_with_logits,
        "xrange": range,
        "xw_plus_b_v1": "tensorflow.python.ops.nn_ops:xw_plus_b_v1",
    }
}
