"""Several devices: each scenario in a process with devices of its own."""

import json
import socket

import keras
import pytest

from helpers import workers
from helpers.rounding import within


def _start(scenario, **environment):
    return workers.start("distribute_worker", scenario, **environment)


def _finish(process):
    return json.loads(workers.output(process).splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["loop", "fit"])
def test_two_replicas(scenario):
    """MirroredStrategy over two logical CPUs."""
    found = _finish(_start(scenario))
    assert found["replicas"] == 2
    # Keras 3.4's ``fit`` leaves each replica its own gradient, of any layer's.
    summed = found.get("dense", 0) < 1e-5
    assert summed or keras.__version__.startswith("3.4.")
    # One replica with the whole batch: outputs, gradients and statistics.
    for name in ("masked", "v1", "full"):
        for what, distance in found[name].items():
            if summed or what != "gradients":
                within("replicas", distance, 1e-5, f"{name}: {what}")
    if scenario == "loop":
        # Central differences in float64: about (eps ** (2/3)) of the gradient.
        within("differences", found["differences"], 2e-6)
    # Without synchronisation, statistics are the replicas' mean, and really differ.
    within("replicas", found["mean"], 1e-6, "mean")
    assert found["apart"] > 1e-3


@pytest.mark.slow
def test_two_workers():
    """MultiWorkerMirroredStrategy: two processes, a custom loop."""
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            ports.append(probe.getsockname()[1])
    addresses = [f"localhost:{port}" for port in ports]
    cluster = {"cluster": {"worker": addresses}}
    processes = [
        _start(
            "workers",
            TF_CONFIG=json.dumps({**cluster, "task": {"type": "worker", "index": i}}),
        )
        for i in range(2)
    ]
    for found in map(_finish, processes):
        assert found["replicas"] == 2
        for name in ("masked", "full"):
            for what, distance in found[name].items():
                within("replicas", distance, 1e-5, f"{name}: {what}")
        within("replicas", found["mean"], 1e-6, "mean")
