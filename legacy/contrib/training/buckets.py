"""Batches of like length, through queues: ``bucket`` and its shorthand."""

import itertools

import tensorflow.compat.v1 as tf

__all__ = [
    "bucket",
    "bucket_by_sequence_length",
]


def bucket(
    tensors,
    which_bucket,
    batch_size,
    num_buckets,
    num_threads=1,
    capacity=32,
    bucket_capacities=None,
    shapes=None,
    dynamic_pad=False,
    allow_smaller_final_batch=False,
    keep_input=True,
    shared_name=None,
    name=None,
):
    """Puts single examples into buckets, and gives a batch when a bucket is full.

    Args:
      tensors: a list or dict of tensors of one example.
      which_bucket: an int32 scalar: the bucket of this example.
      batch_size: an integer, or one for each bucket.
      dynamic_pad: pad each batch to its longest member.

    Returns:
      ``(bucket number, batch)``; the batch is like ``tensors``, a dimension more. The
      queues are filled by queue runners.
    """
    del shared_name
    keys = sorted(tensors) if isinstance(tensors, dict) else None
    parts = [tensors[key] for key in keys] if keys else list(tensors)
    parts = [tf.convert_to_tensor(part) for part in parts]
    sizes = batch_size if isinstance(batch_size, list | tuple) else None
    sizes = list(sizes or [batch_size] * num_buckets)
    capacities = list(bucket_capacities or [capacity] * num_buckets)
    if len(sizes) != num_buckets or len(capacities) != num_buckets:
        raise ValueError(
            f"bucket needs {num_buckets} batch sizes and capacities. "
            f"Received: {len(sizes)} and {len(capacities)}"
        )
    with tf.name_scope(name, "bucket", parts) as scope:
        dtypes = [part.dtype for part in parts]
        shapes = [tf.TensorShape(s) for s in shapes or [p.shape for p in parts]]
        queue_class = tf.PaddingFIFOQueue if dynamic_pad else tf.FIFOQueue
        queues = [
            queue_class(capacities[index], dtypes, shapes, name=f"bucket_queue_{index}")
            for index in range(num_buckets)
        ]
        rows = (
            sizes[0] if len(set(sizes)) == 1 and not allow_smaller_final_batch else None
        )
        padded = [tf.TensorShape([None] * s.rank) if dynamic_pad else s for s in shapes]
        batched = [tf.TensorShape([rows]).concatenate(shape) for shape in padded]
        top = tf.PaddingFIFOQueue(
            capacity, [tf.int32, *dtypes], [[], *batched], name="top_queue"
        )

        keep = tf.convert_to_tensor(keep_input, tf.bool)
        enqueue = tf.group(
            *[
                tf.cond(
                    keep & tf.equal(which_bucket, index),
                    lambda queue=queue: queue.enqueue(parts),
                    tf.no_op,
                )
                for index, queue in enumerate(queues)
            ]
        )
        closing = tf.group(*[queue.close() for queue in queues])
        cancelling = tf.group(
            *[queue.close(cancel_pending_enqueues=True) for queue in queues]
        )
        ended = (tf.errors.OutOfRangeError, tf.errors.CancelledError)
        tf.train.add_queue_runner(
            tf.train.QueueRunner(
                queues[0],
                [enqueue] * num_threads,
                closing,
                cancelling,
                ended,
            )
        )
        moves = []
        for index, (queue, size) in enumerate(zip(queues, sizes, strict=True)):
            take = queue.dequeue_many
            if allow_smaller_final_batch:
                take = queue.dequeue_up_to
            values = take(size, name=f"read_bucket_{index}")
            values = values if isinstance(values, list) else [values]
            moves.append(top.enqueue([tf.constant(index), *values]))
        # A runner closes its queue when the last of its threads has ended: the top
        # queue, once every bucket is drained.
        tf.train.add_queue_runner(
            tf.train.QueueRunner(top, moves, queue_closed_exception_types=ended)
        )
        number, *values = top.dequeue(name=scope)
        for value, shape in zip(values, batched, strict=True):
            value.set_shape(shape)
    return number, dict(zip(keys, values, strict=True)) if keys else values


def bucket_by_sequence_length(
    input_length,
    tensors,
    batch_size,
    bucket_boundaries,
    num_threads=1,
    capacity=32,
    bucket_capacities=None,
    shapes=None,
    dynamic_pad=False,
    allow_smaller_final_batch=False,
    keep_input=True,
    shared_name=None,
    name=None,
):
    """:func:`bucket` by length: bucket i has boundaries[i-1] <= length < boundaries[i].

    Returns:
      ``(lengths [batch], batch)``.
    """
    boundaries = list(bucket_boundaries)
    if not boundaries or any(
        low >= high for low, high in itertools.pairwise(boundaries)
    ):
        raise ValueError(
            "bucket_by_sequence_length needs increasing boundaries. "
            f"Received: bucket_boundaries={boundaries}"
        )
    length = tf.cast(input_length, tf.int32)
    which = tf.reduce_sum(tf.cast(length >= tf.constant(boundaries), tf.int32))
    keys = sorted(tensors) if isinstance(tensors, dict) else None
    parts = [tensors[key] for key in keys] if keys else list(tensors)
    if shapes is not None:
        shapes = [tf.TensorShape([]), *shapes]
    _, (lengths, *values) = bucket(
        [length, *parts],
        which,
        batch_size,
        len(boundaries) + 1,
        num_threads,
        capacity,
        bucket_capacities,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        keep_input,
        shared_name,
        name,
    )
    return lengths, dict(zip(keys, values, strict=True)) if keys else values
