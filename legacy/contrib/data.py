"""``tf.contrib.data``: transformations that ``tf.data`` has under other names.

Origin: TensorFlow 1.2 to 1.15.
"""

import tensorflow.compat.v1 as tf
from tensorflow.python.data.util import nest


def batch_and_drop_remainder(batch_size):
    """Batches of exactly ``batch_size``; a shorter last one is dropped."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


def padded_batch_and_drop_remainder(batch_size, padded_shapes, padding_values=None):
    """Padded batches of exactly ``batch_size``."""
    return lambda dataset: dataset.padded_batch(
        batch_size, padded_shapes, padding_values, drop_remainder=True
    )


def assert_element_shape(expected_shapes):
    """Checks that every element has the (nest of) shapes, and lets it pass."""

    def check(*element):
        element = element[0] if len(element) == 1 else element
        # Of this module's nests, a list is one leaf: a shape.
        for shape, tensor in zip(
            nest.flatten(expected_shapes), nest.flatten(element), strict=True
        ):
            tensor.set_shape(tensor.shape.merge_with(tf.TensorShape(shape)))
        return element

    return lambda dataset: dataset.map(check)


def parallel_interleave(
    map_func,
    cycle_length,
    block_length=1,
    sloppy=False,
    buffer_output_elements=None,
    prefetch_input_elements=None,
):
    """Elements of several datasets in turn."""
    return tf.data.experimental.parallel_interleave(
        map_func,
        cycle_length,
        block_length,
        sloppy,
        buffer_output_elements,
        prefetch_input_elements,
    )


def sloppy_interleave(map_func, cycle_length, block_length=1):
    """The same; the order may depend on the speed of the sources."""
    return parallel_interleave(map_func, cycle_length, block_length, sloppy=True)


def reduce_dataset(dataset, reducer):
    """The result of ``reducer`` over the whole of ``dataset``, as tensors."""
    single = dataset.apply(
        tf.data.experimental.group_by_reducer(
            lambda *_: tf.constant(0, tf.int64), reducer
        )
    )
    return tf.data.experimental.get_single_element(single)


def sliding_window_batch(window_size, stride=None, window_shift=None, window_stride=1):
    """Overlapping batches of ``window_size``, each ``window_shift`` further on."""
    shift = stride or window_shift or 1

    def windows(dataset):
        return dataset.window(window_size, shift, window_stride, True).flat_map(
            lambda *parts: (
                tf.data.Dataset.zip(tuple(part.batch(window_size) for part in parts))
                if len(parts) > 1
                else parts[0].batch(window_size)
            )
        )

    return windows


def read_batch_features(
    file_pattern,
    batch_size,
    features,
    reader=tf.data.TFRecordDataset,
    reader_args=None,
    randomize_input=True,
    num_epochs=None,
    capacity=10000,
):
    """Batches of parsed examples, as tensors of a one-shot iterator."""
    dataset = tf.data.experimental.make_batched_features_dataset(
        file_pattern,
        batch_size,
        features,
        reader=reader,
        reader_args=reader_args,
        shuffle=randomize_input,
        num_epochs=num_epochs,
        shuffle_buffer_size=capacity,
    )
    return tf.data.make_one_shot_iterator(dataset).get_next()


_EXPERIMENTAL = "tensorflow.compat.v1:data.experimental."
_SAME = (
    "AUTOTUNE Counter CsvDataset Optional RandomDataset Reducer SqlDataset "
    "TFRecordWriter bucket_by_sequence_length choose_from_datasets copy_to_device "
    "dense_to_sparse_batch enumerate_dataset get_next_as_optional get_single_element "
    "group_by_reducer group_by_window ignore_errors make_batched_features_dataset "
    "make_csv_dataset make_saveable_from_iterator map_and_batch parse_example_dataset "
    "prefetch_to_device rejection_resample sample_from_datasets scan "
    "shuffle_and_repeat unbatch unique"
).split()

NAMES = {
    **{name: _EXPERIMENTAL + name for name in _SAME},
    "Dataset": "tensorflow.compat.v1:data.Dataset",
    "FixedLengthRecordDataset": "tensorflow.compat.v1:data.FixedLengthRecordDataset",
    "Iterator": "tensorflow.compat.v1:data.Iterator",
    "TFRecordDataset": "tensorflow.compat.v1:data.TFRecordDataset",
    "TextLineDataset": "tensorflow.compat.v1:data.TextLineDataset",
    "assert_element_shape": assert_element_shape,
    "batch_and_drop_remainder": batch_and_drop_remainder,
    "padded_batch_and_drop_remainder": padded_batch_and_drop_remainder,
    "parallel_interleave": parallel_interleave,
    "read_batch_features": read_batch_features,
    "reduce_dataset": reduce_dataset,
    "sliding_window_batch": sliding_window_batch,
    "sloppy_interleave": sloppy_interleave,
}
