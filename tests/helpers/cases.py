"""Recordings packed into one file for a process of another TensorFlow."""

import json

import numpy as np

from helpers import graph_cells as graphs


def pack(path, recordings):
    """Writes what ``unpack`` needs of the recordings to ``path``."""
    arrays = {}
    for recording in recordings:
        name = f"{recording.version}:{recording.name}"
        about = {
            "meta": recording.meta,
            "kind": recording.rnn.kind,
            "scopes": [cell.scope for cell in recording.rnn.cells],
            "prefix": str(recording.checkpoint),
        }
        arrays[name + "#about"] = json.dumps(about)
        arrays[name + "#x"], arrays[name + "#target"] = recording.x, recording.target
        if recording.lengths is not None:
            arrays[name + "#lengths"] = recording.lengths
        for key, array in recording.group("v0").items():
            arrays[name + "#v0|" + key.replace("/", "\\")] = array
    np.savez(path, **arrays)


def case_of(recording):
    """The recording as a ``graphs.Case``, for this process."""
    scopes = [cell.scope for cell in recording.rnn.cells]
    return graphs.Case(
        recording.meta,
        recording.rnn.kind,
        scopes,
        recording.group("v0"),
        recording.x,
        recording.target,
        recording.lengths,
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
