"""`tf.contrib.distribute`: strategies whose arguments were numbers of GPUs."""

import tensorflow.compat.v1 as tf


def _devices(devices, num_gpus):
    if devices is not None or not num_gpus:
        return devices
    return [f"/gpu:{number}" for number in range(num_gpus)]


class MirroredStrategy(tf.distribute.MirroredStrategy):
    """`tf.distribute.MirroredStrategy`, also by `num_gpus` or `num_gpus_per_worker`."""

    def __init__(
        self,
        devices=None,
        num_gpus=None,
        num_gpus_per_worker=None,
        cross_device_ops=None,
        auto_shard_dataset=False,
        cross_tower_ops=None,
    ):
        super().__init__(
            _devices(devices, num_gpus or num_gpus_per_worker),
            cross_device_ops or cross_tower_ops,
        )


class CollectiveAllReduceStrategy(
    tf.distribute.experimental.MultiWorkerMirroredStrategy
):
    """`tf.distribute.experimental.MultiWorkerMirroredStrategy`."""

    def __init__(self, num_gpus_per_worker=0, communication=None):
        super().__init__(**({"communication": communication} if communication else {}))
