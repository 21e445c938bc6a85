"""Which parameter server holds a variable: strategies for ``replica_device_setter``."""

import hashlib

import numpy as np

__all__ = [
    "GreedyLoadBalancingStrategy",
    "RandomStrategy",
    "byte_size_load_fn",
]


def byte_size_load_fn(op):
    """Bytes of the first output of ``op``, whose shape must be known."""
    tensor = op.outputs[0]
    if not tensor.shape.is_fully_defined():
        raise ValueError(f"byte_size_load_fn needs a known shape. Received: {op.name}")
    return tensor.shape.num_elements() * tensor.dtype.size


class RandomStrategy:
    """A server for each variable that its name and the seed decide, evenly."""

    def __init__(self, num_ps_tasks, seed=0):
        self._tasks = num_ps_tasks
        self._seed = seed

    def __call__(self, op):
        digest = hashlib.md5(f"{op.name}_{self._seed}".encode()).hexdigest()
        return int(digest, 16) % self._tasks


class GreedyLoadBalancingStrategy:
    """The server with the least load so far, by ``load_fn(op)``."""

    def __init__(self, num_tasks, load_fn):
        self._load = load_fn
        self._loads = np.zeros(num_tasks)

    def __call__(self, op):
        task = int(self._loads.argmin())
        self._loads[task] += self._load(op)
        return task
