"""Goldens packed into one file for a process of another TensorFlow."""

import json

import numpy as np

from helpers import graph_cells as graphs


def pack(path, goldens):
    """Writes what ``unpack`` needs of the goldens to ``path``."""
    arrays = {}
    for golden in goldens:
        name = f"{golden.version}:{golden.name}"
        about = {
            "meta": golden.meta,
            "kind": golden.rnn.kind,
            "scopes": [cell.scope for cell in golden.rnn.cells],
            "prefix": str(golden.checkpoint),
        }
        arrays[name + "#about"] = json.dumps(about)
        arrays[name + "#x"], arrays[name + "#target"] = golden.x, golden.target
        if golden.lengths is not None:
            arrays[name + "#lengths"] = golden.lengths
        for key, array in golden.group("v0").items():
            arrays[name + "#v0|" + key.replace("/", "\\")] = array
    np.savez(path, **arrays)


def case_of(golden):
    """The golden as a ``graphs.Case``, for this process."""
    scopes = [cell.scope for cell in golden.rnn.cells]
    return graphs.Case(
        golden.meta,
        golden.rnn.kind,
        scopes,
        golden.group("v0"),
        golden.x,
        golden.target,
        golden.lengths,
    )


def unpack(path):
    """From "VERSION:NAME" to the ``graphs.Case`` and the checkpoint's prefix."""
    packed = np.load(path)
    found = {}
    for key in packed.files:
        name, _, rest = key.partition("#")
        if rest != "about":
            continue
        about = json.loads(str(packed[key]))
        start = name + "#v0|"
        v0 = {
            k[len(start) :].replace("\\", "/"): packed[k]
            for k in packed.files
            if k.startswith(start)
        }
        lengths = name + "#lengths"
        case = graphs.Case(
            about["meta"],
            about["kind"],
            about["scopes"],
            v0,
            packed[name + "#x"],
            packed[name + "#target"],
            packed[lengths] if lengths in packed.files else None,
        )
        found[name] = (case, about["prefix"])
    return found
