"""tf.contrib.training: hyperparameters, buckets, samples, segments, train op."""

from harness import ALL, scenario, values

LAST = ("1.15.5",)


@scenario(LAST, gradients=False)
def hyperparameters(tf):
    training = tf.contrib.training
    hparams = training.HParams(rate=0.1, units=[10, 20], name="lstm", bias=True)
    hparams.parse("rate=2,bias=false")
    first = sorted(hparams.values().items())
    hparams.parse("units=[1,2,3],name=a b")
    hparams.set_hparam("rate", 3)
    hparams.add_hparam("late", 4)
    hparams.parse_json('{"late": 6}')
    hparams.override_from_dict({"rate": 0.25})
    errors = []
    for text in ("unknown=1", "rate=x", "bias=2", "rate=1,rate=2", "rate", "late=1.5"):
        try:
            hparams.parse(text)
        except ValueError:
            errors.append(text)
    for name, value in (("rate", "1"), ("units", 3), ("rate", [1.0]), ("late", 1.5)):
        try:
            hparams.set_hparam(name, value)
        except ValueError:
            errors.append(name + str(value))
    return {
        "first": [str(item) for item in first],
        "json": hparams.to_json(sort_keys=True),
        "in": ["rate" in hparams, "none" in hparams, hparams.get("none", 3) == 3],
        "type": type(hparams.rate).__name__,
        "errors": errors,
        "parsed": str(
            sorted(training.parse_values("a=1,b=[x,y]", {"a": int, "b": str}).items())
        ),
    }


@scenario(ALL, weights=False, gradients=False)
def buckets(tf):
    lengths = tf.train.input_producer([3, 8, 2, 9, 1, 7], shuffle=False).dequeue()
    row = tf.range(lengths)
    sizes, (batch,) = tf.contrib.training.bucket_by_sequence_length(
        lengths, [row], 3, [5], dynamic_pad=True
    )
    order = tf.reduce_sum(sizes)
    return {
        # Which bucket is full first is a race.
        "short or long": tf.logical_or(tf.equal(order, 6), tf.equal(order, 24)),
        "sums": tf.reduce_sum(batch, 1) - sizes * (sizes - 1) // 2,
        "width": tf.shape(batch)[1] - tf.reduce_max(sizes),
        "count": tf.shape(batch)[0],
    }


@scenario(ALL, weights=False, gradients=False)
def certain_samples(tf):
    training = tf.contrib.training
    number = tf.train.input_producer([0, 1, 2, 3], shuffle=False).dequeue()
    (kept,) = training.rejection_sample(
        [number], lambda each: tf.cast(each[0] > 1, tf.float32), 4
    )
    (x,), classes = training.stratified_sample(
        [tf.constant([1.0, 2.0])], tf.constant(1), [0.0, 1.0], 3, [0.5, 0.5]
    )
    return {
        "kept": kept % 2,
        "least": tf.reduce_min(kept),
        "x": x,
        "classes": classes,
    }


@scenario(ALL, weights=False, gradients=False)
def segments(tf):
    batch = tf.contrib.training.batch_sequences_with_states(
        input_key=tf.train.string_input_producer(list("abcdefgh")).dequeue(),
        input_sequences={"x": tf.constant(values((5, 2), 3))},
        input_context={"c": tf.constant(7)},
        input_length=tf.constant(5),
        initial_states={"s": tf.zeros([3])},
        num_unroll=2,
        batch_size=1,
        num_threads=1,
        capacity=1,
    )
    with tf.control_dependencies([batch.save_state("s", batch.state("s") + 1)]):
        return {
            "step": tf.identity(batch.sequences["x"]),
            "all": tf.identity(batch.state("s")),
            "context": batch.context["c"],
            "length": batch.length,
            "total": batch.total_length,
            "position": batch.sequence,
            "count": batch.sequence_count,
        }


@scenario(LAST, gradients=False)
def train_op(tf):
    w = tf.get_variable("w", [3])
    tf.train.get_or_create_global_step()
    loss = tf.reduce_sum(tf.square(w))
    train = tf.contrib.training.create_train_op(
        loss,
        tf.train.GradientDescentOptimizer(0.1),
        transform_grads_fn=tf.contrib.training.clip_gradient_norms_fn(0.5),
    )
    with tf.control_dependencies([train]):
        return {"w": w + 0.0}


@scenario(LAST, weights=False, gradients=False)
def nothing_at_rate_zero(tf):
    resampled = tf.contrib.training.resample_at_rate([tf.range(3)], tf.zeros([3]))
    return {"count": tf.size(resampled[0])}


@scenario(LAST, gradients=False)
def placement(tf):
    training = tf.contrib.training
    strategy = training.GreedyLoadBalancingStrategy(2, training.byte_size_load_fn)
    shapes = ([10], [3], [3], [5], [2])
    made = [tf.zeros(shape, name="z").op for shape in shapes]
    random = training.RandomStrategy(3, seed=4)
    return {
        "greedy": [strategy(op) for op in made],
        "random": [int(random(op)) for op in made],
        "bytes": training.byte_size_load_fn(made[0]),
    }
