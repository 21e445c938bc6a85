"""What is said about a checkpoint and a conversion, as plain data for JSON."""

import importlib.metadata
import json

FORMAT = 1


def inspection(checkpoint, found) -> dict:
    """What ``inspect`` found: RNNs with their cells, slots, other variables."""
    return {
        "format": FORMAT,
        "checkpoint": checkpoint.prefix,
        "variables": len(checkpoint.entries),
        "rnns": [network(rnn) for rnn in found.rnns],
        "optimizer_slots": dict(found.slots),
        "other_variables": {
            name: {
                "shape": list(checkpoint.entries[name].shape),
                "dtype": checkpoint.entries[name].dtype,
            }
            for name in found.others
        },
        "problems": list(found.problems),
        "notes": list(found.notes),
    }


def network(rnn) -> dict:
    """An RNN: scope, kind, and for each cell scope, layout, D, H, M and dtype."""
    return {
        "scope": rnn.scope,
        "kind": rnn.kind,
        "cells": [
            {
                "scope": cell.scope,
                "layout": cell.layout,
                "input_dim": cell.input_dim,
                "units": cell.units,
                "max_bn_steps": cell.max_bn_steps,
                "dtype": cell.dtype,
            }
            for cell in rnn.cells
        ],
    }


def conversion(checkpoint, rnns, settings, tensors) -> dict:
    """What ``convert`` did.

    Args:
      checkpoint: the source.
      rnns: pairs of an RNN and the name of its file.
      settings: the ``convert.Settings`` asked for.
      tensors: for each source tensor its name, shape, dtype, the file it went to, and
        its name there; the file is None, with a reason, for what was not written.
    """
    return {
        "format": FORMAT,
        "checkpoint": checkpoint.prefix,
        "made_by": {
            name: importlib.metadata.version(name)
            for name in ("tensorflow", "keras", "numpy")
        },
        "rnns": [
            {
                **network(rnn),
                "file": file,
                "settings": {
                    name: {
                        "value": value,
                        "assumed": getattr(settings, name) is None,
                    }
                    for name, value in settings.resolve(rnn.cells[0]).items()
                },
            }
            for rnn, file in rnns
        ],
        "tensors": tensors,
    }


def read(path) -> dict:
    """Reads a conversion's report.

    Raises:
      OSError: it cannot be opened.
      ValueError: it is not a report of ``convert``, of this format.
    """
    with open(path, encoding="utf-8") as stream:
        made = json.load(stream)
    try:
        good = made["format"] == FORMAT and all(
            isinstance(rnn["scope"], str)
            and isinstance(rnn["file"], str)
            and all(_is_setting(*item) for item in rnn["settings"].items())
            for rnn in made["rnns"]
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a report of convert") from error
    if not good:
        raise ValueError(f"{path} is not a report of convert, of format {FORMAT}")
    return made


def _is_setting(name, item):
    kind = str if name == "activation" else (int, float)
    return isinstance(item["value"], kind) and isinstance(item["assumed"], bool)
