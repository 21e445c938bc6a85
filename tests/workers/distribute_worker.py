"""One scenario of several devices; prints largest differences as JSON.

Two replicas have half of a batch each; they are compared with one replica that has all
of it, in a layer of the same weights.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

from bnlstm_compat import BNLSTM, BNLSTMWeights, reference, spec
from helpers.filled_layers import B, D, H, M, T, mask_of, random_weights

ROWS = 2 * B
# Both halves have a row that runs to the end; one of the halves' is alone there.
LENGTHS = np.array([3, 6, 1, 5, 6, 6, 5, 4])
CASES = {
    "full": ({}, None),
    "masked": ({"zero_output_for_mask": True}, LENGTHS),
    "v1": ({"padding": "v1"}, LENGTHS),
}


def batch():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, T, D)).astype(np.float32)
    target = rng.standard_normal((ROWS, T, H)).astype(np.float32)
    return x, target


def layer_of(weights=None, **options):
    layer = BNLSTM(H, M, return_sequences=True, **options)
    layer.build((None, T, D))
    layer.cell.import_weights(random_weights() if weights is None else weights)
    return layer


def one_pass(layer, x, mask, target):
    """Outputs, and gradients of the mean over the whole batch."""
    with tf.GradientTape() as tape:
        outputs = layer(x, mask=mask, training=True)
        loss = tf.reduce_sum((outputs - target) ** 2) / ROWS
    variables = [getattr(layer.cell, name).value for name in spec.TRAINABLE]
    return outputs, tape.gradient(loss, variables)


def statistics(layer):
    return [
        tf.convert_to_tensor(getattr(layer.cell, name)).numpy()
        for name in spec.STATISTICS
    ]


def distance(ones, others):
    return max(
        float(np.abs(a - b).max() / max(1e-30, np.abs(b).max()))
        for a, b in zip(ones, others, strict=True)
    )


def against_differences(strategy):
    """Synchronised gradients, float64, against differences of the whole batch's loss.

    By ``reference`` on the whole batch, masked; the largest relative distance.
    """
    rng = np.random.default_rng(1)
    x, target = (a.astype(np.float64) for a in batch())
    weights = random_weights(np.float64)
    options = {**CASES["masked"][0], "synchronized": True, "dtype": "float64"}
    _, gradients, _ = passes(strategy, options, LENGTHS, weights)
    worst = 0
    for name, gradient in zip(spec.TRAINABLE, gradients, strict=True):
        direction = rng.standard_normal(gradient.shape)
        losses = []
        for sign in (1, -1):
            arrays = weights.asdict()
            arrays[name] = arrays[name] + sign * 1e-6 * direction
            outputs = reference.run(
                BNLSTMWeights(**arrays), x, lengths=LENGTHS, training=True
            ).outputs
            losses.append(((outputs - target) ** 2).sum() / ROWS)
        numeric = (losses[0] - losses[1]) / 2e-6
        worst = max(worst, abs(np.sum(gradient * direction) / numeric - 1))
    return worst


def passes(strategy, options, lengths, weights=None):
    """One pass under the strategy: all outputs, summed gradients, statistics."""
    x, target = batch()
    if weights is not None:
        x, target = x.astype(weights.dtype), target.astype(weights.dtype)
    mask = mask_of(np.full(ROWS, T) if lengths is None else lengths, T)
    with strategy.scope():
        layer = layer_of(weights, **options)
    count = strategy.num_replicas_in_sync

    def part(array):
        def of(context):
            size = ROWS // count
            start = context.replica_id_in_sync_group * size
            return tf.constant(array[start : start + size])

        return strategy.experimental_distribute_values_from_function(of)

    @tf.function
    def run(x, mask, target):
        def replica(x, mask, target):
            given = None if lengths is None else mask
            outputs, gradients = one_pass(layer, x, given, target)
            context = tf.distribute.get_replica_context()
            return outputs, context.all_reduce("sum", gradients)

        return strategy.run(replica, (x, mask, target))

    outputs, gradients = run(part(x), part(mask), part(target))
    local = strategy.experimental_local_results
    gradients = [local(g)[0].numpy() for g in gradients]
    outputs = strategy.gather(outputs, axis=0).numpy()
    return outputs, gradients, statistics(layer)


def of_mean(mine, x):
    """Distance of statistics from the mean of those after each half of x alone."""
    halves = []
    for half in np.split(x, 2):
        layer = layer_of()
        layer(half, training=True)
        halves.append(statistics(layer))
    means = [(a + b) / 2 for a, b in zip(*halves, strict=True)]
    return {"mean": distance(mine, means), "apart": distance(*halves)}


def compare(strategy, names):
    found = {"replicas": strategy.num_replicas_in_sync}
    x, target = batch()
    for name in names:
        options, lengths = CASES[name]
        whole = layer_of(**options)
        mask = None if lengths is None else mask_of(lengths, T)
        outputs, gradients = one_pass(whole, x, mask, target)
        mine = passes(strategy, {**options, "synchronized": True}, lengths)
        found[name] = {
            "outputs": distance([mine[0]], [outputs.numpy()]),
            "gradients": distance(mine[1], [g.numpy() for g in gradients]),
            "statistics": distance(mine[2], statistics(whole)),
        }
    *_, mine = passes(strategy, {}, None)
    return {**found, **of_mean(mine, x)}


def fitted(strategy):
    """One step of ``fit`` instead: what it moves weights by stands for gradients."""
    found = {"replicas": strategy.num_replicas_in_sync}
    x, target = batch()

    def fit(layer, inputs, outputs, given):
        # The product drops the mask: a masked loss is a mean over each replica's own.
        model = keras.Model(inputs, 1.0 * outputs)
        model.compile(keras.optimizers.SGD(1.0), "mse")
        before = [np.array(v) for v in layer.trainable_variables]
        model.fit(given, target, batch_size=ROWS, shuffle=False, verbose=0)
        after = [tf.convert_to_tensor(v).numpy() for v in layer.trainable_variables]
        return [b - a for a, b in zip(after, before, strict=True)]

    def fit_bnlstm(options, lengths):
        layer = layer_of(**options)
        inputs = [keras.Input((T, D)), keras.Input((T,), dtype="int32")]
        mask = None if lengths is None else inputs[1]
        full = np.full(ROWS, T) if lengths is None else lengths
        given = [x, mask_of(full, T).astype(np.int32)]
        moved = fit(layer, inputs, layer(inputs[0], mask=mask), given)
        return moved, statistics(layer)

    def fit_dense():
        layer = keras.layers.Dense(H, kernel_initializer="ones")
        inputs = keras.Input((T, D))
        return fit(layer, inputs, layer(inputs), x)

    for name, (options, lengths) in CASES.items():
        expected = fit_bnlstm(options, lengths)
        with strategy.scope():
            actual = fit_bnlstm({**options, "synchronized": True}, lengths)
        found[name] = {
            what: distance(a, b)
            for what, a, b in zip(
                ("gradients", "statistics"), actual, expected, strict=True
            )
        }
    expected = fit_dense()
    with strategy.scope():
        found["dense"] = distance(fit_dense(), expected)
        _, mine = fit_bnlstm({}, None)
    return {**found, **of_mean(mine, x)}


def main(argv):
    """Runs the scenario ``argv[0]``."""
    (scenario,) = argv
    if scenario == "workers":
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        found = compare(strategy, ["full", "masked"])
    else:
        cpu = tf.config.list_physical_devices("CPU")[0]
        logical = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, logical)
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
        found = fitted(strategy) if scenario == "fit" else compare(strategy, CASES)
        if scenario == "loop":
            found["differences"] = against_differences(strategy)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
