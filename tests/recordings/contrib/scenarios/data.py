"""tf.contrib.data: transformations of datasets."""

from harness import scenario

LAST = ("1.15.5",)


def first(tf, dataset, count=1):
    """The first elements, as one tensor of a one-shot iterator each."""
    whole = dataset.batch(count) if count > 1 else dataset
    return tf.data.make_one_shot_iterator(whole).get_next()


@scenario(LAST, gradients=False)
def batches(tf):
    data = tf.contrib.data
    numbers = tf.data.Dataset.range(10)
    rows = numbers.map(lambda n: tf.range(n + 1))
    return {
        "drop": first(tf, numbers.apply(data.batch_and_drop_remainder(4)), 2),
        "padded": first(
            tf, rows.apply(data.padded_batch_and_drop_remainder(3, [None]))
        ),
        "window": first(
            tf, numbers.apply(data.sliding_window_batch(4, window_shift=3)), 2
        ),
        "stride": first(
            tf,
            numbers.apply(
                data.sliding_window_batch(3, window_shift=1, window_stride=2)
            ),
            3,
        ),
        "counted": tf.stack(first(tf, numbers.apply(data.enumerate_dataset(3)))),
        "scan": first(
            tf,
            numbers.apply(
                data.scan(tf.constant(0, tf.int64), lambda s, n: (s + n, s + n))
            ),
            6,
        ),
        "joined": first(tf, numbers.apply(data.map_and_batch(lambda n: n * 2, 5))),
        "unbatch": first(tf, numbers.batch(5).apply(data.unbatch()), 7),
        "asserted": first(
            tf,
            numbers.map(lambda n: tf.zeros([2])).apply(data.assert_element_shape([2])),
        ),
        "interleaved": first(
            tf,
            numbers.apply(
                data.parallel_interleave(
                    lambda n: tf.data.Dataset.from_tensors(n).repeat(2), 2
                )
            ),
            8,
        ),
    }


@scenario(LAST, gradients=False)
def grouped(tf):
    data = tf.contrib.data
    rows = tf.data.Dataset.from_tensor_slices([3, 8, 2, 9, 1, 7]).map(
        lambda n: tf.range(n)
    )
    bucketed = rows.apply(
        data.bucket_by_sequence_length(tf.size, [5], [3, 2], padded_shapes=[None])
    )
    reducer = data.Reducer(
        lambda _: tf.constant(0), lambda s, n: s + tf.size(n), lambda s: s
    )
    return {
        "bucket": first(tf, bucketed),
        "reduced": data.reduce_dataset(rows, reducer),
        "window": first(
            tf,
            rows.apply(
                data.group_by_window(
                    lambda n: tf.cast(tf.size(n) % 2, tf.int64),
                    lambda key, part: part.map(tf.size).batch(2),
                    2,
                )
            ),
        ),
    }
