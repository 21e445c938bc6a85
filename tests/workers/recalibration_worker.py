"""Recalibrates under MirroredStrategy over two logical CPUs, which must be set up
before TensorFlow starts; prints "equal" if it gives what the halves of the batches
give without a strategy."""

import keras
import numpy as np
import tensorflow as tf

import bnlstm_compat
from bnlstm_compat import BNLSTM, spec

D, H, M = 3, 4, 6


def build(**options):
    keras.utils.set_random_seed(0)
    below = BNLSTM(H, M, return_sequences=True, **options)
    return keras.Sequential([keras.Input((M, D)), below, BNLSTM(H, M, **options)])


def statistics(model):
    return [
        np.asarray(getattr(layer.cell, name))
        for layer in model.layers
        for name in spec.STATISTICS
    ]


def main():
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    rows = np.random.default_rng(0).normal(size=(77, M, D)).astype("float32")
    # The last batch, of 5 rows, is split into 3 and 2.
    halves = [rows[start : start + 4] for start in range(0, 72, 4)]
    halves += [rows[72:75], rows[75:]]
    plain = build()
    bnlstm_compat.recalibrate(plain, halves, method="pooled", verbose=0)
    data = tf.data.Dataset.from_tensor_slices(rows).batch(8)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        inside = build()
        bnlstm_compat.recalibrate(inside, data, method="pooled", verbose=0)
    with strategy.scope():
        made_there = build()
    # Called outside: the variables tell the strategy; the data may be spread already.
    bnlstm_compat.recalibrate(
        made_there,
        strategy.experimental_distribute_dataset(data),
        method="pooled",
        verbose=0,
    )
    with strategy.scope():
        iterable = build()
        bnlstm_compat.recalibrate(iterable, halves, method="pooled", verbose=0)
    # Synchronised replicas give the moments of whole batches, by other sums.
    whole = build()
    bnlstm_compat.recalibrate(whole, data, method="pooled", verbose=0)
    with strategy.scope():
        together = build(synchronized=True)
        bnlstm_compat.recalibrate(together, data, method="pooled", verbose=0)
    for expected, table in zip(statistics(whole), statistics(together), strict=True):
        if np.abs(table - expected).max() > 1e-5 * np.abs(expected).max():
            return "different when synchronised"
    for model in (inside, made_there, iterable):
        for expected, table in zip(statistics(plain), statistics(model), strict=True):
            # The same batches in the same order: at most a kernel's last bit.
            if np.abs(table - expected).max() > 3e-7 * np.abs(expected).max():
                return "different"
        for weight in model.weights:
            copies = strategy.experimental_local_results(weight.value)
            if len(copies) != 2 or not np.array_equal(*copies):
                return "replicas differ"
    return "equal"


if __name__ == "__main__":
    print(main())
