"""Gradients of slices, gathers, reshapes, cross entropies, arrays and batch norms."""

import warnings

import tensorflow.compat.v1 as tf
from tensorflow.python.framework import (
    ops,
)
from tensorflow.python.ops import (
    array_grad,
    nn_grad,
    tensor_array_grad,
)

from legacy.ops.replace import gradient


def _reshaped(grad, shape):
    """``grad``, sparse or not, in another shape."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Converting sparse IndexedSlices")
        return tf.reshape(grad, shape)


@gradient("Reshape")
def reshape(op, grad):
    return _reshaped(grad, tf.shape(op.inputs[0])), None


@gradient("StridedSlice")
def strided_slice(op, grad):
    value, begin, end, strides = op.inputs
    masks = {
        name: op.get_attr(name)
        for name in (
            "begin_mask",
            "end_mask",
            "ellipsis_mask",
            "new_axis_mask",
            "shrink_axis_mask",
        )
    }
    shape = tf.shape(value, out_type=begin.dtype)
    found = tf.raw_ops.StridedSliceGrad(
        shape=shape, begin=begin, end=end, strides=strides, dy=grad, **masks
    )
    return found, None, None, None


def _shape_of_parameters(parameters):
    """The shape as int64 first, for parameters may be large, then as int32."""
    with ops.colocate_with(parameters):
        shape = tf.shape(parameters, out_type=tf.int64)
        return tf.cast(shape, tf.int32)


def _rows(shape, indices, size, grad):
    """The gradient of rows taken at ``indices``, as sparse rows."""
    wanted = tf.concat([size, shape[1:]], 0)
    values = _reshaped(grad, wanted)
    return tf.IndexedSlices(values, tf.reshape(indices, size), shape)


@gradient("Gather")
def gather(op, grad):
    parameters, indices = op.inputs
    shape = _shape_of_parameters(parameters)
    size = tf.expand_dims(tf.size(indices), 0)
    return _rows(shape, indices, size, grad), None


@gradient("GatherV2")
def gather_v2(op, grad):
    parameters, indices, axis = op.inputs
    shape = _shape_of_parameters(parameters)
    size = tf.expand_dims(tf.size(indices), 0)
    if tf.get_static_value(axis) == 0:
        return _rows(shape, indices, size, grad), None, None
    batch_dims = op.get_attr("batch_dims")
    if batch_dims < 0:
        batch_dims += indices.shape.ndims
    found = _along(shape, indices, axis, batch_dims, grad)
    return found, None, None


def _along(shape, indices, axis, batch_dims, grad):
    """The gradient of a gather along ``axis``, brought to the front and back."""
    outer, inner = shape[:axis], shape[axis:][1:]
    wanted = tf.concat([outer, [-1], inner], 0)
    rank = tf.size(wanted)
    place = tf.size(outer)
    batch = tf.range(batch_dims)
    before = tf.range(batch_dims, place)
    after = tf.range(place + 1, rank)
    values = _reshaped(grad, wanted)
    there = tf.concat([batch, [place], before, after], 0)
    values = tf.transpose(values, there)
    found = array_grad._BatchGatherGrad(shape, values, indices, batch_dims, shape[axis])
    back = tf.concat([batch, before + 1, [batch_dims], after], 0)
    return tf.transpose(found, back)


@gradient("SparseSoftmaxCrossEntropyWithLogits")
def sparse_cross_entropy(op, grad, _):
    """Has no second derivative, and says so when one is asked for."""
    inner = tf.raw_ops.PreventGradient(
        input=op.outputs[1],
        message="sparse_softmax_cross_entropy_with_logits has no second derivative "
        "in TensorFlow 1",
    )
    return nn_grad._BroadcastMul(grad, inner), None


def _is_zero(grad):
    if grad.op.type in ("ZerosLike", "Zeros"):
        return True
    value = tf.get_static_value(grad)
    return value is not None and not value.any()


@gradient("SoftmaxCrossEntropyWithLogits")
def cross_entropy(op, grad, grad_of_grad):
    logits = op.inputs[0]
    found = nn_grad._BroadcastMul(grad, op.outputs[1])
    if grad_of_grad is not None and not _is_zero(grad_of_grad):
        softmax = tf.raw_ops.Softmax(logits=logits)
        product = tf.matmul(tf.expand_dims(grad_of_grad, 1), tf.expand_dims(softmax, 2))
        found += (grad_of_grad - tf.squeeze(product, axis=1)) * softmax
    return found, nn_grad._BroadcastMul(grad, -tf.raw_ops.LogSoftmax(logits=logits))


def _array_of_gradients(op, flow):
    """The array that collects the gradients of that which ``op`` writes to."""
    array = tf.TensorArray(
        dtype=op.get_attr("T"),
        handle=op.inputs[0],
        flow=flow,
        colocate_with_first_write_call=False,
    )
    source = tensor_array_grad._GetGradSource(flow)
    return array.grad(source=source, flow=flow)


@gradient("TensorArrayWriteV3")
def array_write(op, flow):
    read = _array_of_gradients(op, flow).read(op.inputs[1])
    return None, None, read, flow


@gradient("TensorArrayScatterV3")
def array_scatter(op, flow):
    gathered = _array_of_gradients(op, flow).gather(op.inputs[1])
    return None, None, gathered, flow


@gradient("TensorArraySplitV3")
def array_split(op, flow):
    return None, _array_of_gradients(op, flow).concat(), None, flow


def _batch_norm(compute, reserved, original):
    """The gradient of a fused batch norm whose statistics are those of the batch."""

    def batch_norm(op, *grads):
        if not op.get_attr("is_training"):
            return original(op, *grads)
        x, scale = op.inputs[:2]
        extra = {
            f"reserve_space_{n}": op.outputs[n + 2] for n in range(1, reserved + 1)
        }
        return compute(
            y_backprop=grads[0],
            x=x,
            scale=scale,
            epsilon=op.get_attr("epsilon"),
            data_format=op.get_attr("data_format"),
            is_training=True,
            **extra,
        )

    return batch_norm


for _version, _compute, _reserved in (
    ("", tf.raw_ops.FusedBatchNormGrad, 2),
    ("V2", tf.raw_ops.FusedBatchNormGradV2, 2),
    ("V3", tf.raw_ops.FusedBatchNormGradV3, 3),
):
    _type = "FusedBatchNorm" + _version
    _original = ops.gradient_registry.lookup(_type)
    gradient(_type)(_batch_norm(_compute, _reserved, _original))
