"""`tf.contrib.learn.io`'s readers: files of examples, through queues, in batches."""

import tensorflow.compat.v1 as tf

_PUBLIC = """queue_parsed_features read_batch_examples read_batch_features
read_batch_record_features read_keyed_batch_examples read_keyed_batch_features"""
NAMES = {name: f"{__name__}:{name}" for name in _PUBLIC.split()}

# Beside parsed features, the record's key.
_KEY = "__key__"


def _file_names(file_pattern, randomize_input):
    patterns = file_pattern if isinstance(file_pattern, list) else [file_pattern]
    names = [name for pattern in patterns for name in tf.gfile.Glob(pattern)]
    if not names:
        raise ValueError(f"Expected files. Received: {file_pattern}, which has none")
    return names if randomize_input else sorted(names)


def _records(files, reader, read_batch_size, parse_fn):
    """The key and the record (or the parsed one) of one reader."""
    if read_batch_size > 1:
        keys, records = reader().read_up_to(files, read_batch_size)
    else:
        keys, records = reader().read(files)
    parsed = parse_fn(records) if parse_fn else records
    if isinstance(parsed, dict):
        return {**parsed, _KEY: keys}
    return keys, parsed


def read_keyed_batch_examples(
    file_pattern,
    batch_size,
    reader,
    randomize_input=True,
    num_epochs=None,
    queue_capacity=10000,
    num_threads=1,
    read_batch_size=1,
    parse_fn=None,
    name=None,
    seed=None,
):
    """(keys, records), [batch_size] each, of the files that a pattern names.

    With `parse_fn`, what it makes of the records. ValueError if there are no files, or
    `batch_size` is not below `queue_capacity`.
    """
    names = _file_names(file_pattern, randomize_input)
    if not tf.is_tensor(batch_size) and not 0 < batch_size < queue_capacity:
        raise ValueError(
            f"Expected batch_size below queue_capacity={queue_capacity}. "
            f"Received: batch_size={batch_size}"
        )
    with tf.name_scope(name, "read_batch_examples", [file_pattern]) as scope:
        with tf.name_scope("file_name_queue") as queue_scope:
            files = tf.train.string_input_producer(
                tf.constant(names, name="input"),
                shuffle=randomize_input,
                num_epochs=num_epochs,
                name=queue_scope,
                seed=seed,
            )
        with tf.name_scope("read"):
            read = [
                _records(files, reader, read_batch_size, parse_fn)
                for _ in range(num_threads)
            ]
        options = {
            "capacity": queue_capacity,
            "enqueue_many": read_batch_size > 1,
            "name": scope,
            "allow_smaller_final_batch": num_epochs is not None,
        }
        if randomize_input:
            least = int(queue_capacity * 0.4)
            if not tf.is_tensor(batch_size):
                least = max(queue_capacity - 3 * batch_size, batch_size)
            batch = tf.train.shuffle_batch_join(
                read, batch_size, min_after_dequeue=least, seed=seed, **options
            )
        else:
            batch = tf.train.batch_join(read, batch_size, **options)
    if isinstance(batch, dict):
        return batch.pop(_KEY), batch
    return batch


def read_batch_examples(file_pattern, batch_size, reader, *args, **kwargs):
    """`read_keyed_batch_examples` without the keys."""
    batch = read_keyed_batch_examples(file_pattern, batch_size, reader, *args, **kwargs)
    return batch[1]


def read_keyed_batch_features(
    file_pattern,
    batch_size,
    features,
    reader,
    randomize_input=True,
    num_epochs=None,
    queue_capacity=10000,
    reader_num_threads=1,
    feature_queue_capacity=100,
    num_enqueue_threads=2,
    parse_fn=None,
    name=None,
    read_batch_size=None,
):
    """(keys, {feature: tensor}) of files of `tf.Example`s."""
    with tf.name_scope(name, "read_batch_features", [file_pattern]) as scope:
        keys, examples = read_keyed_batch_examples(
            file_pattern,
            batch_size,
            reader,
            randomize_input,
            num_epochs,
            queue_capacity,
            reader_num_threads,
            batch_size if read_batch_size is None else read_batch_size,
            parse_fn,
            scope,
        )
        return queue_parsed_features(
            tf.parse_example(examples, features),
            keys,
            feature_queue_capacity,
            num_enqueue_threads,
            scope,
        )


def read_batch_features(
    file_pattern,
    batch_size,
    features,
    reader,
    randomize_input=True,
    num_epochs=None,
    queue_capacity=10000,
    feature_queue_capacity=100,
    reader_num_threads=1,
    num_enqueue_threads=2,
    parse_fn=None,
    name=None,
    read_batch_size=None,
):
    """`read_keyed_batch_features` without the keys."""
    return read_keyed_batch_features(
        file_pattern,
        batch_size,
        features,
        reader,
        randomize_input,
        num_epochs,
        queue_capacity,
        reader_num_threads,
        feature_queue_capacity,
        num_enqueue_threads,
        parse_fn,
        name,
        read_batch_size,
    )[1]


def read_batch_record_features(
    file_pattern,
    batch_size,
    features,
    randomize_input=True,
    num_epochs=None,
    queue_capacity=10000,
    reader_num_threads=1,
    name="dequeue_record_examples",
):
    """`read_batch_features` of TFRecord files."""
    return read_batch_features(
        file_pattern,
        batch_size,
        features,
        tf.TFRecordReader,
        randomize_input,
        num_epochs,
        queue_capacity,
        reader_num_threads=reader_num_threads,
        name=name,
    )


def queue_parsed_features(
    parsed_features,
    keys=None,
    feature_queue_capacity=100,
    num_enqueue_threads=2,
    name=None,
):
    """(keys, features), after a queue that is filled while a step runs."""
    inputs = [*parsed_features.values(), *([] if keys is None else [keys])]
    with tf.name_scope(name, "queue_parsed_features", inputs):
        parts, named = [], sorted(parsed_features)
        for feature in named:
            tensor = parsed_features[feature]
            if isinstance(tensor, tf.SparseTensor):
                parts += [tensor.indices, tensor.values, tensor.dense_shape]
            else:
                parts.append(tensor)
        parts += [] if keys is None else [keys]
        queue = tf.FIFOQueue(feature_queue_capacity, [part.dtype for part in parts])
        tf.summary.scalar(
            f"queue/parsed_features/{queue.name}/"
            f"fraction_of_{feature_queue_capacity}_full",
            tf.cast(queue.size(), tf.float32) * (1.0 / feature_queue_capacity),
        )
        tf.train.add_queue_runner(
            tf.train.QueueRunner(
                queue,
                [queue.enqueue(parts) for _ in range(num_enqueue_threads)],
                queue_closed_exception_types=(
                    tf.errors.OutOfRangeError,
                    tf.errors.CancelledError,
                ),
            )
        )
        taken = queue.dequeue()
        taken = taken if isinstance(taken, list) else [taken]
        for new, old in zip(taken, parts, strict=True):
            new.set_shape(old.shape)
        rest, features = iter(taken), {}
        for feature in named:
            first = next(rest)
            if isinstance(parsed_features[feature], tf.SparseTensor):
                first = tf.SparseTensor(first, next(rest), next(rest))
            features[feature] = first
        return next(rest, None), features
